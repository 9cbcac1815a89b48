import { spawnSync } from "node:child_process";
import process from "node:process";
import { expect, suite, test } from "vitest";
import { compileKernels, supports } from "../../src/backend/wasm/build.ts";
import { mayRevectorize } from "../../src/backend/wasm/engine-node.ts";
import { createWasmBackend } from "../../src/backend/wasm/node.ts";
import { computeSameBits } from "../../src/backend/wasm/same-bits.ts";

/** A module that takes the place of the kernels and does nothing. */
const EMPTY = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

suite("revectorisation", () => {
  test("is used where it was tested, and only if asked for", async () => {
    const plain = await createWasmBackend({ threads: 1 });
    const wide = await createWasmBackend({ threads: 2, revectorize: true });
    expect(plain.revectorized).toBe(false);
    expect(wide.revectorized).toBe(mayRevectorize(process.versions.v8, process.arch));
    plain.dispose();
    wide.dispose();
  });

  test("is not tried on a V8 or a machine that nobody tested", () => {
    expect(mayRevectorize("13.6.233.17-node.53", "x64")).toBe(true);
    expect(mayRevectorize("14.6.202.34-node.34", "x64")).toBe(true);
    expect(mayRevectorize("13.6.233.17-node.53", "arm64")).toBe(false);
    for (const v8 of ["11.3.244.8-node.38", "12.4.254.21", "13.60.1", "15.0.1", ""]) {
      expect(mayRevectorize(v8, "x64")).toBe(false);
    }
  });

  test("is refused where a kernel computes other bits or fails", () => {
    const strict = compileKernels("strict");
    expect(computeSameBits(strict, compileKernels("strict", { apart: true }))).toBe(true);
    expect(computeSameBits(strict, new WebAssembly.Module(EMPTY))).toBe(false);
    // Fused multiply-adds round once.
    if (supports("relaxed")) expect(computeSameBits(strict, compileKernels("relaxed"))).toBe(false);
  });

  test("prints nothing", () => {
    const factory = new URL("../../src/backend/wasm/node.ts", import.meta.url).href;
    const program = `
      const { createWasmBackend } = await import(${JSON.stringify(factory)});
      const backend = await createWasmBackend({ threads: 2, revectorize: true });
      const a = backend.alloc(100000).fill(1);
      backend.affine(a, a, 2, 1);
      console.log(a[99999]);
    `;
    const node = "node_modules/.bin/node";
    const { stdout, stderr } = spawnSync(node, ["--input-type=module", "-e", program], { timeout: 20_000 });
    expect(`${stdout}${stderr}`).toBe("3\n");
  });
});
