import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, suite, test } from "vitest";
import { stringify } from "yaml";
import { commands } from "../../apps/cli/commands.ts";
import { encodeBvh, generateMotion } from "../../src/simulate/index.ts";
import { parseCheckpoint } from "../../src/train/index.ts";
import { type CliResult, runCli } from "./harness.ts";

const MODEL = { model: "pose-tracker", preset: "nano", depth: 18, backboneWidth: 4, width: 16, layers: 1 };
const CONFIG = {
  task: "pose",
  model: MODEL,
  steps: 4,
  batch: 1,
  timeSteps: 4,
  windowSeconds: [0.5],
  rate: 0.001,
  data: { proceduralSeconds: 4, cache: "clips" },
  checkpointEvery: 1,
};

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "saccade-train-pose-"));
  await mkdir(join(folder, "real"));
  await copyFile("samples/walk.aedat4", join(folder, "real", "walk.aedat4"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function train(
  name: string,
  change: object,
  options: { readonly out?: string; readonly signal?: AbortSignal; readonly resume?: boolean } = {},
): Promise<CliResult> {
  const { out = name, signal, resume = false } = options;
  const config = join(folder, `${name}.yaml`);
  await writeFile(config, stringify({ ...CONFIG, ...change }));
  const args = ["train", "--config", config, "--out", join(folder, out), "--threads", "1"];
  return runCli([...args, ...(resume ? ["--resume"] : [])], commands, signal && { signal });
}

function result(out: string, file: string): Promise<Uint8Array> {
  return readFile(join(folder, out, file));
}

async function steps(out: string): Promise<{ readonly terms: Readonly<Record<string, number>> }[]> {
  const lines = Buffer.from(await result(out, "log.jsonl"))
    .toString()
    .trimEnd()
    .split("\n");
  return lines.map((line) => JSON.parse(line)).filter(({ evaluation }) => evaluation === undefined);
}

suite("saccade train pose with domain adaptation", () => {
  const penultimate = { domain: { kind: "penultimate", recordings: "real" } };
  const discriminator = { domain: { kind: "discriminator", recordings: "real", width: 8 } };

  test("tells the terms of the domains", async () => {
    expect((await train("penultimate", penultimate)).code).toBe(0);
    const terms = (await steps("penultimate")).map((step) => step.terms);
    expect(terms.length).toBe(4);
    for (const { domain } of terms) expect(domain).toBeGreaterThan(0);
    expect(terms[0]).not.toHaveProperty("domainAccuracy");
  });

  test("stopped and resumed, ends with the same bits as in one go", async () => {
    expect((await train("whole", discriminator)).code).toBe(0);
    for (const { terms } of await steps("whole")) {
      expect(terms["domain"]).toBeGreaterThan(0);
      expect(terms["domainAccuracy"]).toBeLessThanOrEqual(1);
    }
    const stop = new AbortController();
    const stopped = train("whole", discriminator, { out: "stopped", signal: stop.signal });
    while (!existsSync(join(folder, "stopped", "checkpoint.safetensors"))) await sleep(1);
    stop.abort();
    const taken = Number(/saved after (\d+) steps/.exec((await stopped).stderr)![1]);
    expect(taken).toBeLessThan(4);
    const { tensors } = parseCheckpoint(await result("stopped", "checkpoint.safetensors"));
    expect(tensors.has("discriminator.hidden.weight")).toBe(true);
    expect((await train("whole", discriminator, { out: "stopped", resume: true })).code).toBe(0);
    for (const file of ["model.safetensors", "checkpoint.safetensors", "log.jsonl"]) {
      expect(await result("stopped", file)).toEqual(await result("whole", file));
    }
  });

  test("needs recordings, and tells which is none before any clip is made", async () => {
    const fault = async (recordings: string) => {
      const change = { domain: { kind: "penultimate", recordings }, data: { proceduralSeconds: 1e6 } };
      const { code, stdout, stderr } = await train("bad", change);
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      return stderr.trimEnd();
    };
    await mkdir(join(folder, "nothing"));
    const nothing = join(folder, "nothing");
    expect(await fault("nothing")).toBe(`saccade: ${nothing}: expected recordings of events, got none`);
    expect(await fault("gone")).toMatch(/gone: expected recordings of events, got none$/);
    await writeFile(join(nothing, "broken.aedat4"), (await result("real", "walk.aedat4")).subarray(0, 5000));
    expect(await fault("nothing")).toMatch(/nothing\/broken\.aedat4: /);
  });
});

suite("saccade train pose with several views", () => {
  const views = { model: { ...MODEL, views: 2 } };

  test("films every motion from both, and measures both", async () => {
    const { code, stdout, stderr } = await train("views", {
      ...views,
      data: { proceduralSeconds: 4, cache: "both" },
    });
    expect(code).toBe(0);
    expect(stderr).toContain("train clips: 2/2");
    expect(stdout).toMatch(/^mm +MPJPE/);
    expect((await readdir(join(folder, "both"))).length).toBe(4);
    expect((await steps("views")).length).toBe(4);
    const again = await train("views", views, { out: "again" });
    expect(again.code).toBe(0);
    expect(await steps("again")).toEqual(await steps("views"));
  });

  test("is evaluated on as many, beside a model of one", async () => {
    expect((await train("single", {})).code).toBe(0);
    const motion = generateMotion({ seed: 1, seconds: 1, frameRateHz: 30 });
    await mkdir(join(folder, "mocap"));
    await writeFile(join(folder, "mocap", "walk.bvh"), encodeBvh(motion, new Float64Array(10)));
    const weights = (of: string) => join(folder, of, "model.safetensors");
    const args = [
      "eval",
      "--data",
      join(folder, "mocap"),
      "--weights",
      weights("views"),
      "--threads",
      "1",
      "--json",
    ];
    const { code, stdout } = await runCli([...args, "--compare", weights("single")], commands);
    expect(code).toBe(0);
    const value = JSON.parse(stdout);
    expect(value).toMatchObject({ split: "test", clips: 2 });
    expect(value[weights("views")].poses).toBe(value[weights("single")].poses);
    const mean = { poses: value["mean pose"].poses };
    expect(mean.poses).toBe(value[weights("views")].poses);
  });
});
