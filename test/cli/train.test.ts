import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, suite, test } from "vitest";
import { parse, stringify } from "yaml";
import { commands } from "../../apps/cli/commands.ts";
import type { RunReport } from "../../apps/report/run-data.ts";
import { parseSafetensors } from "../../src/io/index.ts";
import { encodeBvh, generateMotion } from "../../src/simulate/index.ts";
import { parseCheckpoint, parseRun } from "../../src/train/index.ts";
import { expectClose } from "../golden/close.ts";
import { runChild } from "./child.ts";
import { type CliResult, runCli } from "./harness.ts";

const CONFIG = {
  model: {
    model: "spikevideoformer",
    preset: "nano",
    embedDims: [8, 8, 16, 16],
    depths: [1, 1, 1, 1, 1],
    heads: 2,
  },
  steps: 12,
  batch: 1,
  windowSeconds: [0.5],
  rate: 0.001,
  data: { proceduralSeconds: 4, cache: "clips" },
  checkpointEvery: 5,
  evaluateEvery: 6,
};

let folder: string;
let config: string;
let whole: CliResult;
let mocap: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "saccade-train-"));
  config = await put("small.yaml", stringify(CONFIG));
  mocap = join(folder, "mocap");
  whole = await train(config, "whole");
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function put(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

function command(file: string, out: string, ...options: string[]): string[] {
  return ["train", "pose", "--config", file, "--out", join(folder, out), "--threads", "1", ...options];
}

function train(file: string, out: string, ...options: string[]): Promise<CliResult> {
  return runCli(command(file, out, ...options), commands);
}

/** What a page was made of. */
function dataOf(page: Uint8Array): RunReport {
  return JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page.toString())![1]!);
}

/** A file of a run. */
function result(out: string, file = "model.safetensors"): Promise<Uint8Array> {
  return readFile(join(folder, out, file));
}

suite("saccade train pose", () => {
  test("makes clips, trains, and measures what it has learnt", async () => {
    const { code, stdout, stderr } = whole;
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^mm +MPJPE +PEL-MPJPE +PA-MPJPE +PCK % +poses\nmodel( +[\d.]+){5}\nmean pose( +[\d.]+){5}\nwrote/,
    );
    expect(stderr).toContain("train clips: 1/1");
    expect(stderr).toMatch(/training: 12\/12 steps.*loss [\d.]+, rate/);
    expect((await readdir(join(folder, "whole"))).sort()).toEqual([
      "checkpoint.safetensors",
      "log.jsonl",
      "model.safetensors",
      "report.html",
      "tensorboard",
    ]);
    expect((await readdir(join(folder, "clips"))).length).toBe(2);
    expect((await result("whole", "log.jsonl")).toString().trimEnd().split("\n").length).toBe(14);
  });

  test("shows the run on a page", async () => {
    const {
      title,
      facts,
      notes,
      measured,
      curves,
      config: yaml,
    } = dataOf(await result("whole", "report.html"));
    expect(title).toBe("whole");
    expect(Object.fromEntries(facts)).toMatchObject({
      Model: "SpikeVideoFormer",
      Data: "4 s of procedural motion",
      Steps: "12",
    });
    expect(notes).toEqual([]);
    const lines = (await result("whole", "log.jsonl")).toString().trimEnd().split("\n");
    const log = lines.map((line) => JSON.parse(line));
    const losses = log.filter(({ loss }) => loss !== undefined).map(({ loss }) => loss);
    expectClose("loss", Float64Array.from(curves!.training.loss), Float64Array.from(losses), 1e-5);
    expect(curves!.training.others.map(({ name }) => name)).toContain("loss: joints3d");
    expect(curves!.evaluations.steps).toEqual([6, 12]);
    const { model, meanPose } = log.at(-1).evaluation;
    expect(measured.rows.map(({ name, baseline }) => [name, baseline])).toEqual([
      ["model", false],
      ["mean pose", true],
    ]);
    for (const [i, metrics] of [model, meanPose].entries()) {
      expect(measured.rows[i]!.values[1]).toBeCloseTo(metrics.pelMpjpe, 2);
      expect(measured.rows[i]!.perJoint!.length).toBe(24);
    }
    expect(parseRun(parse(yaml!))).toEqual(parseRun(CONFIG, "pose"));
  });

  test("gives the same files again", async () => {
    expect((await train(config, "again")).code).toBe(0);
    expect(await result("again")).toEqual(await result("whole"));
    expect(await result("again", "log.jsonl")).toEqual(await result("whole", "log.jsonl"));
  });

  test("stopped by Ctrl-C and resumed, ends with the same bits as in one go", async () => {
    const long = await put("long.yaml", stringify({ ...CONFIG, steps: 24, checkpointEvery: 1 }));
    const checkpoint = join(folder, "stopped", "checkpoint.safetensors");
    const stopped = await runChild(command(long, "stopped"), {
      onStart: async (child) => {
        while (!existsSync(checkpoint) && child.exitCode === null) await sleep(5);
        child.kill("SIGINT");
      },
    });
    expect(stopped.code).toBe(130);
    expect(stopped.stdout).toBe("");
    expect(stopped.stderr).toMatch(/saved after \d+ steps; go on with: saccade train .*--resume\n/);
    const files = await readdir(join(folder, "stopped"));
    expect(files.filter((file) => file.endsWith(".tmp"))).toEqual([]);
    const steps = Number(/saved after (\d+) steps/.exec(stopped.stderr)![1]);
    expect(steps).toBeLessThan(24);
    const page = dataOf(await result("stopped", "report.html"));
    expect(page.notes[0]).toBe(`Stopped after ${steps} of 24 steps; --resume goes on.`);
    expect(page.curves!.training.steps.at(-1)).toBe(steps);
    // In children too: the runner's own Node may have another build of the kernels, whose bits differ.
    expect((await runChild([...command(long, "stopped"), "--resume"])).code).toBe(0);
    expect((await runChild(command(long, "unstopped"))).code).toBe(0);
    expect(dataOf(await result("stopped", "report.html")).curves).toEqual(
      dataOf(await result("unstopped", "report.html")).curves,
    );
    for (const file of ["model.safetensors", "checkpoint.safetensors", "log.jsonl"]) {
      expect(await result("stopped", file)).toEqual(await result("unstopped", file));
    }
  });

  test("starts from the parameters of another run, also one of single frames and another attention", async () => {
    const windows = { timeSteps: 1, windowSeconds: [0.125], loss: { bins: 1 } };
    const frames = await put("frames.yaml", stringify({ ...CONFIG, ...windows, steps: 6 }));
    expect((await train(frames, "frames")).code).toBe(0);
    const spatial = { ...CONFIG, model: { ...CONFIG.model, attention: "spatial" } };
    const second = await put(
      "second.yaml",
      stringify({ ...spatial, steps: 1, rate: 1e-9, loss: { bins: 1 } }),
    );
    const init = join(folder, "frames", "checkpoint.safetensors");
    expect((await train(second, "second", "--init", init)).code).toBe(0);
    const [before, after] = await Promise.all(
      ["frames", "second"].map(async (out) => parseCheckpoint(await result(out, "checkpoint.safetensors"))),
    );
    for (const name of ["model.head.pose.weight", "bins.joints.weight"]) {
      expectClose(name, after!.tensors.get(name)!.data, before!.tensors.get(name)!.data, 1e-6);
    }
    expect(after!.state.steps).toBe(1);
    const weights = join(folder, "frames", "model.safetensors");
    expect((await train(second, "third", "--init", weights)).code).toBe(0);
    const third = parseCheckpoint(await result("third", "checkpoint.safetensors"));
    const name = "model.head.pose.weight";
    expectClose(name, third.tensors.get(name)!.data, before!.tensors.get(name)!.data, 1e-6);
  });

  test("writes models of other kinds that track takes, with the window and the size of their training", async () => {
    const model = { model: "sew-resnet", preset: "tiny", head: "joints" };
    const other = await put("other.yaml", stringify({ ...CONFIG, model, steps: 1, timeSteps: 4 }));
    expect((await train(other, "other")).code).toBe(0);
    const weights = join(folder, "other", "model.safetensors");
    const { metadata } = parseSafetensors(await readFile(weights));
    expect(metadata["saccade.input_size"]).toBe("64");
    const args = ["track", "samples/walk.aedat4", "--weights", weights, "--out", join(folder, "tracked")];
    const { code, stdout } = await runCli([...args, "--csv", "--threads", "1"], commands);
    expect(code).toBe(0);
    expect(stdout).toMatch(/\nframes +79\n/); // 4 steps in 0.5 s
    expect(stdout).toMatch(/\nMPJPE +[\d.]+ mm/);
  });

  test("resumes where a crash broke off a line of the log, or took the log", async () => {
    const log = await result("whole", "log.jsonl");
    for (const left of [log.subarray(0, log.length - 30), undefined]) {
      const out = await mkdtemp(join(folder, "crashed-"));
      await writeFile(join(out, "checkpoint.safetensors"), await result("whole", "checkpoint.safetensors"));
      if (left !== undefined) await writeFile(join(out, "log.jsonl"), left);
      expect((await train(config, basename(out), "--resume")).code).toBe(0);
      expect(await readFile(join(out, "model.safetensors"))).toEqual(await result("whole"));
      const lines = (await readFile(join(out, "log.jsonl"), "utf8")).split("\n");
      expect(lines.length).toBe(left === undefined ? 2 : 15);
    }
  });

  test("learns from a folder of motion capture", async () => {
    const motion = generateMotion({ seed: 1, seconds: 2, frameRateHz: 30 });
    await mkdir(mocap);
    await writeFile(join(mocap, "walk.bvh"), encodeBvh(motion, new Float64Array(10)));
    const some = await put(
      "mocap.yaml",
      stringify({ ...CONFIG, steps: 2, data: { mocap: "mocap", variants: 2 } }),
    );
    const { code, stderr } = await train(some, "mocap-run");
    expect({ code }).toEqual({ code: 0 });
    expect(stderr).toContain("train clips: 2/2");
    expect((await readdir(join(folder, "mocap-run", "clips"))).length).toBe(2); // "val" films the first variant again
    const named = await train(
      await put("bare.yaml", stringify({ ...CONFIG, steps: 1, data: {} })),
      "named",
      "--data",
      mocap,
    );
    expect(named.code).toBe(0);
  });

  test("evaluates weights, beside others", async () => {
    const weights = join(folder, "whole", "model.safetensors");
    const args = ["eval", "pose", "--weights", weights, "--data", mocap, "--threads", "1"];
    const { code, stdout } = await runCli(
      [...args, "--compare", join(folder, "again", "model.safetensors")],
      commands,
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^test: 1 clips\nmm +MPJPE/);
    expect(stdout).toContain("again/model.safetensors");
    expect(stdout).toMatch(/mean pose( +[\d.]+){4}/);
    expect(stdout).toMatch(/\nleft_wrist( +[\d.]+){3}\n/);
    const page = join(folder, "eval.html");
    const json = await runCli([...args, "--json", "--html", page], commands);
    const value = JSON.parse(json.stdout);
    expect(value).toMatchObject({ split: "test", clips: 1 });
    expect(value["mean pose"].perJoint.length).toBe(24);
    const { curves, measured, facts } = dataOf(await readFile(page));
    expect(curves).toBeNull();
    expect(Object.fromEntries(facts)["Split"]).toBe("test, 1 clips");
    expect(measured.rows.map(({ name }) => name)).toEqual([weights, "mean pose"]);
  });
});

suite("saccade train and eval, with bad input", () => {
  async function fault(args: string[]): Promise<string> {
    const { code, stdout, stderr } = await runCli(args, commands);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).not.toMatch(/unexpected|\n\s+at /);
    return stderr.trimEnd().split("\n").at(-1)!;
  }

  test.each([
    ["no YAML", "a: [", /bad\.yaml: /],
    ["another kind of file", "just text", /bad\.yaml: training configuration: top level: /],
    ["a misspelt field", stringify({ ...CONFIG, stepz: 3 }), /bad\.yaml: training configuration: .*stepz/],
    [
      "a number out of range",
      stringify({ ...CONFIG, rate: -1 }),
      /bad\.yaml: training configuration: rate: /,
    ],
    ["a number without end", stringify({ ...CONFIG, batch: 1e9 }), /bad\.yaml: .*: batch: .*65536/],
    ["no data", stringify({ ...CONFIG, data: {} }), /bad\.yaml: expected data\.mocap, --data or/],
    [
      "a folder that is not there",
      stringify({ ...CONFIG, data: { mocap: "gone" } }),
      /gone: no such file or folder/,
    ],
  ])("%s in the configuration", async (_, text, message) => {
    expect(await fault(command(await put("bad.yaml", text), "bad"))).toMatch(message);
  });

  test("a configuration that is not there", async () => {
    expect(await fault(command(join(folder, "gone.yaml"), "bad"))).toContain("gone.yaml: no such file");
  });

  test("a folder that holds a run, before any clip is made", async () => {
    const uncached = await put("uncached.yaml", stringify({ ...CONFIG, data: { proceduralSeconds: 1e6 } }));
    expect(await fault(command(uncached, "whole"))).toContain("--resume, got a checkpoint in");
  });

  test("to start from what holds no weights, or those of another model", async () => {
    const from = (file: string) => fault([...command(config, "bad"), "--init", file]);
    expect(await from(join(folder, "gone.safetensors"))).toContain("gone.safetensors: no such file");
    expect(await from(config)).toContain("small.yaml: safetensors at byte 0");
    const wide = { ...CONFIG, model: { ...CONFIG.model, embedDims: [8, 8, 16, 32] } };
    const other = [...command(await put("wide.yaml", stringify(wide)), "bad")];
    const init = join(folder, "whole", "checkpoint.safetensors");
    expect(await fault([...other, "--init", init])).toContain("tensors do not fit the model");
  });

  test("resuming with another configuration", async () => {
    const other = await put("other.yaml", stringify({ ...CONFIG, rate: 0.5 }));
    expect(await fault(command(other, "whole", "--resume"))).toContain(
      "configuration that the run was started with",
    );
  });

  test("a page over the weights that it is of", async () => {
    const weights = join(folder, "whole", "model.safetensors");
    const args = ["eval", "pose", "--weights", weights, "--data", mocap, "--html", weights];
    expect(await fault(args)).toContain("different files");
  });

  test("an empty split", async () => {
    const empty = await mkdtemp(join(folder, "empty-"));
    const weights = join(folder, "whole", "model.safetensors");
    const args = ["eval", "pose", "--weights", weights, "--data", empty];
    expect(await fault(args)).toContain("in the split test, got none");
    expect(await fault(command(config, "bad", "--data", join(folder, "gone")))).toContain(
      "gone: no such file",
    );
  });

  test("motion capture that is listed and not there", async () => {
    const listed = await mkdtemp(join(folder, "listed-"));
    await writeFile(join(listed, "splits.json"), '{"clips": [{"file": "gone.bvh", "split": "train"}]}');
    const gone = join(listed, "gone.bvh");
    expect(await fault(command(config, "bad", "--data", listed))).toBe(
      `saccade: ${gone}: no such file or folder`,
    );
  });

  test("an output folder under a file", async () => {
    const out = join("small.yaml", "run");
    const bare = await put("bare.yaml", stringify({ ...CONFIG, data: { proceduralSeconds: 4 } }));
    expect(await fault(command(bare, out))).toMatch(
      /small\.yaml\/run: a file stands where a folder is expected/,
    );
  });

  test("weights that are none", async () => {
    const args = ["eval", "pose", "--weights", config, "--data", mocap];
    expect(await fault(args)).toContain("small.yaml: ");
  });
});
