#!/usr/bin/env node
import { commands } from "./commands.ts";
import { outputFault } from "./faults.ts";
import { watchInterrupt } from "./interrupt.ts";
import { runProgram } from "./program.ts";

const interrupt = watchInterrupt(process);
process.stdout.on("error", (error) => interrupt.stop(outputFault(error)));
// Whoever closed our progress can do without it; the results go on.
process.stderr.on("error", () => undefined);
process.exitCode = await runProgram(process.argv.slice(2), commands, {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  now: () => performance.now(),
  signal: interrupt.signal,
});
interrupt.close();
