import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, suite, test } from "vitest";
import { commands } from "../../apps/cli/commands.ts";
import { type Events, encodeAedat4, encodeEvt3 } from "../../src/events/index.ts";
import { encodeSafetensors, parseSafetensors } from "../../src/io/index.ts";
import { encodeModelFile, type ModelConfig } from "../../src/models/index.ts";
import {
  encodeTruthFrame,
  encodeTruthHeader,
  parseBvh,
  parseTruth,
  parseTruthFrame,
} from "../../src/simulate/index.ts";
import { poseMetadata } from "../../src/track/index.ts";
import { parseRun, RUN } from "../../src/train/index.ts";
import { bytesOf, DATA, eventsOf } from "../events/support.ts";
import { smallConfig, smallModel } from "../models/small-models.ts";
import { eventsFor, smallModelFile, withThreads } from "../track/support.ts";
import { type CliResult, mountDisk, runCli, unmountDisk } from "./harness.ts";
import { runChild } from "./child.ts";

const SENSOR = { width: 128, height: 128 };
const CAMERA = { width: 128, height: 128, fx: 150, fy: 150, cx: 64, cy: 64 };

const MEAN = new Float64Array(72);

let folder: string;
let weights: string;
let recording: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "saccade-track-"));
  weights = await put("small.safetensors", await withThreads(1, () => smallModelFile()));
  recording = await put("walk.aedat4", await aedat4(eventsFor(2.3, SENSOR)));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function put(name: string, content: Uint8Array | string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

function aedat4(events: Events): Promise<Uint8Array> {
  return bytesOf(encodeAedat4(SENSOR, [events]));
}

/** A small model as `saccade train` writes it: of windows of 500 ms, in 4 steps of 32×32 pixels. */
async function trained(
  name: "pose-tracker" | "sew-resnet" | "resnet-gru",
  changes: object = {},
): Promise<string> {
  const narrow = name === "pose-tracker" ? { backboneWidth: 4 } : {};
  const bytes = await withThreads(1, () => {
    const model = smallModel(name, 3, { ...narrow, ...changes });
    const run = runOf(model.config, { timeSteps: 4, windowSeconds: [0.75, 0.5, 0.25] });
    return encodeModelFile(model, { metadata: { ...poseMetadata(MEAN, 32), [RUN]: JSON.stringify(run) } });
  });
  return put(`${name}-${Object.keys(changes).join("-")}.safetensors`, bytes);
}

function runOf(model: ModelConfig, window: object): object {
  return parseRun({ task: "pose", model, steps: 1, rate: 1, data: { proceduralSeconds: 1 }, ...window });
}

/** `saccade track` into a folder of its own. */
async function track(
  path: string,
  ...options: string[]
): Promise<CliResult & { out: string; files: string[] }> {
  const out = await mkdtemp(join(folder, "out-"));
  const result = await runCli(
    ["track", path, "--weights", weights, "--out", out, "--threads", "1", ...options],
    commands,
  );
  return { ...result, out, files: existsSync(out) ? (await readdir(out)).sort() : [] };
}

suite("saccade track", () => {
  test("writes a report and prints a table", async () => {
    const { code, stdout, out, files } = await track(recording);
    expect({ code, files }).toEqual({ code: 0, files: ["report.html"] });
    for (const text of [
      "aedat4, 128×128, 2.30 s",
      "frames",
      "18",
      "real-time factor",
      "firing rate",
      "MACs per frame",
    ]) {
      expect(stdout).toContain(text);
    }
    expect(stdout).toMatch(
      /energy per inference of 8 frames, 45 nm +[\d.]+ (µJ|mJ) +[\d.]+ (µJ|mJ) +[\d.]+× less/,
    );
    expect(stdout).not.toContain("MPJPE");
    expect((await readFile(join(out, "report.html"), "utf8")).includes("walk.aedat4")).toBe(true);
  });

  test("writes JSON lines, CSV and BVH of the same steps", async () => {
    const { out, files } = await track(recording, "--json", "--csv", "--bvh");
    expect(files).toEqual(["report.html", "walk.bvh", "walk.csv", "walk.jsonl"]);
    const lines = (await readFile(join(out, "walk.jsonl"), "utf8")).trimEnd().split("\n");
    const steps = lines.map((line) => parseTruthFrame(line));
    expect(steps.length).toBe(18);
    const [head, ...rows] = (await readFile(join(out, "walk.csv"), "utf8")).trimEnd().split("\n");
    const columns = head!.split(",");
    expect(columns.slice(0, 2)).toEqual(["t_us", "pelvis_x_m"]);
    expect(new Set(columns).size).toBe(1 + 72 + 72 + 10 + 3);
    rows.forEach((row, i) => {
      const { tUs, joints, pose, shape, translation } = steps[i]!;
      expect(row.split(",").map(Number)).toEqual(
        [tUs, ...joints, ...pose, ...shape, ...translation].map((v) => v + 0),
      );
    });
    const bvh = parseBvh(await readFile(join(out, "walk.bvh")));
    expect([bvh.frames, bvh.joints.length, bvh.frameTimeSeconds]).toEqual([18, 24, 0.125]);
  });

  test("with --json alone prints the lines and nothing else", async () => {
    const before = process.cwd();
    const here = await mkdtemp(join(folder, "here-"));
    process.chdir(here);
    try {
      const { code, stdout, stderr } = await runCli(
        ["track", recording, "--weights", weights, "--json"],
        commands,
      );
      expect(code).toBe(0);
      expect(
        stdout
          .trimEnd()
          .split("\n")
          .map((line) => parseTruthFrame(line).tUs),
      ).toHaveLength(18);
      expect(stderr).toContain("real-time factor");
      expect(await readdir(here)).toEqual(["report.html"]);
    } finally {
      process.chdir(before);
    }
  });

  test("gives the same poses on one thread and on two", async () => {
    const read = async (...options: string[]) =>
      readFile(join((await track(recording, "--json", ...options)).out, "walk.jsonl"));
    expect(await read("--threads", "2")).toEqual(await read());
  });

  test("reads EVT3 as it reads AEDAT4", async () => {
    const raw = await put("walk.raw", await bytesOf(encodeEvt3(SENSOR, [eventsFor(2.3, SENSOR)])));
    const [a, b] = [await track(raw, "--json"), await track(recording, "--json")];
    expect(await readFile(join(a.out, "walk.jsonl"))).toEqual(await readFile(join(b.out, "walk.jsonl")));
  });

  test("takes windows of other lengths", async () => {
    const { stdout, out } = await track(recording, "--window-ms", "200", "--bvh");
    expect(stdout).toMatch(/frames +92/);
    expect(parseBvh(await readFile(join(out, "walk.bvh"))).frameTimeSeconds).toBe(0.025);
  });

  test("compares with the truth that lies beside the recording, or is named", async () => {
    const path = await put("known.aedat4", await aedat4(eventsFor(2.3, SENSOR)));
    const { out } = await track(path, "--json");
    const frames = (await readFile(join(out, "known.jsonl"), "utf8"))
      .trimEnd()
      .split("\n")
      .map((l) => parseTruthFrame(l));
    const moved = frames.map((frame) => ({
      ...frame,
      joints: frame.joints.map((v, i) => (i % 3 === 0 ? v + 0.1 : v)),
    }));
    const text = [encodeTruthHeader({ camera: CAMERA, sensor: SENSOR }), ...moved.map(encodeTruthFrame)].join(
      "\n",
    );
    await put("known.truth.jsonl", `${text}\n`);
    expect(parseTruth(text).frames.length).toBe(18);
    const beside = await track(path);
    expect(beside.stdout).toMatch(/error over 18 frames/);
    expect(beside.stdout).toMatch(/\nMPJPE +100\.0 mm +[\d.]+ mm\n/);
    expect(beside.stdout).toMatch(/PEL-MPJPE +0\.0 mm/);
    const named = await track(recording, "--truth", join(folder, "known.truth.jsonl"));
    expect(named.stdout).toMatch(/\nMPJPE +100\.0 mm/);
  });

  test("interpolates the truth in time and leaves out steps beyond it", async () => {
    const { out } = await track(recording, "--json");
    const lines = (await readFile(join(out, "walk.jsonl"), "utf8")).trimEnd().split("\n");
    const first = parseTruthFrame(lines[0]!);
    const still = [0, 100_000, 300_000].map((tUs) =>
      encodeTruthFrame({
        ...first,
        tUs,
        joints: first.joints.map((v, i) => (i % 3 === 1 ? v + tUs / 1e6 : v)),
      }),
    );
    const truth = await put(
      "still.jsonl",
      [encodeTruthHeader({ camera: CAMERA, sensor: SENSOR }), ...still].join("\n"),
    );
    const { stdout } = await track(recording, "--truth", truth);
    expect(stdout).toMatch(/error over 2 frames/);
  });

  test("shows 300 steps of a long recording at most", async () => {
    const path = await put("long.aedat4", await aedat4(eventsFor(5, SENSOR)));
    const { out, stdout } = await track(path, "--window-ms", "80");
    expect(stdout).toMatch(/frames +500/);
    const report = await readFile(join(out, "report.html"), "utf8");
    expect(report.match(/"tUs":/g)!.length).toBe(250);
    expect(report.includes("steps at equal distances")).toBe(true);
  });

  test("reads standard input", async () => {
    const out = await mkdtemp(join(folder, "out-"));
    const args = ["track", "-", "--weights", weights, "--out", out, "--json", "--threads", "1"];
    const { code, stderr } = await runChild(args, { stdin: await readFile(recording) });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect((await readdir(out)).sort()).toEqual(["report.html", "stdin.jsonl"]);
  });
});

suite("saccade track with other models", () => {
  test("a pose tracker poses the body in windows as it was trained on", async () => {
    const model = await trained("pose-tracker");
    const { code, stdout, stderr, out, files } = await track(
      recording,
      "--weights",
      model,
      "--json",
      "--csv",
      "--bvh",
    );
    expect({ code, stderr: stderr.includes("saccade: ") }).toEqual({ code: 0, stderr: false });
    expect(files).toEqual(["report.html", "walk.bvh", "walk.csv", "walk.jsonl"]);
    const steps = (await readFile(join(out, "walk.jsonl"), "utf8")).trimEnd().split("\n");
    const times = steps.map((line) => parseTruthFrame(line).tUs);
    expect(times).toEqual(times.map((_, i) => times[0]! + 125_000 * i));
    expect(times).toHaveLength(18);
    expect(parseBvh(await readFile(join(out, "walk.bvh"))).frameTimeSeconds).toBe(0.125);
    expect(stdout).toMatch(/energy per inference of 4 frames, 45 nm/);
    expect(stdout).toMatch(/firing rate +[1-9][\d.]* %/);
    const report = await readFile(join(out, "report.html"), "utf8");
    expect(report).toContain("Spiking Spatiotemporal Transformer (SST)");
    expect(report).toContain('"timeSteps":4,"attention":"hamming"');
  });

  test("takes windows of other lengths", async () => {
    const { stdout } = await track(
      recording,
      "--weights",
      await trained("sew-resnet"),
      "--window-ms",
      "1000",
    );
    expect(stdout).toMatch(/frames +9\n/);
  });

  test("a model of joints alone gives joints and no rotations", async () => {
    const model = await trained("sew-resnet", { head: "joints" });
    const { code, out, files } = await track(recording, "--weights", model, "--json", "--csv");
    expect({ code, files }).toEqual({ code: 0, files: ["report.html", "walk.csv", "walk.jsonl"] });
    const steps = (await readFile(join(out, "walk.jsonl"), "utf8"))
      .trimEnd()
      .split("\n")
      .map((line): Record<string, number[][]> => JSON.parse(line));
    expect(steps).toHaveLength(18);
    expect(Object.keys(steps[0]!)).toEqual(["tUs", "joints", "translation"]);
    const [head, ...rows] = (await readFile(join(out, "walk.csv"), "utf8")).trimEnd().split("\n");
    expect(head!.split(",")).toHaveLength(1 + 72 + 3);
    expect(head).not.toMatch(/_rad|shape_/);
    rows.forEach((row, i) => {
      const { tUs, joints, translation } = steps[i]!;
      const numbers = [tUs, joints, translation].flat(2) as unknown as number[];
      expect(row.split(",").map(Number)).toEqual(numbers.map((v) => v + 0));
    });
  });

  test("compares a model of joints alone with the truth", async () => {
    const { out } = await track(recording, "--json");
    const lines = await readFile(join(out, "walk.jsonl"), "utf8");
    const truth = await put(
      "joints.truth.jsonl",
      `${encodeTruthHeader({ camera: CAMERA, sensor: SENSOR })}\n${lines}`,
    );
    const model = await trained("sew-resnet", { head: "joints" });
    const { stdout } = await track(recording, "--weights", model, "--truth", truth);
    expect(stdout).toMatch(/error over 18 frames/);
  });

  test("tells that a model has no spiking neurons", async () => {
    const { code, stdout, out } = await track(recording, "--weights", await trained("resnet-gru"));
    expect(code).toBe(0);
    expect(stdout).toMatch(/firing rate +no spiking neurons/);
    expect(await readFile(join(out, "report.html"), "utf8")).toContain("The model has no spiking neurons");
  });
});

suite("saccade track, with bad input", () => {
  /** Runs it, expects one line on standard error, and no file. */
  async function fault(path: string, ...options: string[]): Promise<string> {
    const { code, stdout, stderr, files } = await track(path, "--json", "--csv", "--bvh", ...options);
    expect({ code, stdout, files }).toEqual({ code: 1, stdout: "", files: [] });
    expect(stderr.trimEnd().split("\n").at(-1)).toMatch(
      /^saccade: .*expected .*got|no such file|is a folder/,
    );
    expect(stderr).not.toMatch(/unexpected|\n\s+at /);
    return stderr;
  }

  test("a file that is not there", async () => {
    expect(await fault(join(folder, "gone.aedat4"))).toContain("gone.aedat4: no such file");
  });

  test("a folder", async () => {
    expect(await fault(folder)).toContain(`${folder}: is a folder, expected a file`);
  });

  test("no recording", async () => {
    expect(await fault(await put("prose.aedat4", "Once upon a time"))).toContain("prose.aedat4: ");
  });

  test("a recording that was cut off, unless told to recover", async () => {
    const bytes = await bytesOf(encodeAedat4(SENSOR, parts(eventsFor(2.3, SENSOR), 500)));
    const cut = await put("cut.aedat4", bytes.subarray(0, Math.floor(bytes.length * 0.8)));
    expect(await fault(cut)).toMatch(/cut\.aedat4: aedat4 at byte \d+: expected .*, got/);
    const { code, stdout, out } = await track(cut, "--recover");
    expect(code).toBe(0);
    expect(stdout).toContain("damaged (faults: 1)");
    expect((await readFile(join(out, "report.html"), "utf8")).includes("is damaged; faults: 1")).toBe(true);
  });

  test("a recording without events, or of one", async () => {
    const none = await put("none.aedat4", await aedat4(eventsOf([])));
    expect(await fault(none)).toContain("none.aedat4: aedat4 at byte");
    expect(await fault(none)).toContain("expected events, got none");
    const one = await put("one.aedat4", await aedat4(eventsOf([[5, 1, 1, 1]])));
    expect(await fault(one)).toContain("expected a recording of one step (125 ms) or more, got 0 ms");
  });

  test("weights that are not there, are none, or are damaged", async () => {
    expect(await fault(recording, "--weights", join(folder, "gone.safetensors"))).toContain(
      "gone.safetensors: no such",
    );
    expect(await fault(recording, "--weights", recording)).toContain("walk.aedat4: ");
    const bytes = await readFile(weights);
    const cut = await put("cut.safetensors", bytes.subarray(0, bytes.length - 100));
    expect(await fault(recording, "--weights", cut)).toContain("cut.safetensors: ");
  });

  test("weights of another shape, or with NaN", async () => {
    const { tensors, metadata } = parseSafetensors(await readFile(weights));
    const change = async (name: string, key: string, to: { shape: number[]; data: Float32Array }) => {
      const changed = new Map(tensors).set(key, { dtype: "F32", ...to });
      return put(name, encodeSafetensors(changed, metadata));
    };
    const wide = await change("wide.safetensors", "head.shape.bias", {
      shape: [11],
      data: new Float32Array(11),
    });
    expect(await fault(recording, "--weights", wide)).toMatch(
      /wide\.safetensors: .*head\.shape\.bias.*\[10\].*\[11\]/,
    );
    const data = new Float32Array(10).fill(NaN);
    const nan = await change("nan.safetensors", "head.shape.bias", { shape: [10], data });
    expect(await fault(recording, "--weights", nan)).toMatch(/nan\.safetensors: .*head\.shape\.bias.*NaN/);
  });

  test("models of joints alone for --bvh, of several views, or of another task", async () => {
    const joints = await trained("sew-resnet", { head: "joints" });
    expect(await fault(recording, "--weights", joints)).toContain(
      "sew-resnet-head.safetensors: expected a model that poses a body for --bvh, got one of joints alone",
    );
    expect(await fault(recording, "--weights", await trained("pose-tracker", { views: 2 }))).toContain(
      "expected a model of one view, got one of 2",
    );
    const other = await withThreads(1, () => encodeModelFile(smallModel("staa")));
    const classes = await put("classes.safetensors", other);
    expect(await fault(recording, "--weights", classes)).toContain(
      "classes.safetensors: expected a model of poses in 3D, got a staa of classification",
    );
  });

  test("a model that does not say how large its pictures are, or asks for too much", async () => {
    const { tensors, metadata } = parseSafetensors(await readFile(await trained("sew-resnet")));
    const said = (name: string, changes: object) => {
      const kept = Object.entries({ ...metadata, ...changes }).filter(([, text]) => text !== undefined);
      return put(name, encodeSafetensors(tensors, Object.fromEntries(kept)));
    };
    const silent = await said("silent.safetensors", { "saccade.input_size": undefined });
    expect(await fault(recording, "--weights", silent)).toMatch(
      /silent\.safetensors: .*expected a side of 1 to 16384 pixels as saccade\.input_size, got nothing/,
    );
    const run = JSON.stringify(runOf(smallConfig("sew-resnet"), { timeSteps: 65_536 }));
    const huge = await said("huge.safetensors", { "saccade.input_size": "16384", [RUN]: run });
    expect(await fault(recording, "--weights", huge)).toMatch(
      /huge\.safetensors: expected what fits into memory/,
    );
    const wrong = await said("wrong.safetensors", { [RUN]: "none" });
    expect(await fault(recording, "--weights", wrong)).toMatch(
      /wrong\.safetensors: saccade\.run: expected JSON/,
    );
  });

  test("truth of another sensor", async () => {
    const sensor = { width: 34, height: 34 };
    const truth = await put("small.truth.jsonl", `${encodeTruthHeader({ camera: CAMERA, sensor })}\n`);
    expect(await fault(recording, "--truth", truth)).toMatch(
      /small\.truth\.jsonl: expected the truth of a sensor of \d+×\d+, as the recording's, got 34×34/,
    );
  });

  test("truth that is none", async () => {
    const truth = await put("bad.truth.jsonl", "{}\n");
    expect(await fault(recording, "--truth", truth)).toContain("bad.truth.jsonl: truth at byte 0");
    expect(await fault(recording, "--truth", folder)).toContain("expected a regular file, got another kind");
    expect(await fault(recording, "--truth", join(folder, "gone.jsonl"))).toContain(
      "gone.jsonl: no such file",
    );
  });

  test("a folder that cannot be written, before anything is tracked", async () => {
    const file = await put("taken", "");
    const below = await runCli(
      ["track", recording, "--weights", weights, "--out", join(file, "x")],
      commands,
    );
    expect(below.code).toBe(1);
    expect(below.stderr).toMatch(/^saccade: .*taken.*: a file stands where a folder is expected\n$/);
    if (process.getuid?.() === 0) return; // to root everything is writable
    const closed = join(folder, "closed");
    await mkdir(closed);
    await chmod(closed, 0o500);
    const denied = await runCli(["track", recording, "--weights", weights, "--out", closed], commands);
    expect(denied.stderr).toContain("permission denied");
  });

  test("files that would be written over those that are read", async () => {
    const args = ["track", recording, "--weights", weights, "--json", "--csv", "--out", folder];
    const truth = await put("walk.jsonl", encodeTruthHeader({ camera: CAMERA, sensor: SENSOR }));
    const { code, stderr } = await runCli([...args, "--truth", truth], commands);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `saccade: ${truth}: expected different files to read and to write\n`,
    });
    await rm(truth);
  });

  test("a disk that fills at any time leaves all files or none", async ({ skip }) => {
    const disk = await mkdtemp(join(folder, "disk-"));
    skip(!mountDisk(disk, 40), "needs the right to mount a small disk");
    const args = ["track", recording, "--weights", weights, "--out", disk, "--threads", "1"];
    const codes = new Set<number>();
    try {
      for (let kilobytes = 40; kilobytes <= 280; kilobytes += 16) {
        mountDisk(disk, kilobytes, "remount");
        const { code, stderr } = await runCli([...args, "--json", "--csv", "--bvh"], commands);
        const files = await readdir(disk);
        expect(files.length).toBe(code === 0 ? 4 : 0);
        if (code !== 0) expect(stderr).toMatch(/^saccade: [^\n]*: no space left on the disk\n$/);
        await Promise.all(files.map((file) => rm(join(disk, file))));
        codes.add(code);
      }
    } finally {
      unmountDisk(disk);
    }
    expect(codes).toEqual(new Set([1, 0]));
  });

  test("an interrupt leaves nothing behind", async () => {
    const controller = new AbortController();
    const out = await mkdtemp(join(folder, "out-"));
    const args = ["track", recording, "--weights", weights, "--out", out, "--json", "--csv"];
    setTimeout(() => controller.abort(), 1);
    const { code, stderr } = await runCli(args, commands, { signal: controller.signal });
    expect(code).toBe(130);
    expect(stderr).toMatch(/saccade: interrupted\n$/);
    expect(await readdir(out)).toEqual([]);
  });
});

suite.skipIf(DATA === undefined)("saccade track, on real recordings", () => {
  test.each([
    ["aedat4/davis346_lz4.aedat4", "100"],
    ["evt3/gen41_evt3_sample.raw", "1"],
  ])("%s", async (file, windowMs) => {
    const { code, files } = await track(join(DATA!, "events", file), "--window-ms", windowMs, "--bvh");
    expect(code).toBe(0);
    expect(files.length).toBe(2);
  });
});

/** Events in batches of a size. */
function* parts({ t, x, y, on }: Events, size: number): Generator<Events> {
  for (let at = 0; at < t.length; at += size) {
    const end = at + size;
    yield {
      t: t.subarray(at, end),
      x: x.subarray(at, end),
      y: y.subarray(at, end),
      on: on.subarray(at, end),
    };
  }
}
