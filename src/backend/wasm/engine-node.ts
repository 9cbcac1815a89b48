/** What V8 is told before it compiles kernels. */
import process from "node:process";
import { setFlagsFromString } from "node:v8";

/** Keeps V8 from the baseline compiler: it is 3 to 4 times slower, and a kernel stays in it until the call ends. */
export function preferOptimisingCompiler(): void {
  const [major] = process.versions.v8.split(".").map(Number);
  // What a version that nobody has seen makes of these is unknown.
  if (major! > 14) return;
  // From 14 on inlining needs what the baseline compiler counted, and aborts the process where it finds nothing.
  if (major === 14) setFlagsFromString("--no-wasm-inlining");
  setFlagsFromString("--no-liftoff");
}
