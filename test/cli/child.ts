/** The command line in a process of its own, from the sources. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import type { CliResult } from "./harness.ts";

/** Node 24, which strips types, comes with the development dependencies. */
const NODE = resolve("node_modules/node/bin/node");

/**
 * Runs `saccade` with arguments.
 *
 * @param options.stdin - bytes for its standard input
 * @param options.onStart - called with the process once it runs
 */
export async function runChild(
  args: readonly string[],
  options: { readonly stdin?: Uint8Array; readonly onStart?: (child: ChildProcess) => unknown } = {},
): Promise<CliResult> {
  const child = spawn(NODE, ["apps/cli/main.ts", ...args], { stdio: "pipe" });
  const text = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (part: string) => (text.stdout += part));
  child.stderr.setEncoding("utf8").on("data", (part: string) => (text.stderr += part));
  child.stdin.end(options.stdin);
  const closed = once(child, "close");
  await options.onStart?.(child);
  const [code] = (await closed) as [number];
  return { code, ...text };
}
