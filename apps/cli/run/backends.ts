import { type Backend, ReferenceBackend, setBackend } from "../../../src/backend/index.ts";
import { createWasmBackend } from "../../../src/backend/wasm/node.ts";

/** Which backend computes, on how many threads: as many as there are cores if left out. */
export interface BackendChoice {
  readonly backend?: "wasm" | "reference";
  readonly threads?: number;
}

/** Run a step with a backend of its own, and release that when the step ends. */
export async function withBackend<T>(
  { backend = "wasm", threads }: BackendChoice,
  step: () => T | Promise<T>,
): Promise<T> {
  const chosen: Backend =
    backend === "wasm"
      ? await createWasmBackend(threads === undefined ? {} : { threads })
      : new ReferenceBackend();
  const before = setBackend(chosen);
  try {
    return await step();
  } finally {
    setBackend(before);
    chosen.dispose();
  }
}
