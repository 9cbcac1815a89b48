/** What the tests of `saccade events` share. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll } from "vitest";
import { commands } from "../../apps/cli/commands.ts";
import type { Context } from "../../apps/cli/context.ts";
import { type Events, joinEvents, openEvents } from "../../src/events/index.ts";
import { type CliResult, runCli } from "./harness.ts";

/** The sample that comes with the package. */
export const WALK = resolve("samples/walk.aedat4");

/** A folder that is removed after the tests of a file; the function makes paths in it. */
export async function scratch(name: string): Promise<(file: string) => string> {
  const folder = await mkdtemp(join(tmpdir(), `saccade-${name}-`));
  afterAll(() => rm(folder, { recursive: true }));
  return (file) => join(folder, file);
}

/** Runs `saccade events` in this process. */
export function events(
  args: readonly string[],
  options: Partial<Pick<Context, "env" | "signal" | "writeBytes">> = {},
): Promise<CliResult> {
  return runCli(["events", ...args], commands, options);
}

/** All events of a file, and the size of its sensor. */
export async function contents(path: string): Promise<{ sensor: object; format: string; events: Events }> {
  const file = await readFile(path);
  const recording = await openEvents(new Uint8Array(file.buffer, file.byteOffset, file.byteLength));
  const batches: Events[] = [];
  for await (const batch of recording) batches.push(batch);
  return { sensor: recording.sensor, format: recording.format, events: joinEvents(batches) };
}
