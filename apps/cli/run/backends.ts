import { type Backend, ReferenceBackend, setBackend } from "../../../src/backend/index.ts";
import { createWasmBackend } from "../../../src/backend/wasm/node.ts";
import type { Context } from "../context.ts";

/**
 * Which backend computes, on how many threads: as many as there are cores if left out. With `SACCADE_REVECTORIZE=1` in
 * the environment kernels are revectorised where they can be.
 */
export interface BackendChoice extends Partial<Pick<Context, "env">> {
  readonly backend?: "wasm" | "reference";
  readonly threads?: number;
}

/** Run a step with a backend of its own, and release that when the step ends. */
export async function withBackend<T>(
  { backend = "wasm", threads, env = {} }: BackendChoice,
  step: () => T | Promise<T>,
): Promise<T> {
  const revectorize = env.SACCADE_REVECTORIZE === "1";
  const chosen: Backend =
    backend === "wasm"
      ? await createWasmBackend({ revectorize, ...(threads === undefined ? {} : { threads }) })
      : new ReferenceBackend();
  const before = setBackend(chosen);
  try {
    return await step();
  } finally {
    setBackend(before);
    chosen.dispose();
  }
}
