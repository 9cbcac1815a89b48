import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, suite, test } from "vitest";
import { commands } from "../../apps/cli/commands.ts";
import { Random } from "../../src/core/index.ts";
import { HEATMAP_JOINTS } from "../../src/data/index.ts";
import { encodeAedat4 } from "../../src/events/index.ts";
import {
  type ConfiguredModel,
  DenseUNet,
  denseUNetPresets,
  encodeModelFile,
  Hybrid,
  hybridPresets,
  SpikingPose,
  spikingPosePreset,
} from "../../src/models/index.ts";
import { bytesOf } from "../events/support.ts";
import { eventsFor, withThreads } from "../track/support.ts";
import { type CliResult, runCli } from "./harness.ts";

const SENSOR = { width: 64, height: 64 };

let folder: string;
let weights: string;
let recording: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "saccade-picture-"));
  weights = await putModel(() => new Hybrid({ ...hybridPresets.released, width: 2 }, new Random(1)));
  recording = await put("walk.aedat4", await bytesOf(encodeAedat4(SENSOR, [eventsFor(2.3, SENSOR)])));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function put(name: string, content: Uint8Array): Promise<string> {
  await writeFile(join(folder, name), content);
  return join(folder, name);
}

/** Writes the file of a model, named as its kind. */
async function putModel(make: () => ConfiguredModel): Promise<string> {
  return withThreads(1, async () => {
    const model = make();
    const path = await put(`${model.config.model}.safetensors`, encodeModelFile(model));
    model.dispose();
    return path;
  });
}

const trackWith = (file: string, path: string, ...options: string[]): Promise<CliResult> =>
  runCli(["track", path, "--weights", file, "--picture", "32x32", "--threads", "1", ...options], commands);

const track = (path: string, ...options: string[]) => trackWith(weights, path, ...options);

/** The lines on standard output. */
const stepsOf = ({ stdout }: CliResult) =>
  stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { tUs: number; joints: number[][]; annMs?: number });

suite("saccade track with a model of heatmaps", () => {
  test("writes joints of the picture as lines and as columns, and tells latencies", async () => {
    const out = await mkdtemp(join(folder, "out-"));
    const { code, stdout, stderr } = await track(recording, "--json", "--csv", "--out", out);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/latency of \d+ steps/);
    expect(stdout).toMatch(/\d+ runs of the ANN/);
    expect((await readdir(out)).sort()).toEqual(["walk.csv", "walk.jsonl"]);
    const lines = (await readFile(join(out, "walk.jsonl"), "utf8")).trimEnd().split("\n");
    const steps = lines.map(
      (line) => JSON.parse(line) as { tUs: number; joints: number[][]; annMs?: number },
    );
    expect(steps.length).toBeGreaterThan(20);
    expect(steps[1]!.tUs - steps[0]!.tUs).toBe(10_000);
    expect(
      steps.every(({ joints }) => joints.length === 13 && joints.flat().every((p) => p >= 0 && p <= 64)),
    ).toBe(true);
    expect(steps.map(({ annMs }, i) => (annMs !== undefined) === (i % 10 === 0)).every(Boolean)).toBe(true);
    const [head, ...rows] = (await readFile(join(out, "walk.csv"), "utf8")).trimEnd().split("\n");
    expect(head!.split(",").slice(0, 4)).toEqual(["t_us", "head_x_px", "head_y_px", "head_confidence"]);
    expect(head!.split(",").length).toBe(1 + 3 * HEATMAP_JOINTS.length + 3);
    expect(rows.length).toBe(steps.length);
  });

  test("writes the lines to standard output where nothing else is asked for", async () => {
    const result = await track(recording, "--json", "--ann-hz", "50", "--snn-hz", "200");
    expect(result.code).toBe(0);
    expect(result.stderr).toMatch(/latency of/);
    const [first, second] = stepsOf(result);
    expect(second!.tUs - first!.tUs).toBe(5000);
  });

  test("runs an SNN by itself, which has no ANN", async () => {
    const file = await putModel(() => new SpikingPose({ ...spikingPosePreset, width: 2 }, new Random(1)));
    const result = await trackWith(file, recording, "--json", "--snn-hz", "50");
    expect(result.code).toBe(0);
    expect(result.stderr).toMatch(/latency of \d+ steps/);
    expect(result.stderr).not.toMatch(/ANN/);
    const steps = stepsOf(result);
    expect(steps.length).toBeGreaterThan(100);
    expect(steps.every(({ tUs, annMs }, i) => tUs === steps[0]!.tUs + 20_000 * i && !annMs)).toBe(true);
    expect(await trackWith(file, recording, "--ann-hz", "10")).toMatchObject({
      code: 1,
      stderr: `saccade: ${file}: expected no --ann-hz, which is not for a spiking-pose\n`,
    });
    const short = await put("point.aedat4", await bytesOf(encodeAedat4(SENSOR, [eventsFor(0.005, SENSOR)])));
    expect((await trackWith(file, short)).stderr).toBe(
      `saccade: ${short}: expected a step and an event behind it, got fewer\n`,
    );
  });

  test("runs an ANN by itself, at rates of its own", async () => {
    const file = await putModel(
      () => new DenseUNet({ ...denseUNetPresets.released, width: 2 }, new Random(1)),
    );
    const result = await trackWith(file, recording, "--json", "--ann-hz", "50");
    expect(result.code).toBe(0);
    const steps = stepsOf(result);
    expect(result.stderr).toContain(`${steps.length} runs of the ANN`);
    expect(steps.every(({ tUs, annMs }, i) => tUs === steps[0]!.tUs + 20_000 * i && annMs! >= 0)).toBe(true);
    expect(await trackWith(file, recording, "--snn-hz", "100")).toMatchObject({
      code: 1,
      stderr: `saccade: ${file}: expected no --snn-hz, which is not for a dense-unet\n`,
    });
  });

  test("refuses options of other weights, and rates that do not fit", async () => {
    expect(await track(recording, "--bvh")).toMatchObject({
      code: 1,
      stderr: `saccade: ${weights}: expected no --bvh, which is not for a hybrid\n`,
    });
    expect((await track(recording, "--snn-hz", "300")).stderr).toMatch(
      /expected snnHz of whole microseconds/,
    );
    const short = await put("short.aedat4", await bytesOf(encodeAedat4(SENSOR, [eventsFor(0.2, SENSOR)])));
    expect(await track(short)).toMatchObject({
      code: 1,
      stdout: "",
      stderr: `saccade: ${short}: expected 7500 events and a step behind them, got fewer\n`,
    });
    const { code, stderr } = await runCli(["track", recording, "--ann-hz", "10"], commands);
    expect([code, stderr]).toEqual([
      1,
      "saccade: the built-in weights: expected no --ann-hz, which is for joints in the picture\n",
    ]);
  });
});
