import { readFileSync } from "node:fs";
import { expect, suite, test } from "vitest";
import { addEval } from "../../apps/cli/eval.ts";
import { addExport } from "../../apps/cli/export.ts";
import { addForward } from "../../apps/cli/forward.ts";
import { addGenerate } from "../../apps/cli/generate.ts";
import { InputError, reading } from "../../apps/cli/faults.ts";
import type { Register } from "../../apps/cli/program.ts";
import { addSimulate } from "../../apps/cli/simulate.ts";
import { addTrack } from "../../apps/cli/track.ts";
import { addTrain } from "../../apps/cli/train.ts";
import { FormatError } from "../../src/core/index.ts";
import { runCli } from "./harness.ts";

/** Every command with a body that only keeps what it was asked for. */
function recorder(): { calls: unknown[][]; commands: Register[] } {
  const calls: unknown[][] = [];
  const keep = async (...args: unknown[]): Promise<void> => void calls.push(args.slice(0, -1));
  const commands: Register[] = [
    (program) => addTrack(program, keep),
    (program) => addSimulate(program, keep),
    (program) => addGenerate(program, keep),
    (program) => addForward(program, keep),
    (program) => addExport(program, keep),
    (program) => addTrain(program, keep),
    (program) => addEval(program, keep),
  ];
  return { calls, commands };
}

/** A `track` whose body throws. */
function failing(fault: () => unknown): Register[] {
  return [
    (program) =>
      addTrack(program, async () => {
        throw fault();
      }),
  ];
}

suite("saccade, the command line", () => {
  test("prints its version", async () => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8"));
    expect(await runCli(["--version"], [])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  test("lists its commands", async () => {
    const { code, stdout } = await runCli(["--help"], recorder().commands);
    expect(code).toBe(0);
    for (const name of ["track", "simulate", "forward", "export", "train", "eval"]) {
      expect(stdout).toContain(name);
    }
  });

  test("parses track", async () => {
    const { calls, commands } = recorder();
    const args = ["track", "walk.aedat4", "--window-ms", "12.5", "--json", "--threads", "2"];
    expect(await runCli(args, commands)).toMatchObject({ code: 0, stderr: "" });
    expect(calls).toEqual([["walk.aedat4", { windowMs: 12.5, threads: 2, json: true }]]);
  });

  test("parses simulate", async () => {
    const { calls, commands } = recorder();
    const args = ["simulate", "--mocap", "a.bvh", "--out", "a.aedat4", "--seed", "7", "--size", "346x260"];
    expect(await runCli(args, commands)).toMatchObject({ code: 0 });
    const size = { width: 346, height: 260 };
    expect(calls).toEqual([
      [{ mocap: "a.bvh", out: "a.aedat4", seed: 7, size, preset: "clean", between: "repeat" }],
    ]);
  });

  test("parses generate", async () => {
    const { calls, commands } = recorder();
    const args = ["generate", "r.yaml", "--out", "o", "--data", "d", "--shard", "2/8", "--jobs", "3"];
    expect(await runCli([...args, "--dry-run"], commands)).toMatchObject({ code: 0 });
    const shard = { index: 2, of: 8 };
    expect(calls).toEqual([["r.yaml", { out: "o", data: "d", shard, jobs: 3, dryRun: true }]]);
  });

  test("parses export", async () => {
    const { calls, commands } = recorder();
    await runCli(["export", "--onnx", "a.onnx", "--weights", "w", "--size", "64x48"], commands);
    const size = { width: 64, height: 48 };
    expect(calls).toEqual([[{ onnx: "a.onnx", weights: "w", timeSteps: 8, batch: 1, size }]]);
  });

  test("parses train and eval", async () => {
    const { calls, commands } = recorder();
    await runCli(["train", "pose", "--config", "c.yaml", "--resume"], commands);
    await runCli(["train", "--config", "c.yaml"], commands);
    await runCli(["eval", "pose", "--weights", "w.safetensors", "--data", "d"], commands);
    expect(calls).toEqual([
      ["pose", { config: "c.yaml", resume: true }],
      [undefined, { config: "c.yaml" }],
      ["pose", { weights: "w.safetensors", data: "d", split: "test" }],
    ]);
  });

  test.each([
    [["fly"], "unknown command 'fly'"],
    [["track"], "missing required argument 'RECORDING'"],
    [["track", "a", "b"], "too many arguments"],
    [["track", "a", "--speed", "9"], "unknown option '--speed'"],
    [["track", "a", "--window-ms", "-5"], "expected a number above zero"],
    [["track", "a", "--window-ms", "0.002"], "expected milliseconds from 0.008"],
    [["track", "a", "--window-ms", "1e30"], "expected milliseconds from 0.008"],
    [["track", "a", "--threads", "1.5"], "expected a whole number from 1 to 256"],
    [["track", "a", "--threads", "0"], "expected a whole number from 1 to 256"],
    [["track", "a", "--threads", "257"], "expected a whole number from 1 to 256"],
    [["simulate", "--bvh", "a", "--out", "b"], "required option '--seed <N>' not specified"],
    [["simulate", "--bvh", "a", "--out", "b", "--seed", "-1"], "expected a whole number from 0"],
    [["simulate", "--bvh", "a", "--out", "b", "--seed", "1", "--size", "0x4"], "expected WIDTHxHEIGHT"],
    [["simulate", "--bvh", "a", "--out", "b", "--seed", "1", "--preset", "odd"], "clean, noisy"],
    [["export", "--weights", "w"], "required option '--onnx <FILE>' not specified"],
    [["export", "--onnx", "a", "--weights", "w", "--batch", "0"], "expected a whole number from 1 to 1024"],
    [["export", "--onnx", "a", "--weights", "w", "--time-steps", "2000"], "expected a whole number from 1"],
    [["train", "dance", "--config", "c"], "pose"],
  ])("%j is wrong usage and exits with 2", async (args, message) => {
    const { calls, commands } = recorder();
    const { code, stdout, stderr } = await runCli(args, commands);
    expect({ code, stdout, calls }).toEqual({ code: 2, stdout: "", calls: [] });
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^saccade: /);
  });

  test.each([
    ["a damaged file", () => new FormatError("aedat4", 12, "expected a packet, got 3 bytes", "a.aedat4")],
    ["an input that does not fit", () => new InputError("a.aedat4", "expected events, got none")],
  ])("%s is one line and exits with 1", async (_, fault) => {
    const { code, stderr } = await runCli(["track", "a.aedat4"], failing(fault));
    expect(code).toBe(1);
    expect(stderr).toMatch(/^saccade: a\.aedat4: .*expected .*\n$/);
  });

  test("a file that is not there is named", async () => {
    const missing: Register = (program) =>
      addTrack(program, async (recording) => void readFileSync(recording));
    expect(await runCli(["track", "gone.aedat4"], [missing])).toEqual({
      code: 1,
      stdout: "",
      stderr: "saccade: gone.aedat4: no such file or folder\n",
    });
  });

  test("a fault of a known file is named after it", async () => {
    const fault = reading("x.bvh", () =>
      Promise.reject(new FormatError("bvh", 3, "expected HIERARCHY, got\nA")),
    );
    await expect(fault).rejects.toThrow("x.bvh: bvh at byte 3: expected HIERARCHY, got; A");
    await expect(reading("x.bvh", () => Promise.reject(new TypeError("a bug")))).rejects.toThrow(TypeError);
  });

  test("a bug prints no stack unless SACCADE_DEBUG is set", async () => {
    const commands = failing(() => new TypeError("x is undefined"));
    const quiet = await runCli(["track", "a"], commands);
    expect(quiet.stderr).toBe(
      "saccade: unexpected TypeError: x is undefined (a bug; SACCADE_DEBUG=1 shows where)\n",
    );
    const loud = await runCli(["track", "a"], commands, { env: { SACCADE_DEBUG: "1" } });
    expect(loud.stderr).toMatch(/\n\s+at /);
  });

  test("an interrupted command exits with 130, whether it returns or throws", async () => {
    const controller = new AbortController();
    const returning: Register = (program) => addTrack(program, async () => controller.abort());
    const throwing = failing(() => controller.signal.reason);
    for (const commands of [[returning], throwing]) {
      const result = await runCli(["track", "a"], commands, { signal: controller.signal });
      expect(result).toEqual({ code: 130, stdout: "", stderr: "saccade: interrupted\n" });
    }
  });
});
