/**
 * One check for every kernel: strict and relaxed builds, one and two threads, revectorised where that is to be had,
 * against the reference.
 */
import { afterAll, expect } from "vitest";
import type { Backend, Floats } from "../../src/backend/backend.ts";
import { ReferenceBackend } from "../../src/backend/reference/index.ts";
import { type Build, supports } from "../../src/backend/wasm/build.ts";
import { createWasmBackend } from "../../src/backend/wasm/node.ts";
import { WasmBackend } from "../../src/backend/wasm/index.ts";

const EPSILON = 2 ** -24;

/** Every job wakes the second thread, however small. */
const options = { wakeAboveNs: 0 } as const;
async function backendsOf(build: Build): Promise<WasmBackend[]> {
  const one = await createWasmBackend({ ...options, build, threads: 1 });
  const two = await createWasmBackend({ ...options, build, threads: 2 });
  const wide = await createWasmBackend({ ...options, build, threads: 1, revectorize: true });
  if (wide.revectorized) return [one, two, wide];
  wide.dispose();
  return [one, two];
}

const strict = await backendsOf("strict");
const relaxed = supports("relaxed") ? await backendsOf("relaxed") : [];
const single = new ReferenceBackend({ precision: "float32" });
const double = new ReferenceBackend({ precision: "float64" });

/** Backends under test, by build. */
export const subjects: readonly WasmBackend[] = [...strict, ...relaxed];

afterAll(() => subjects.forEach((backend) => backend.dispose()));

/** Numbers that repeat for a seed: about half of them 0 when `sparse`, some of them halves when not. */
export function numbers(length: number, seed: number, sparse = false): number[] {
  let state = seed * 2654435761 + 1;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const value = Math.fround(state / 2 ** 31 - 1);
    if (sparse) return value > 0.6 ? 1 : 0;
    return Math.abs(value) < 0.05 ? Math.round(value * 40) / 2 : value;
  });
}

type Job = {
  /** Contents of the arguments that are read (or read and written). */
  readonly inputs: readonly (readonly number[])[];
  /** Lengths of the results. */
  readonly outputs: readonly number[];
  readonly run: (backend: Backend, inputs: Floats[], outputs: Floats[]) => void;
};

/** Runs a job on a backend; returns results and inputs (some are written). Checks that nothing leaks. */
function results(backend: Backend, job: Job): Floats[] {
  const allocator = backend instanceof WasmBackend ? backend.device.allocator : undefined;
  const before = allocator?.blocks;
  const inputs = job.inputs.map((values) => {
    const block = backend.alloc(values.length);
    block.set(values);
    return block;
  });
  const outputs = job.outputs.map((length) => backend.alloc(length).fill(NaN));
  job.run(backend, inputs, outputs);
  const copies = [...outputs, ...inputs].map((block) => block.slice());
  for (const block of [...outputs, ...inputs]) backend.free(block);
  expect(allocator?.blocks).toBe(before);
  return copies;
}

/** The distinct results of a job, after checking that all backends of a build give the same bits. */
function distinct(job: Job): Floats[][] {
  return [strict, relaxed]
    .filter((backends) => backends.length > 0)
    .map(([one, ...others]) => {
      const first = results(one!, job);
      for (const other of others) same(results(other, job), first);
      return first;
    });
}

/** Expects the bits of the float32 reference. */
export function expectBits(job: Job): void {
  const want = results(single, job);
  for (const got of distinct(job)) same(got, want);
}

function same(got: readonly Floats[], want: readonly Floats[]): void {
  want.forEach((values, i) => {
    const at = values.findIndex((value, k) => !Object.is(value, got[i]![k]));
    if (at >= 0) expect.fail(`array ${i}, entry ${at}: expected ${values[at]}, got ${got[i]![at]}`);
  });
}

/**
 * Expects results within `terms`·4·ε·Σ|products| of the float64 reference, the sum of magnitudes being the job on
 * magnitudes.
 */
export function expectSums(job: Job, terms: number): void {
  const want = results(double, job);
  const scale = results(double, { ...job, inputs: job.inputs.map((values) => values.map(Math.abs)) });
  for (const got of distinct(job)) {
    want.forEach((values, i) =>
      within(got[i]!, values, (k) => 4 * terms * EPSILON * Math.abs(scale[i]![k]!) + 1e-30),
    );
  }
}

/** Expects results within `tolerance`·(1 + |value|) of the float64 reference. */
export function expectClose(job: Job, tolerance: number): void {
  const want = results(double, job);
  for (const got of distinct(job)) {
    want.forEach((values, i) => within(got[i]!, values, (k) => tolerance * (1 + Math.abs(values[k]!))));
  }
}

function within(got: Floats, want: Floats, bound: (i: number) => number): void {
  expect(got.length).toBe(want.length);
  for (let i = 0; i < want.length; i++) {
    if (!(Math.abs(got[i]! - want[i]!) <= bound(i))) {
      expect.fail(`entry ${i}: expected ${want[i]} ± ${bound(i)}, got ${got[i]}`);
    }
  }
}
