import { spawnSync } from "node:child_process";
import type { Context } from "../../apps/cli/context.ts";
import { type Register, runProgram } from "../../apps/cli/program.ts";

/** What one run of the command line left behind. */
export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Run the command line in this process, with its text caught; bytes for standard output go to `writeBytes`. */
export async function runCli(
  args: readonly string[],
  commands: readonly Register[],
  {
    env = {},
    signal = new AbortController().signal,
    writeBytes = () => Promise.resolve(),
  }: Partial<Pick<Context, "env" | "signal" | "writeBytes">> = {},
): Promise<CliResult> {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const code = await runProgram(args, commands, {
    stdout: { write: (text) => stdout.push(text) },
    stderr: { write: (text) => stderr.push(text) },
    writeBytes,
    env,
    now: () => 0,
    signal,
  });
  return { code, stdout: stdout.join(""), stderr: stderr.join("") };
}

/**
 * Mounts a small disk in memory, where that is allowed.
 *
 * @param more - a further option of mount, such as `remount`
 * @returns whether it was
 */
export function mountDisk(path: string, kilobytes: number, ...more: readonly string[]): boolean {
  if (process.platform !== "linux") return false;
  const options = [`size=${kilobytes}k`, ...more].join(",");
  return spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", path]).status === 0;
}

/** Takes it away again. */
export function unmountDisk(path: string): void {
  spawnSync("umount", [path]);
}
