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
  writeBytes: async (bytes) => {
    interrupt.signal.throwIfAborted();
    const fault = await new Promise((done) => process.stdout.write(bytes, done));
    // Told to the listener above, which knows what it means, after this.
    if (fault) await new Promise((done) => setImmediate(done));
    interrupt.signal.throwIfAborted();
  },
  stderr: process.stderr,
  env: process.env,
  now: () => performance.now(),
  signal: interrupt.signal,
});
interrupt.close();
