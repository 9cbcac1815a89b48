import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, suite, test } from "vitest";
import { commands } from "../../apps/cli/commands.ts";
import { packageFile } from "../../apps/cli/package-root.ts";
import { openRecording } from "../../src/events/node.ts";
import { parseTruth } from "../../src/simulate/index.ts";
import { runCli } from "./harness.ts";

const SAMPLE = packageFile("samples", "walk.aedat4");
const TRUTH = packageFile("samples", "walk.truth.jsonl");

suite("the sample recording", () => {
  test("is small, and as long as its truth", async () => {
    expect((await stat(SAMPLE)).size + (await stat(TRUTH)).size).toBeLessThan(3e6);
    const { header, frames } = parseTruth(await readFile(TRUTH, "utf8"));
    const recording = await openRecording(SAMPLE);
    expect(recording.sensor).toEqual(header.sensor);
    let events = 0;
    let last = 0;
    for await (const { t } of recording) {
      events += t.length;
      last = t.at(-1) ?? last;
    }
    expect(events).toBeGreaterThan(100_000);
    expect(Math.abs(last - frames.at(-1)!.tUs)).toBeLessThan(50_000);
  });
});

suite.skipIf(!existsSync(packageFile("weights", "nano-pose.safetensors")))("saccade demo", () => {
  test("tracks the sample better than the mean pose would, and writes a report", async () => {
    const before = process.cwd();
    const here = await mkdtemp(join(tmpdir(), "saccade-demo-"));
    process.chdir(here);
    try {
      const { code, stdout } = await runCli(["demo"], commands);
      expect(code).toBe(0);
      expect(stdout).toMatch(/frames +79\n/);
      const [, own, mean] = /PEL-MPJPE +([\d.]+) mm +([\d.]+) mm/.exec(stdout)!;
      expect(Number(own)).toBeLessThan(Number(mean));
      expect(await readdir(here)).toEqual(["report.html"]);
    } finally {
      process.chdir(before);
      await rm(here, { recursive: true, force: true });
    }
  });
});
