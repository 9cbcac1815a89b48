import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, suite, test } from "vitest";
import { stringify } from "yaml";
import { commands } from "../../apps/cli/commands.ts";
import { forwardKinematics, axisAngleToMatrix, restJoints } from "../../src/body/index.ts";
import { bodyAt } from "../../src/data/pose-clip.ts";
import { datasets, parseRecipe, poseDatasetSchema } from "../../src/data/index.ts";
import { diskFolder, generateShards, planRecipe } from "../../src/data/node.ts";
import { parseRun, readPoseClips } from "../../src/train/index.ts";
import { copyOf, eventFrames } from "../data/copies.ts";
import { expectClose } from "../golden/close.ts";
import { type CliResult, runCli } from "./harness.ts";

const RECIPE = {
  seed: 3,
  splits: {
    train: { motions: [{ procedural: ["walk"] }], clipsPerMotion: 2 },
    test: { motions: [{ procedural: ["wave"] }] },
  },
  sensor: { width: 64, height: 48 },
  clipSeconds: 0.6,
};
const RUN = {
  task: "pose",
  model: { model: "pose-tracker", preset: "nano", depth: 18, backboneWidth: 4, width: 16, layers: 1 },
  steps: 3,
  batch: 1,
  timeSteps: 4,
  windowSeconds: [0.5],
  rate: 0.001,
  data: { dataset: "shards", folder: "shards", size: 32 },
};

let folder: string;
const at = (...names: string[]): string => join(folder, ...names);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "saccade-recorded-"));
  await generate("shards", {});
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function generate(name: string, change: object): Promise<void> {
  await generateShards(await planRecipe(parseRecipe({ ...RECIPE, ...change }), "."), { out: at(name) });
}

async function train(name: string, data: object, signal?: AbortSignal): Promise<CliResult> {
  await writeFile(at(`${name}.yaml`), stringify({ ...RUN, data: { ...RUN.data, ...data } }));
  const args = ["train", "--config", at(`${name}.yaml`), "--out", at(name), "--threads", "1"];
  return runCli(args, commands, signal && { signal });
}

function evaluate(name: string, data: string, ...options: string[]): Promise<CliResult> {
  const weights = at(name, "model.safetensors");
  const args = ["eval", "--weights", weights, "--data", data, "--threads", "1", "--json", ...options];
  return runCli(args, commands);
}

suite("poses of generated shards", () => {
  test("are at the edges of bins what the labels say", async () => {
    const run = parseRun({ ...RUN, data: { ...RUN.data, binMs: 50 } });
    if (run.task !== "pose" || run.data.dataset === undefined) throw new Error("no run of poses");
    const disk = diskFolder(at("shards"));
    const clips = await readPoseClips(run, run.data, disk, "train");
    const labelled = await datasets.shards.open(disk, "train");
    expect(clips.map(({ name, bins }) => [name, bins])).toEqual([
      [(await labelled.get(0)).name, 12],
      [(await labelled.get(1)).name, 12],
    ]);
    let compared = 0;
    for (const [i, clip] of clips.entries()) {
      const { times, joints3d, pose, translation, shape } = await labelled.get(i);
      times.forEach((timeUs, f) => {
        if (timeUs % 50_000 !== 0) return;
        const { rotations, translation: place } = bodyAt(clip, timeUs / 50_000);
        const rest = restJoints(clip.shape);
        const { joints } = forwardKinematics(rest, rotations, place);
        expectClose("joints", joints, joints3d!.subarray(72 * f, 72 * f + 72), 1e-5);
        expect(clip.shape).toEqual(shape);
        expectClose("turns", rotations, axisAngleToMatrix(pose!.subarray(72 * f, 72 * f + 72)), 1e-5);
        expectClose("places", place, translation!.subarray(3 * f, 3 * f + 3), 1e-6);
        compared++;
      });
      expect(clip.frames.some((bits) => bits > 0)).toBe(true);
    }
    expect(compared).toBeGreaterThan(20);
  });

  test("are held up to a number of bytes", async () => {
    const run = { timeSteps: 4, windowSeconds: [0.5] };
    const data = poseDatasetSchema.parse(RUN.data);
    const bytes = 9 * 2 * 32 * 4;
    const read = (maxBytes: number) =>
      readPoseClips(run, data, diskFolder(at("shards")), "train", { maxBytes });
    expect((await read(2 * bytes)).map(({ frames }) => frames.length)).toEqual([bytes, bytes]);
    await expect(read(2 * bytes - 1)).rejects.toThrow(
      /expected clips of 4607 bytes or fewer .* set data\.limit/,
    );
    const one = { ...data, limit: 1 };
    expect((await readPoseClips(run, one, diskFolder(at("shards")), "train")).length).toBe(1);
  });

  test("are learned, and measured on the test where there is no validation", async () => {
    const { code, stdout, stderr } = await train("run", {});
    expect(stderr).toContain("train recordings: 2/2");
    expect(stderr).toContain("val recordings: 1/1");
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^mm +MPJPE/) });
    const { stdout: json } = await evaluate("run", at("shards"));
    const metrics = JSON.parse(json);
    expect(metrics).toMatchObject({ split: "test", clips: 1 });
    const lines = (await readFile(at("run", "log.jsonl"), "utf8")).trimEnd().split("\n");
    const { evaluation } = JSON.parse(lines.at(-1)!);
    expect(metrics[at("run", "model.safetensors")].mpjpe).toBe(evaluation.model.mpjpe);
    const limited = await evaluate("run", at("shards"), "--split", "train");
    expect(JSON.parse(limited.stdout)).toMatchObject({ split: "train", clips: 2 });
  });

  test("need their labels, their folder and a split", async () => {
    await generate("bare", { labels: ["pose", "joints3d"], splits: { train: RECIPE.splits.train } });
    const fault = async (data: object) => {
      const { code, stdout, stderr } = await train("bad", data);
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      return stderr.trimEnd();
    };
    expect(await fault({ folder: "bare" })).toMatch(
      /bare: shards: expected the labels .* in .*, got none of shape, translation, camera$/,
    );
    expect(await fault({ folder: "gone" })).toMatch(/gone: shards: expected manifest\.json in/);
    expect(await fault({ folder: undefined })).toMatch(/expected data\.folder or --data, got neither$/);
    expect(await fault({ folder: "bare", limit: 0 })).toMatch(/data\.limit: Too small/);
    await evaluate("run", at("shards"), "--split", "val").then(({ code }) => expect(code).toBe(0));
  });

  test("are read until Ctrl-C", async () => {
    const stop = new AbortController();
    stop.abort();
    const { code, stderr } = await train("stopped", {}, stop.signal);
    expect({ code, stderr }).toEqual({ code: 130, stderr: expect.stringMatching(/interrupted\n$/) });
  });
});

suite("poses of published event frames", () => {
  const frames = Array.from({ length: 10 }, (_, i) => i);
  const data = { dataset: "mmhpsd", size: 32 };

  test("are learned, and measured on the published test", async () => {
    const copy = copyOf({
      ...eventFrames("mmhpsd_events/subject03_group1_time1", frames),
      ...eventFrames("mmhpsd_events/subject01_group1_time1", frames),
      ...eventFrames("mmhpsd_events/subject02_group1_time1", [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11]),
    });
    const { code, stdout } = await train("frames", { ...data, folder: copy });
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^mm +MPJPE/) });
    const metrics = JSON.parse((await evaluate("frames", copy)).stdout);
    // The second recording has a gap.
    expect(metrics).toMatchObject({ split: "test", clips: 3 });
  });

  test("need recordings of a window or more in each split", async () => {
    const copy = copyOf({
      ...eventFrames("mmhpsd_events/subject03_group1_time1", frames),
      ...eventFrames("mmhpsd_events/subject01_group1_time1", [0, 1, 2, 3]),
    });
    const { code, stderr } = await train("short", { ...data, folder: copy });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/expected recordings of 8 bins or more in the split val, got none\n$/),
    });
  });

  test("without a test are divided by the run", async () => {
    const copy = copyOf({
      ...eventFrames("amass_events/A/a/1", frames),
      ...eventFrames("amass_events/A/a/2", frames),
    });
    const amass = { dataset: "event-amass", size: 32, folder: copy };
    const { stderr } = await train("amass", amass);
    expect(stderr).toContain("data.split: expected {train, seed} for a data set without a test, got none");
    const divided = await train("amass", { ...amass, split: { train: 0.5, seed: 1 } });
    expect(divided.stderr).toContain("val recordings: 1/1");
    expect(divided.code).toBe(0);
    expect(JSON.parse((await evaluate("amass", copy, "--split", "test")).stdout)).toMatchObject({ clips: 1 });
  });
});

suite("data of a pose run", () => {
  const views = { model: { ...RUN.model, views: 2 } };
  const svf = { model: { model: "spikevideoformer", preset: "nano" } };
  test.each([
    ["a field of the other form", { data: { ...RUN.data, mocap: "x" } }, /data: Unrecognized key: "mocap"/],
    ["a field of neither", { data: { variant: 2 } }, /data: Unrecognized key: "variant"/],
    ["another data set", { data: { dataset: "dhp19" } }, /data\.dataset: /],
    ["an odd size", { data: { ...RUN.data, size: 20 } }, /data\.size: .*multiple of 8/],
    ["another size than the model's", svf, /data\.size: expected 64 as the model has it, got 32/],
    ["several views", views, /data\.dataset: expected a model of one view, got 2/],
  ])("refuses %s", (_, change, message) => {
    expect(() => parseRun({ ...RUN, ...change })).toThrow(message);
  });
});
