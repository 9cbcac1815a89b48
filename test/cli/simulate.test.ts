import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, suite, test } from "vitest";
import { commands } from "../../apps/cli/commands.ts";
import { openRecording } from "../../src/events/node.ts";
import { encodeBvh, generateMotion, parseTruth } from "../../src/simulate/index.ts";
import { mountDisk, runCli, unmountDisk } from "./harness.ts";

const SHAPE = new Float64Array(10);
const turn = [1, 0, 0, 0];
const SIZE = ["--size", "40x32"];
let folder: string;
let bvh: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "saccade-simulate-"));
  bvh = encodeBvh(generateMotion({ seed: 1, seconds: 0.5, frameRateHz: 60, kind: "wave" }), SHAPE);
  writeFileSync(at("wave.bvh"), bvh);
});
afterAll(() => rmSync(folder, { recursive: true }));

const at = (name: string): string => join(folder, name);

function simulate(...args: string[]) {
  return runCli(["simulate", ...SIZE, ...args], commands);
}

/** An empty folder for what a command writes. */
function outFolder(name: string): string {
  mkdirSync(at(name));
  return at(name);
}

suite("saccade simulate", () => {
  test("writes a recording and its true poses, the same for the same seed", async () => {
    const out = outFolder("twice");
    for (const [name, seed] of [
      ["a", "7"],
      ["b", "7"],
      ["c", "8"],
    ]) {
      const { code, stdout } = await simulate(
        "--mocap",
        at("wave.bvh"),
        "--out",
        join(out, `${name}.aedat4`),
        "--seed",
        seed!,
      );
      expect({ code, stdout }).toEqual({
        code: 0,
        stdout: `${join(out, `${name}.aedat4`)}\n${join(out, `${name}.truth.jsonl`)}\n`,
      });
    }
    expect(readdirSync(out)).toHaveLength(6);
    const bytes = (name: string) => readFileSync(join(out, name));
    expect(bytes("a.aedat4").equals(bytes("b.aedat4"))).toBe(true);
    expect(bytes("a.aedat4").equals(bytes("c.aedat4"))).toBe(false);
    const { header, frames } = parseTruth(bytes("a.truth.jsonl").toString());
    expect(header.sensor).toEqual({ width: 40, height: 32 });
    expect(frames.at(-1)!.tUs).toBeCloseTo(480_000, -4);
    const recording = await openRecording(join(out, "a.aedat4"));
    expect(recording).toMatchObject({ format: "aedat4", sensor: { width: 40, height: 32 } });
    let [events, last] = [0, 0];
    for await (const { t } of recording) {
      events += t.length;
      last = t.at(-1) ?? last;
    }
    expect(events).toBeGreaterThan(500);
    expect(last).toBeLessThanOrEqual(frames.at(-1)!.tUs);
  });

  test("generates a motion, films no longer than asked, puts the truth where it is told", async () => {
    const out = outFolder("walk");
    const truth = join(out, "deep", "poses.jsonl");
    const args = ["--motion", "walk", "--seconds", "0.2", "--preset", "noisy", "--truth", truth];
    expect(await simulate(...args, "--out", join(out, "w.aedat4"), "--seed", "1")).toMatchObject({ code: 0 });
    expect(parseTruth(readFileSync(truth, "utf8")).frames.at(-1)!.tUs).toBeLessThanOrEqual(200_000);
    expect(readdirSync(out).sort()).toEqual(["deep", "w.aedat4"]);
  });

  test("films a DeepMimic motion, and knows --bvh as --mocap", async () => {
    const out = outFolder("formats");
    const frame = [0.1, 0, 0.9, 0, ...turn, ...turn, ...turn, ...turn, 0, ...turn, ...turn, 0];
    const frames = [0, 0.2, 0.4].map((angle) => [...frame, ...turn, 0, ...turn, ...turn, angle]);
    writeFileSync(at("still.json"), JSON.stringify({ Loop: "none", Frames: frames }));
    const run = (name: string, ...args: string[]) =>
      simulate(...args, "--out", join(out, `${name}.aedat4`), "--seed", "1");
    expect(await run("json", "--mocap", at("still.json"))).toMatchObject({ code: 0 });
    expect(await run("a", "--mocap", at("wave.bvh"))).toMatchObject({ code: 0 });
    expect(await run("b", "--bvh", at("wave.bvh"))).toMatchObject({ code: 0 });
    expect(readFileSync(join(out, "a.aedat4")).equals(readFileSync(join(out, "b.aedat4")))).toBe(true);
    writeFileSync(at("lonely.amc"), "1\nroot 0\n");
    const lonely = await run("amc", "--mocap", at("lonely.amc"));
    expect(lonely).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/lonely\.amc: .*expected its skeleton/),
    });
  });

  test("cuts motion capture to the seconds asked for", async () => {
    const out = outFolder("cut");
    await simulate(
      "--mocap",
      at("wave.bvh"),
      "--seconds",
      "0.1",
      "--out",
      join(out, "x.aedat4"),
      "--seed",
      "1",
    );
    expect(parseTruth(readFileSync(join(out, "x.truth.jsonl"), "utf8")).frames.at(-1)!.tUs).toBe(100_000);
  });

  test.each([
    [["--out", "x"], "give --mocap FILE or --motion KIND"],
    [["--out", "x", "--mocap", "a", "--motion", "walk"], "cannot be used with"],
    [["--out", "x", "--mocap", "a", "--bvh", "b"], "cannot be used with"],
    [["--out", "x", "--motion", "swim"], "Allowed choices are idle, walk"],
    [["--out", "x", "--motion", "walk", "--seconds", "0"], "expected a number above zero"],
  ])("%j is wrong usage", async (args, message) => {
    const { code, stderr } = await simulate(...args, "--seed", "1");
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
  });

  const bad: readonly [string, (lines: string) => string | Uint8Array, RegExp][] = [
    ["that is none", () => "# Read me\n", /bad\.bvh: bvh at byte 0: line 1: expected HIERARCHY/],
    ["that is empty", () => "", /expected HIERARCHY, got the end of the file/],
    ["of zeros", () => new Uint8Array(1000), /expected HIERARCHY/],
    ["without frames", (text) => text.replace(/Frames:.*/, "Frames: 0"), /expected one frame or more, got 0/],
    ["with too many frames", (text) => text.replace(/Frames:.*/, "Frames: 4000000000"), /expected at most/],
    ["with one frame", () => oneFrame(), /expected two frames or more, got one/],
    [
      "with unknown bones",
      (text) => text.replaceAll(/(ROOT|JOINT) /g, "$1 q"),
      /expected a skeleton of a known/,
    ],
    ["that ends in the middle", (text) => text.slice(0, text.length - 100), /bvh at byte/],
    ["with a frame of NaN", (text) => text.replace(/\S+\s*$/, "nan\n"), /expected a number, got "nan"/],
  ];
  test.each(bad)("refuses a BVH file %s with one line and leaves nothing", async (name, make, message) => {
    const out = outFolder(`bad ${name}`);
    writeFileSync(at("bad.bvh"), make(bvh));
    const result = await simulate("--mocap", at("bad.bvh"), "--out", join(out, "x.aedat4"), "--seed", "1");
    expect(result).toEqual({ code: 1, stdout: "", stderr: expect.stringMatching(message) });
    expect(result.stderr).toMatch(/^saccade: [^\n]*\n$/);
    expect(readdirSync(out)).toEqual([]);
  });

  test.each([
    ["a BVH file that is not there", ["--mocap", "gone.bvh", "--out", "x.aedat4"], /gone\.bvh: no such file/],
    ["an output that is a folder", ["--motion", "walk", "--out", "."], /is a folder, expected a file/],
    [
      "an output under a file",
      ["--motion", "walk", "--out", "wave.bvh/x.aedat4"],
      /x\.aedat4: a file stands/,
    ],
    [
      "an input as output",
      ["--mocap", "wave.bvh", "--out", "wave.bvh"],
      /wave\.bvh: expected different files/,
    ],
    [
      "truth in the recording",
      ["--motion", "walk", "--out", "x", "--truth", "x"],
      /expected different files/,
    ],
  ])("refuses %s with one line and leaves nothing", async (_, args, message) => {
    const before = readdirSync(folder);
    const paths = args.map((arg) => (arg.startsWith("--") || arg === "walk" ? arg : at(arg)));
    const { code, stderr } = await simulate(...paths, "--seed", "1");
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(message) });
    expect(stderr).toMatch(/^saccade: [^\n]*\n$/);
    expect(readdirSync(folder)).toEqual(before);
    expect(readFileSync(at("wave.bvh"), "utf8")).toBe(bvh);
  });

  test("leaves nothing and keeps what was there when it is interrupted", async () => {
    const out = outFolder("interrupted");
    writeFileSync(join(out, "x.aedat4"), "old");
    const args = ["--motion", "walk", "--seconds", "60", "--out", join(out, "x.aedat4"), "--seed", "1"];
    const controller = new AbortController();
    const running = runCli(["simulate", ...SIZE, ...args], commands, { signal: controller.signal });
    while (readdirSync(out).length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    controller.abort();
    expect(await running).toMatchObject({
      code: 130,
      stderr: expect.stringMatching(/saccade: interrupted\n$/),
    });
    expect(readdirSync(out)).toEqual(["x.aedat4"]);
    expect(readFileSync(join(out, "x.aedat4"), "utf8")).toBe("old");
  });

  test("leaves nothing on a full disk", async ({ skip }) => {
    const disk = outFolder("disk");
    skip(!mountDisk(disk, 64), "needs the right to mount a small disk");
    try {
      const result = await simulate(
        "--motion",
        "dance",
        "--seconds",
        "3",
        "--out",
        join(disk, "x.aedat4"),
        "--seed",
        "1",
      );
      expect(result.code).toBe(1);
      expect(result.stderr).toMatch(/saccade: \S*\/x\.(aedat4|truth\.jsonl): no space left on the disk\n$/);
      expect(readdirSync(disk)).toEqual([]);
    } finally {
      unmountDisk(disk);
    }
  });
});

function oneFrame(): string {
  const lines = bvh.split("\n");
  const motion = lines.findIndex((line) => line.startsWith("Frames:"));
  return [...lines.slice(0, motion), "Frames: 1", ...lines.slice(motion + 1, motion + 3), ""].join("\n");
}
