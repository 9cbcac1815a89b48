import process from "node:process";
import { expect, test } from "vitest";
import { withBackend } from "../../apps/cli/run/backends.ts";
import { backend } from "../../src/backend/index.ts";
import { mayRevectorize } from "../../src/backend/wasm/engine-node.ts";
import type { WasmBackend } from "../../src/backend/wasm/index.ts";

test("kernels are revectorised where the environment asks for it and V8 is known", async () => {
  const serves = mayRevectorize(process.versions.v8, process.arch);
  for (const [value, wanted] of [
    ["1", serves] as const,
    ["0", false] as const,
    [undefined, false] as const,
  ]) {
    const choice = { threads: 1, env: { SACCADE_REVECTORIZE: value } };
    const used = await withBackend(choice, () => (backend() as WasmBackend).revectorized);
    expect(used).toBe(wanted);
  }
});
