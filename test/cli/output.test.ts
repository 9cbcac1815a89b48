import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, open, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, suite, test } from "vitest";
import { encodeAedat4 } from "../../src/events/index.ts";
import { bytesOf } from "../events/support.ts";
import { eventsFor, smallModelFile, withThreads } from "../track/support.ts";

const SENSOR = { width: 128, height: 128 };
const NODE = resolve("node_modules/node/bin/node");
const MAIN = resolve("apps/cli/main.ts");

let folder: string;
let bytes: Uint8Array;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "saccade-output-"));
  bytes = await bytesOf(encodeAedat4(SENSOR, batches()));
  await writeFile(join(folder, "walk.aedat4"), bytes);
  await writeFile(join(folder, "small.safetensors"), await withThreads(1, () => smallModelFile()));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Many packets, so that a part of the file holds a part of the time. */
function* batches() {
  const { t, x, y, on } = eventsFor(2.3, SENSOR);
  for (let i = 0; i < t.length; i += 500) {
    const part = [i, i + 500] as const;
    yield {
      t: t.subarray(...part),
      x: x.subarray(...part),
      y: y.subarray(...part),
      on: on.subarray(...part),
    };
  }
}

const TRACK = ["track", "../walk.aedat4", "--weights", "../small.safetensors", "--threads", "1"];
const SIMULATE = ["simulate", "--motion", "walk", "--size", "32x32", "--seed", "1", "--out", "x.aedat4"];

/** Runs `saccade` in an empty folder; `drive` may write to it, stop it, or leave its output. */
async function saccade(
  args: readonly string[],
  drive: (child: ChildProcess, here: string) => unknown,
  stdout: "pipe" | number = "pipe",
): Promise<{ code: number | null; stderr: string; left: string[] }> {
  const here = await mkdtemp(join(folder, "here-"));
  const child = spawn(NODE, [MAIN, ...args], { cwd: here, stdio: ["pipe", stdout, "pipe"] });
  let stderr = "";
  child.stderr!.setEncoding("utf8").on("data", (part: string) => (stderr += part));
  const closed = once(child, "close");
  await drive(child, here);
  const [code] = (await closed) as [number | null];
  return { code, stderr, left: (await readdir(here)).sort() };
}

/** Waits until the command has begun to write. */
async function begun(child: ChildProcess, here: string): Promise<void> {
  while (child.exitCode === null && (await readdir(here)).length === 0) await sleep(5);
}

suite("output that its reader leaves", () => {
  test("ends the command without a word and without a file", async () => {
    const result = await saccade([...TRACK, "--json"], (child) => void child.stdout!.destroy());
    expect(result).toEqual({ code: 0, stderr: "", left: [] });
  });

  test("after the results changes nothing", async () => {
    const result = await saccade([...TRACK, "--out", "."], (child) => void child.stdout!.destroy());
    expect(result).toMatchObject({ code: 0, left: ["report.html"] });
    const help = await saccade(["track", "--help"], (child) => void child.stdout!.destroy());
    expect(help).toEqual({ code: 0, stderr: "", left: [] });
  });

  test("where it is only progress changes nothing", async () => {
    const args = [...SIMULATE, "--seconds", "0.5"];
    const result = await saccade(args, (child) => {
      child.stderr!.destroy();
      child.stdout!.resume();
    });
    expect(result).toMatchObject({ code: 0, left: ["x.aedat4", "x.truth.jsonl"] });
  });
});

test.skipIf(!existsSync("/dev/full"))("a full disk under standard output is one line", async () => {
  const full = await open("/dev/full", "w");
  try {
    const result = await saccade([...TRACK, "--json"], () => undefined, full.fd);
    const stderr = "saccade: standard output: no space left on the disk\n";
    expect(result).toEqual({ code: 1, stderr, left: [] });
  } finally {
    await full.close();
  }
});

suite("a command that is stopped", () => {
  test.each(["SIGINT", "SIGTERM"] as const)("by %s leaves nothing behind", async (signal) => {
    const result = await saccade([...SIMULATE, "--seconds", "60"], async (child, here) => {
      await begun(child, here);
      child.kill(signal);
    });
    expect(result).toMatchObject({ code: 130, left: [] });
    expect(result.stderr).toMatch(/saccade: interrupted\n$/);
  });

  test("while it waits for standard input leaves nothing behind", async () => {
    const args = TRACK.with(1, "-");
    const result = await saccade([...args, "--csv"], async (child, here) => {
      child.stdin!.write(bytes.subarray(0, bytes.length / 2));
      await begun(child, here);
      child.kill("SIGINT");
    });
    expect(result).toEqual({ code: 130, stderr: "saccade: interrupted\n", left: [] });
  });
});
