#!/usr/bin/env node
import { commands } from "./commands.ts";
import { watchInterrupt } from "./interrupt.ts";
import { runProgram } from "./program.ts";

// `saccade … | head` closes our output early: that is the reader's choice and no fault.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

const interrupt = watchInterrupt(process, (code) => process.exit(code));
process.exitCode = await runProgram(process.argv.slice(2), commands, {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  now: () => performance.now(),
  signal: interrupt.signal,
});
interrupt.close();
