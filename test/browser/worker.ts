/** Runs in a page or in a worker of one: computes with as many threads as it is told. */
import type { Build } from "../../src/backend/wasm/index.ts";
import { createWasmBackend } from "../../src/backend/wasm/web.ts";
import { type Program, run } from "./network.ts";

/** What is asked for. */
export type Question = { readonly threads: number; readonly build?: Build; readonly program: Program };

/** What came of it: numbers, and how they were computed. */
export type Answer = {
  readonly numbers: readonly number[];
  readonly threads: number;
  readonly sharedMemory: boolean;
};

/** Computes in a backend of its own. */
export async function answer({ program, ...options }: Question): Promise<Answer> {
  const backend = await createWasmBackend(options);
  const numbers = Array.from(run(backend, program));
  const sharedMemory = !((backend.alloc(1).buffer as unknown) instanceof ArrayBuffer);
  backend.dispose();
  return { numbers, threads: backend.threads, sharedMemory };
}

addEventListener("message", ({ data }: MessageEvent<Question>) => {
  answer(data).then(
    (result) => postMessage(result),
    (error) => postMessage({ error: String(error) }),
  );
});
