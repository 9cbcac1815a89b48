/** What V8 is told before it compiles kernels. */
import process from "node:process";
import { setFlagsFromString } from "node:v8";
import { type Build, compileKernels } from "./build.ts";
import { computeSameBits } from "./same-bits.ts";

/** Versions of V8 on which all kernels were tested with revectorisation: those of Node 24 and 26. */
const TESTED = ["13.6", "14.6"];

/** Keeps V8 from the baseline compiler: it is 3 to 4 times slower, and a kernel stays in it until the call ends. */
export function preferOptimisingCompiler(): void {
  const [major] = process.versions.v8.split(".").map(Number);
  // What a version that nobody has seen makes of these is unknown.
  if (major! > 14) return;
  // From 14 on inlining needs what the baseline compiler counted, and aborts the process where it finds nothing.
  if (major === 14) setFlagsFromString("--no-wasm-inlining");
  setFlagsFromString("--no-liftoff");
}

/** Whether revectorisation may be tried: vectors of 256 bits are x64's, and an unknown V8 could do anything. */
export function mayRevectorize(v8: string, arch: string): boolean {
  return arch === "x64" && TESTED.some((version) => v8.startsWith(`${version}.`));
}

/**
 * Compiles the kernels with V8's revectorisation, which joins two vectors of 128 bits into one of 256.
 * @param build - as in {@link compileKernels}
 * @param plain - the same kernels without it
 * @returns null where it cannot be had, or computes other bits than `plain`
 */
export function compileRevectorized(
  build: Build | undefined,
  plain: WebAssembly.Module,
): WebAssembly.Module | null {
  if (!mayRevectorize(process.versions.v8, process.arch)) return null;
  // At once and apart: V8 compiles by function when it is first called, and keeps modules by their bytes.
  setFlagsFromString("--no-wasm-lazy-compilation");
  setFlagsFromString("--experimental-wasm-revectorize");
  const module = compileKernels(build, { apart: true });
  setFlagsFromString("--no-experimental-wasm-revectorize");
  setFlagsFromString("--wasm-lazy-compilation");
  return computeSameBits(plain, module) ? module : null;
}
