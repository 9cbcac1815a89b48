import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, suite, test } from "vitest";
import { FormatError, UnsupportedError } from "../../src/core/index.ts";
import { type Events, openEvents } from "../../src/events/index.ts";
import { openFile, openRecording } from "../../src/events/node.ts";
import { chunked, DATA, readUntilError } from "./support.ts";

type Expected = {
  n: number;
  t_first: number;
  t_last: number;
  sum_x: number;
  sum_y: number;
  n_on: number;
  x_max: number;
  y_max: number;
  width?: number;
  height?: number;
  first3: [number, number, number, number][];
  last: [number, number, number, number];
};
type Entry = { file: string; expected?: Expected };

const folder = join(DATA ?? "", "events");
const entries: Entry[] =
  DATA === undefined ? [] : JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")).files;
/** Folders of the formats that are read. */
const FOLDERS = [
  "aedat2",
  "aedat3",
  "aedat4",
  "dat",
  "dvsgesture_bs2",
  "dvsgesture_bs3",
  "es",
  "evt2",
  "evt21",
  "evt3",
  "hdf5",
  "nmnist_bin",
  "npy",
  "npz",
  "txt",
  "mat",
];
const readable = entries.filter(
  ({ file, expected }) => expected !== undefined && FOLDERS.includes(file.split("/")[0]!),
);

suite.skipIf(DATA === undefined)("real recordings", () => {
  test.each(readable.map((entry) => [entry.file, entry.expected!] as const))(
    "%s decodes to what an independent decoder found",
    async (file, expected) => {
      const recording = await openRecording(join(folder, file), {
        mode: file.includes("truncated") ? "recover" : "strict",
      });
      expect(await summary(recording)).toEqual({
        ...pick(expected),
        width: recording.sensor.width,
        height: recording.sensor.height,
      });
      if (expected.width !== undefined) {
        expect(recording.sensor).toEqual({ width: expected.width, height: expected.height });
      }
      expect(recording.report.count).toBe(file.includes("truncated") ? 1 : 0);
    },
  );

  test("a recording that was cut off gives all whole packets before the error in strict mode", async () => {
    const entry = readable.find(({ file }) => file.includes("truncated"))!;
    const { events, error } = await readUntilError(readFileSync(join(folder, entry.file)), { file: "cut" });
    expect(events.t.length).toBe(entry.expected!.n);
    expect(error).toBeInstanceOf(FormatError);
    expect((error as FormatError).message).toMatch(/^cut: aedat4 at byte \d+: expected .*, got /);
  });

  test.each(readable.map(({ file }) => file))("%s reads the same in chunks of any size", async (file) => {
    const bytes = readFileSync(join(folder, file));
    const whole = await summary(await openEvents(bytes, { mode: "recover" }));
    for (const size of [4097, 65536]) {
      expect(await summary(await openEvents(chunked(bytes, size), { mode: "recover" }))).toEqual(whole);
    }
    expect(await summary(await openEvents(new Blob([bytes]).stream(), { mode: "recover" }))).toEqual(whole);
  });

  test("a file is closed when it is refused", async () => {
    const source = await openFile(join(folder, "manifest.json"));
    await expect(openEvents(source)).rejects.toThrow(FormatError);
    expect((await source.read(1)).length).toBe(0);
  });
});

async function summary(stream: AsyncIterable<Events> & { sensor: { width: number; height: number } }) {
  const { width, height } = stream.sensor;
  const sum = {
    n: 0,
    t_first: -1,
    t_last: -1,
    sum_x: 0,
    sum_y: 0,
    n_on: 0,
    x_max: 0,
    y_max: 0,
    width,
    height,
  };
  const first3: number[][] = [];
  let last: number[] = [];
  for await (const { t, x, y, on } of stream) {
    for (let i = 0; i < t.length; i++) {
      if (sum.n === 0) sum.t_first = t[i]!;
      sum.n++;
      sum.t_last = t[i]!;
      sum.sum_x += x[i]!;
      sum.sum_y += y[i]!;
      sum.n_on += on[i]!;
      sum.x_max = Math.max(sum.x_max, x[i]!);
      sum.y_max = Math.max(sum.y_max, y[i]!);
      last = [t[i]!, x[i]!, y[i]!, on[i]!];
      if (first3.length < 3) first3.push(last);
    }
  }
  return { ...sum, first3, last };
}

function pick({ n, t_first, t_last, sum_x, sum_y, n_on, x_max, y_max, first3, last }: Expected) {
  return { n, t_first, t_last, sum_x, sum_y, n_on, x_max, y_max, first3, last };
}

suite("sniffing", () => {
  const latin1 = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));

  test.each([["evt4", "% evt 4.0\n"]])("%s is known and refused by name", async (name, head) => {
    await expect(openEvents(latin1(head))).rejects.toThrow(UnsupportedError);
    await expect(openEvents(latin1(head))).rejects.toThrow(name);
  });

  test.each([
    ["an empty file", ""],
    ["a picture", "\x89PNG\r\n\x1a\n"],
    ["prose", "Once upon a time\n"],
    ["a lone percent sign", "%"],
    ["a header without an encoding", "% date 2020\n"],
    ["a header that does not end", "% evt 3.0"],
    ["zeros", "\0".repeat(200)],
  ])("%s is no recording", async (_, head) => {
    const error = await openEvents(latin1(head), { file: "x.raw" }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(FormatError);
    expect((error as FormatError).file).toBe("x.raw");
    expect((error as FormatError).message).toMatch(/at byte \d+: expected .*, got /);
  });
});
