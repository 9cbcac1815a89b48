import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, suite, test } from "vitest";
import { ArgumentError, FormatError, ShapeError, UnsupportedError } from "../../src/core/index.ts";
import { framesOf, frameTimeUs, type VideoFrame } from "../../src/video/index.ts";
import { ffmpegVersion, openVideo, videoFormatOf, writeVideo } from "../../src/video/node.ts";

const SIZE = { width: 32, height: 24 } as const;
const version = await ffmpegVersion();

/** A grey ramp that wanders by two pixels a frame. */
function ramps(count: number, { width, height } = SIZE, step = 2): Uint8Array[] {
  return Array.from({ length: count }, (_, f) =>
    Uint8Array.from({ length: width * height }, (_, i) => 20 + (((i % width) * 6 + f * step) % 200)),
  );
}

async function all(frames: AsyncIterable<VideoFrame>): Promise<VideoFrame[]> {
  const list: VideoFrame[] = [];
  for await (const frame of frames) list.push(frame);
  return list;
}

/** Processes that this one has started and that still are, zombies included. */
function children(): string[] {
  const { stdout } = spawnSync("ps", ["-o", "comm=", "--ppid", String(process.pid)], { encoding: "utf8" });
  return stdout.split("\n").filter((name) => /^ff(mpeg|probe)/.test(name));
}

suite("frames in memory", () => {
  test("stand at a constant rate, rounded to the microsecond", () => {
    const frames = [...framesOf(ramps(4), { rateHz: 30, ...SIZE })];
    expect(frames.map(({ tUs }) => tUs)).toEqual([0, 33_333, 66_667, 100_000]);
    expect(frames[1]).toMatchObject({ ...SIZE, channels: 1 });
    expect(frameTimeUs(3, 1e6)).toBe(3);
  });

  test("of another size, or at no rate, are refused", () => {
    const run = (options: object) => [
      ...framesOf([new Uint8Array(5)], { rateHz: 10, width: 5, height: 1, ...options }),
    ];
    expect(run({})).toHaveLength(1);
    expect(() => run({ height: 2 })).toThrow(ShapeError);
    for (const wrong of [{ rateHz: 0 }, { rateHz: NaN }, { width: 0 }, { width: 1.5 }, { channels: 2 }]) {
      expect(() => run(wrong)).toThrow(ArgumentError);
    }
  });
});

suite.skipIf(version === undefined)(`videos by ffmpeg ${version ?? "(skipped: none installed)"}`, () => {
  let folder: string;
  const at = (name: string) => join(folder, name);
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "saccade-video-"));
    await writeVideo(at("ramp.mp4"), ramps(20), { rateHz: 10, channels: 1, ...SIZE });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(["mp4", "webm"] as const)("%s gives back about the frames that were written", async (format) => {
    const path = at(`again.${format}`);
    const written = ramps(12);
    expect(await writeVideo(path, written, { rateHz: 25, channels: 1, ...SIZE })).toBe(12);
    const video = await openVideo(path);
    expect(video).toMatchObject({ ...SIZE, channels: 1, rateHz: 25, expectedFrames: 12 });
    const frames = await all(video);
    expect(frames.map(({ tUs }) => tUs)).toEqual(Array.from({ length: 12 }, (_, f) => f * 40_000));
    frames.forEach(({ pixels }, f) => {
      const error = pixels.reduce((sum, code, i) => sum + Math.abs(code - written[f]![i]!), 0);
      expect(error / pixels.length).toBeLessThan(6);
    });
  });

  test("a picture and a folder of pictures keep every code, in the order of the numbers", async () => {
    mkdirSync(at("it's a folder"));
    const rgb = (frame: Uint8Array) =>
      Uint8Array.from({ length: 3 * frame.length }, (_, i) => frame[(i / 3) | 0]!);
    for (const [f, frame] of ramps(11).entries()) {
      await writeVideo(at(`it's a folder/f${f}.png`), [rgb(frame)], { rateHz: 1, ...SIZE });
    }
    writeFileSync(at("it's a folder/notes.txt"), "no image");
    const video = await openVideo(at("it's a folder"), { rateHz: 50 });
    expect(video).toMatchObject({ expectedFrames: 11, rateHz: 50 });
    const frames = await all(video);
    expect(frames.map(({ tUs }) => tUs)).toEqual(Array.from({ length: 11 }, (_, f) => f * 20_000));
    const codes = frames.map(({ pixels }) => [...pixels]);
    ramps(11).forEach((frame, f) => {
      frame.forEach((code, i) => expect(Math.abs(code - codes[f]![i]!)).toBeLessThanOrEqual(1));
    });
    const [first] = await all(
      await openVideo(at("it's a folder"), { rateHz: 50, channels: 3, maxFrames: 1 }),
    );
    expect([...first!.pixels]).toEqual([...rgb(ramps(1)[0]!)]);
  });

  test("frames come at the size and the rate asked for", async () => {
    const video = await openVideo(at("ramp.mp4"), { width: 16, height: 16, rateHz: 40, channels: 3 });
    expect(video).toMatchObject({ width: 16, height: 16, channels: 3, rateHz: 40, expectedFrames: 80 });
    const frames = await all(video);
    expect(frames).toHaveLength(80);
    expect(frames.every(({ pixels }) => pixels.length === 16 * 16 * 3)).toBe(true);
    expect([...frames[0]!.pixels]).toEqual([...frames[3]!.pixels]);
    expect(await all(await openVideo(at("ramp.mp4"), { width: 16 }))).toMatchObject(
      Array.from({ length: 20 }, () => ({ width: 16, height: 12 })),
    );
    for (const between of ["blend", "motion"] as const) {
      const more = await all(await openVideo(at("ramp.mp4"), { width: 64, height: 48, rateHz: 40, between }));
      expect(new Set(more.map(({ pixels }) => pixels.join())).size).toBeGreaterThan(30);
    }
  });

  test("leaving the loop, an abort and an end each leave no process", async () => {
    for await (const frame of await openVideo(at("ramp.mp4"))) if (frame.tUs > 0) break;
    await all(await openVideo(at("ramp.mp4"), { maxFrames: 2 }));
    await all(await openVideo(at("ramp.mp4")));
    const controller = new AbortController();
    const video = await openVideo(at("ramp.mp4"), { rateHz: 10_000, signal: controller.signal });
    const reading = async () => {
      for await (const frame of video) if (frame.tUs > 0) controller.abort();
    };
    await expect(reading()).rejects.toThrow(/abort/i);
    await expect(openVideo(at("ramp.mp4"), { signal: controller.signal })).rejects.toThrow(/abort/i);
    expect(children()).toEqual([]);
  });

  test("a slow reader holds ffmpeg back", async () => {
    const video = await openVideo(at("ramp.mp4"), { rateHz: 50_000, width: 320, height: 240 });
    const before = process.memoryUsage().arrayBuffers;
    let count = 0;
    for await (const { pixels } of video) {
      expect(pixels.length).toBe(320 * 240);
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (++count === 20) break;
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 24);
  });

  const whole = () => readFileSync(at("ramp.mp4"));
  const broken: readonly [string, () => Uint8Array | string, RegExp][] = [
    ["that is empty", () => "", /ffmpeg|video/],
    ["that is text", () => "Read me.\n".repeat(100), /expected a video/],
    ["of zeros", () => new Uint8Array(10_000), /expected a video/],
    ["cut in the middle", () => whole().subarray(0, whole().length / 2), /at byte 0: expected/],
    [
      "with a hole",
      () => whole().fill(0xa5, whole().indexOf("mdat") + 64, whole().length - 16),
      /expected frames that ffmpeg decodes, got "/,
    ],
    ["that is a playlist of other files", () => `#EXTM3U\n#EXTINF:1,\n${at("ramp.mp4")}\n`, /broken/],
  ];
  test.each(broken)("a file %s is a format error that names it", async (_, make, message) => {
    writeFileSync(at("broken.mp4"), make());
    const run = async () => all(await openVideo(at("broken.mp4")));
    await expect(run()).rejects.toThrow(FormatError);
    await expect(run()).rejects.toThrow(message);
    await expect(run()).rejects.toThrow(at("broken.mp4"));
    expect(children()).toEqual([]);
  });

  test("recover mode gives what can be decoded, and says what was wrong", async () => {
    const bytes = whole();
    const data = bytes.indexOf("mdat");
    bytes.fill(0xa5, Math.floor(data + (bytes.length - data) * 0.7), bytes.length - 16);
    writeFileSync(at("holes.mp4"), bytes);
    const video = await openVideo(at("holes.mp4"), { mode: "recover" });
    expect((await all(video)).length).toBeGreaterThan(2);
    expect(video.faults.length).toBeGreaterThan(0);
  });

  test("a folder without images, no file, and options out of range are refused", async () => {
    mkdirSync(at("none"));
    await expect(openVideo(at("it's a folder"))).rejects.toThrow(/expected rateHz/);
    await expect(openVideo(at("none"))).rejects.toThrow(/expected 1…\d+ images .*, got 0/);
    await expect(openVideo(at("gone.mp4"))).rejects.toThrow(/ENOENT/);
    for (const wrong of [{ rateHz: 0 }, { width: 0 }, { height: 20_000 }, { maxFrames: -1 }]) {
      await expect(openVideo(at("ramp.mp4"), wrong)).rejects.toThrow(ArgumentError);
    }
  });

  test("writing leaves what was there and nothing else when it fails", async () => {
    mkdirSync(at("out"));
    const path = at("out/x.mp4");
    writeFileSync(path, "old");
    async function* failing() {
      yield* ramps(3);
      throw new Error("no more film");
    }
    const options = { rateHz: 10, channels: 1, ...SIZE } as const;
    await expect(writeVideo(path, failing(), options)).rejects.toThrow("no more film");
    await expect(writeVideo(path, [], options)).rejects.toThrow(ArgumentError);
    await expect(writeVideo(path, [new Uint8Array(3)], options)).rejects.toThrow(ShapeError);
    await expect(writeVideo(at("out/x.png"), ramps(2), options)).rejects.toThrow(/expected 1 frame/);
    await expect(writeVideo(at("out/x.txt"), ramps(2), options)).rejects.toThrow(/expected a path that ends/);
    await expect(writeVideo(at("gone/x.mp4"), ramps(2), options)).rejects.toThrow(/ENOENT/);
    await expect(writeVideo(at("out"), ramps(2), { ...options, format: "mp4" })).rejects.toThrow(
      ArgumentError,
    );
    const controller = new AbortController();
    async function* endless() {
      for (let f = 0; ; f++) {
        yield ramps(1)[0]!;
        if (f === 5) controller.abort();
      }
    }
    await expect(writeVideo(path, endless(), { ...options, signal: controller.signal })).rejects.toThrow(
      /abort/i,
    );
    expect(readdirSync(at("out"))).toEqual(["x.mp4"]);
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(children()).toEqual([]);
  });

  test("equal frames give equal bytes, and odd sides become even where they must", async () => {
    const odd = { width: 33, height: 25 };
    const bytes = [];
    for (const name of ["a.mp4", "b.mp4"]) {
      await writeVideo(at(name), ramps(8, odd as typeof SIZE), { rateHz: 10, channels: 1, ...odd });
      bytes.push(readFileSync(at(name)));
    }
    expect(bytes[0]!.equals(bytes[1]!)).toBe(true);
    expect(await openVideo(at("a.mp4"))).toMatchObject({ width: 34, height: 26 });
    await writeVideo(at("a.gif"), ramps(8), { rateHz: 10, channels: 1, ...SIZE });
    expect(await all(await openVideo(at("a.gif")))).toHaveLength(8);
    expect(videoFormatOf("X.GIF")).toBe("gif");
  });

  test("without ffmpeg the error says how to get it", async () => {
    const path = process.env["PATH"];
    process.env["PATH"] = at("none");
    try {
      expect(await ffmpegVersion()).toBeUndefined();
      await expect(openVideo(at("ramp.mp4"))).rejects.toThrow(UnsupportedError);
      await expect(openVideo(at("ramp.mp4"))).rejects.toThrow(
        /ffprobe: expected it on the PATH.*apt-get install/,
      );
      const options = { rateHz: 10, channels: 1, ...SIZE } as const;
      await expect(writeVideo(at("n.mp4"), ramps(1), options)).rejects.toThrow(/ffmpeg\.org/);
    } finally {
      process.env["PATH"] = path;
    }
  });
});

const data = process.env["SACCADE_DATA"];

suite.skipIf(version === undefined || data === undefined)("videos of SACCADE_DATA", () => {
  const folder = join(data ?? "", "video_misc");
  const files =
    data === undefined
      ? []
      : [
          ...readdirSync(folder).filter((name) => /\.(mp4|webm)$/.test(name)),
          ...readdirSync(join(folder, "original")).map((name) => join("original", name)),
        ];
  test.each(files)("%s is read to its end", async (name) => {
    const video = await openVideo(join(folder, name), { width: 64, height: 48, mode: "recover" });
    const frames = await all(video);
    expect(video.faults).toEqual([]);
    expect(Math.abs(frames.length - video.expectedFrames!)).toBeLessThanOrEqual(2);
    expect(new Set(frames[frames.length >> 1]!.pixels).size).toBeGreaterThan(8);
  });
});
