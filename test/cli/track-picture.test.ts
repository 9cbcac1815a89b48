import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, suite, test } from "vitest";
import { commands } from "../../apps/cli/commands.ts";
import { Random } from "../../src/core/index.ts";
import { HEATMAP_JOINTS } from "../../src/data/index.ts";
import { encodeAedat4 } from "../../src/events/index.ts";
import { encodeModelFile, Hybrid, hybridPresets } from "../../src/models/index.ts";
import { bytesOf } from "../events/support.ts";
import { eventsFor, withThreads } from "../track/support.ts";
import { type CliResult, runCli } from "./harness.ts";

const SENSOR = { width: 64, height: 64 };

let folder: string;
let weights: string;
let recording: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "saccade-picture-"));
  const file = await withThreads(1, () => {
    const model = new Hybrid({ ...hybridPresets.released, width: 2 }, new Random(1));
    const bytes = encodeModelFile(model);
    model.dispose();
    return bytes;
  });
  weights = await put("hybrid.safetensors", file);
  recording = await put("walk.aedat4", await bytesOf(encodeAedat4(SENSOR, [eventsFor(2.3, SENSOR)])));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function put(name: string, content: Uint8Array): Promise<string> {
  await writeFile(join(folder, name), content);
  return join(folder, name);
}

const track = (path: string, ...options: string[]): Promise<CliResult> =>
  runCli(["track", path, "--weights", weights, "--picture", "32x32", "--threads", "1", ...options], commands);

suite("saccade track with a hybrid", () => {
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
    const { code, stdout, stderr } = await track(recording, "--json", "--ann-hz", "50", "--snn-hz", "200");
    expect(code).toBe(0);
    expect(stderr).toMatch(/latency of/);
    const [first, second] = stdout
      .split("\n")
      .map((line) => (line === "" ? undefined : (JSON.parse(line) as { tUs: number })));
    expect(second!.tUs - first!.tUs).toBe(5000);
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
      "saccade: the built-in weights: expected no --ann-hz, which is for a hybrid\n",
    ]);
  });
});
