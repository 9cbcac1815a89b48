/** Other programs that read files of events: Python's, by `plain-decoders.py`, and the HDF5 library, by h5wasm. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import { processorTime } from "./harness.ts";

/** How long is measured: the fastest of so many runs, or as many as fit into the seconds. */
export type Effort = { readonly runs: number; readonly seconds: number };

const PYTHON = process.env["SACCADE_BENCH_PYTHON"];
const SCRIPT = join(import.meta.dirname, "plain-decoders.py");

/** The version of h5wasm, which package.json pins. */
export const H5WASM_VERSION: string = JSON.parse(
  readFileSync(join(import.meta.dirname, "..", "package.json"), "utf8"),
).devDependencies.h5wasm;

/** Versions of what `SACCADE_BENCH_PYTHON` names; undefined if it names nothing. */
export function pythonVersions(): string | undefined {
  return PYTHON === undefined ? undefined : python([]);
}

/** Millions of events a second that Python reads a file with; NaN without one. */
export function pythonRate(name: string, path: string, expected: number, { runs, seconds }: Effort): number {
  if (PYTHON === undefined) return NaN;
  const clock = processorTime ? "processor" : "wall";
  const [count, fastest] = python([name, path, String(runs), String(seconds), clock])
    .split(" ")
    .map(Number);
  if (count !== expected) throw new Error(`${path}: ${expected} events were written, Python read ${count}`);
  return count / fastest! / 1e6;
}

function python(args: readonly string[]): string {
  // One core, as for all others.
  const env = { ...process.env, OPENBLAS_NUM_THREADS: "1", OMP_NUM_THREADS: "1" };
  const { status, stdout, stderr } = spawnSync(PYTHON!, [SCRIPT, ...args], { encoding: "utf8", env });
  if (status !== 0) throw new Error(`${PYTHON} ${SCRIPT} ${args.join(" ")}: ${stderr}`);
  return stdout.trim();
}

/** Reads the columns of a file in the layout of DSEC by h5wasm, all at once; returns how many events there are. */
export async function readByH5wasm(path: string): Promise<number> {
  await h5wasm.ready;
  const file = new h5wasm.File(path, "r");
  try {
    const columns = ["x", "y", "t", "p"].map((name) => {
      const dataset = file.get(`events/${name}`);
      if (!(dataset instanceof h5wasm.Dataset)) throw new Error(`${path}: expected events/${name}, got none`);
      return dataset.value as ArrayLike<unknown>;
    });
    return columns[0]!.length;
  } finally {
    file.close();
  }
}
