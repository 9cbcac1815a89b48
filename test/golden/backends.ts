/** The backends that golden suites run on. */
import { afterAll, beforeAll } from "vitest";
import { type Backend, ReferenceBackend, setBackend } from "../../src/backend/index.ts";
import { createWasmBackend } from "../../src/backend/wasm/node.ts";

/** A backend, and how far its sums may lie from those in float64, relative to what is compared. */
export type Subject = {
  readonly name: string;
  readonly create: () => Promise<Backend>;
  readonly epsilon: number;
};

/** Rounding of float32 in sums of some hundred terms. */
const SINGLE = 2e-6;
/** Golden numbers are float64 results stored in float32. */
const DOUBLE = 1e-7;

export const float64: Subject = {
  name: "reference float64",
  create: async () => new ReferenceBackend({ precision: "float64" }),
  epsilon: DOUBLE,
};

export const float32: Subject = {
  name: "reference float32",
  create: async () => new ReferenceBackend({ precision: "float32" }),
  epsilon: SINGLE,
};

export const wasm: Subject = { name: "wasm", create: () => createWasmBackend(), epsilon: SINGLE };

/** Small cases run on all of them. */
export const subjects: readonly Subject[] = [float64, float32, wasm];

/** Makes a subject the backend of the tests around it. */
export function useBackend(subject: Subject): void {
  let created: Backend | undefined;
  let previous: Backend | undefined;
  beforeAll(async () => {
    created = await subject.create();
    previous = setBackend(created);
  });
  afterAll(() => {
    setBackend(previous);
    created?.dispose();
  });
}
