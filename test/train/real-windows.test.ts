import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, suite, test } from "vitest";
import { Random } from "../../src/core/index.ts";
import { diskFolder } from "../../src/data/node.ts";
import { assemble, cut, emptyEvents, encodeEvents } from "../../src/events/index.ts";
import { voxelWindows } from "../../src/track/index.ts";
import { type HeldRecording, readRecordings, RealWindows } from "../../src/train/index.ts";
import { streamOf } from "../track/support.ts";

const sensor = { width: 48, height: 32 };
const options = { size: 16, timeSteps: 4, windowSeconds: [0.2], batch: 2, augment: null };

/** Events at random pixels, a tenth of a millisecond apart on average. */
function recording(seed: number, seconds: number, startUs = 0): HeldRecording {
  const random = new Random(seed);
  const events = emptyEvents(seconds * 1e4);
  const times = Array.from(events.t, () => startUs + random.integer(0, seconds * 1e6));
  events.t.set(times.sort((a, b) => a - b));
  for (let i = 0; i < times.length; i++) {
    events.x[i] = random.integer(0, sensor.width);
    events.y[i] = random.integer(0, sensor.height);
    events.on[i] = random.integer(0, 2);
  }
  return { name: `recording ${seed}`, sensor, events };
}

/** One sample of a batch, `[T, C, H, W]`. */
function sample(video: Float32Array, b: number): Float32Array {
  const step = 4 * options.size ** 2;
  const steps = Array.from({ length: options.timeSteps }, (_, t) => {
    const at = (t * options.batch + b) * step;
    return Array.from(video.subarray(at, at + step));
  });
  return Float32Array.from(steps.flat());
}

/** What `trackPoses` shows its model of a recording from a time on. */
async function tracked({ events }: HeldRecording, startUs: number, windowUs: number): Promise<Float32Array> {
  const model = { inputSize: options.size, inChannels: 4 };
  const rest = cut(streamOf(events, sensor), { startUs });
  for await (const { values } of voxelWindows(rest, model, { windowUs, timeSteps: options.timeSteps })) {
    return values.slice();
  }
  throw new Error("expected a window, got none");
}

suite("windows of real events", () => {
  test("that take a whole recording are those of the tracker", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.integer({ min: 0, max: 1e9 }), async (seed, startUs) => {
        const held = recording(seed, 0.15, startUs);
        const { t } = held.events;
        const { video } = new RealWindows([held], { ...options, random: new Random(1) }).next();
        const expected = await tracked(held, t[0]!, t.at(-1)! - t[0]! + 1);
        expect(expected.some((value) => value === 1)).toBe(true);
        expect(sample(video, 0)).toEqual(expected);
        expect(sample(video, 1)).toEqual(expected);
      }),
      { numRuns: 10 },
    );
  });

  test("of a longer one start at any of its microseconds", async () => {
    const held = recording(2, 1);
    // The numbers that the window's start follows from: which recording, which length, and where.
    const random = new Random(5);
    const { t } = held.events;
    random.uniform(0, 1);
    random.pick([0.2]);
    const startUs = t[0]! + random.integer(0, t.at(-1)! - t[0]! + 2 - 200_000);
    // The tracker begins at the first event.
    t[t.findIndex((time) => time >= startUs)] = startUs;
    const { video } = new RealWindows([held], { ...options, random: new Random(5) }).next();
    expect(sample(video, 0)).toEqual(await tracked(held, startUs, 200_000));
    expect(sample(video, 1)).not.toEqual(sample(video, 0));
  });

  test("go on from a saved state with the same batches", () => {
    const held = [recording(1, 0.5), recording(2, 1.5)];
    const make = (seed: number) =>
      new RealWindows(held, {
        ...options,
        augment: { flip: 0.5, rotationDegrees: 20 },
        random: new Random(seed),
      });
    const whole = make(1);
    whole.next();
    const state = JSON.parse(JSON.stringify(whole.save())) as ReturnType<RealWindows["save"]>;
    const resumed = make(9);
    resumed.restore(state);
    for (let i = 0; i < 3; i++) expect(resumed.next()).toEqual(whole.next());
    expect(() => resumed.restore({ random: 3 })).toThrow(/expected the state of a generator/);
  });

  test("are mirrored as clips are", () => {
    const held = [recording(3, 0.2)];
    const of = (flip: number) => {
      const augment = { flip, rotationDegrees: 0 };
      return new RealWindows(held, { ...options, batch: 1, augment, random: new Random(4) }).next().video;
    };
    const [plain, mirrored] = [of(0), of(1)];
    const { size } = options;
    expect(mirrored).not.toEqual(plain);
    plain.forEach((value, i) => {
      const x = i % size;
      if (mirrored[i - x + size - 1 - x] !== value) expect.fail(`pixel ${i}`);
    });
  });

  test("need recordings that are long enough", () => {
    const make = (held: HeldRecording[]) => () =>
      new RealWindows(held, { ...options, random: new Random(1) });
    expect(make([])).toThrow("RealWindows: expected recordings of 8 µs or more, got none");
    const events = emptyEvents(3);
    expect(make([{ name: "blink", sensor, events }])).toThrow(/8 µs or more, got 1 µs in blink/);
  });
});

suite("a folder of recordings", () => {
  let root: string;
  beforeAll(async () => void (root = await mkdtemp(join(tmpdir(), "saccade-recordings-"))));
  afterAll(() => rm(root, { recursive: true }));

  async function folderOf(
    name: string,
    files: Readonly<Record<string, Uint8Array | string>>,
  ): Promise<string> {
    const path = join(root, name);
    await mkdir(path);
    for (const [file, bytes] of Object.entries(files)) await writeFile(join(path, file), bytes);
    return path;
  }

  async function encoded(held: HeldRecording): Promise<Uint8Array> {
    return assemble(encodeEvents("evt3", held.sensor, [held.events]));
  }

  test("is read in order of name, whatever the formats; what is hidden and other folders are passed over", async () => {
    const held = recording(1, 0.05);
    const path = await folderOf("mixed", { "a.raw": await encoded(held), ".DS_Store": "no events" });
    await mkdir(join(path, "0-more"));
    await copyFile("samples/walk.aedat4", join(path, "walk.aedat4"));
    const [first, second, ...others] = await readRecordings(diskFolder(path));
    expect(others).toEqual([]);
    expect(first).toMatchObject({ name: "a.raw", sensor, events: held.events });
    expect(second).toMatchObject({ name: "walk.aedat4", sensor: { width: 128, height: 128 } });
    expect(second!.events.t.length).toBeGreaterThan(1e5);
  });

  test("without recordings, with what is none, or with a broken one, is told", async () => {
    const read = async (name: string, files: Readonly<Record<string, Uint8Array | string>>) =>
      readRecordings(diskFolder(await folderOf(name, files)));
    await expect(read("empty", {})).rejects.toThrow(/empty: expected recordings of events, got none/);
    await expect(readRecordings(diskFolder(join(root, "gone")))).rejects.toThrow(/gone: expected recordings/);
    await expect(read("text", { "notes.md": "\u0000 of a day" })).rejects.toThrow(
      /notes\.md.*expected a recording/,
    );
    const raw = await encoded(recording(1, 0.05));
    await expect(read("cut", { "cut.raw": raw.subarray(0, raw.length - 3) })).rejects.toThrow(/cut\.raw/);
    const silent = await encoded({ name: "", sensor, events: emptyEvents(0) });
    await expect(read("silent", { "silent.raw": silent })).rejects.toThrow(
      /silent\.raw.*expected events, got none/,
    );
  });

  test("can be left while it is read", async () => {
    const path = await folderOf("long", { "a.raw": await encoded(recording(1, 0.05)) });
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(readRecordings(diskFolder(path), { signal })).rejects.toThrow("enough");
  });
});
