import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, suite, test } from "vitest";
import { ArgumentError, UnsupportedError } from "../../src/core/index.ts";
import { supports } from "../../src/backend/wasm/build.ts";
import { createWasmBackend } from "../../src/backend/wasm/node.ts";

suite("memory", () => {
  test("blocks are aligned, of the length asked for, and never overlap", async () => {
    const backend = await createWasmBackend({ threads: 1 });
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 30 }), (lengths) => {
        const blocks = lengths.map((length, i) => backend.alloc(length).fill(i));
        blocks.forEach((block, i) => {
          expect(block.byteOffset % 64).toBe(0);
          expect(block.length).toBe(lengths[i]);
          expect(block.every((value) => value === i)).toBe(true);
        });
        blocks.forEach((block) => backend.free(block));
      }),
    );
    backend.dispose();
  });

  test("taking and giving back the same sizes again does not grow memory", async () => {
    const backend = await createWasmBackend({ threads: 1 });
    const round = (): void => {
      const blocks = [3, 100, 70_000, 1 << 20, 12_345].map((length) => backend.alloc(length));
      blocks.forEach((block) => backend.free(block));
    };
    round();
    const { capacity } = backend.device.allocator;
    for (let i = 0; i < 1000; i++) round();
    expect(backend.device.allocator.capacity).toBe(capacity);
    expect(backend.device.allocator.blocks).toBe(0);
    backend.dispose();
  });

  test("views taken before memory grew stay valid", async () => {
    const backend = await createWasmBackend({ threads: 1 });
    const first = backend.alloc(1000).fill(3);
    const large = backend.alloc(1 << 24).fill(1);
    const sum = backend.alloc(1);
    backend.sum(sum, first, 1, 1000, 1);
    expect(sum[0]).toBe(3000);
    for (const block of [first, large, sum]) backend.free(block);
    backend.dispose();
  });

  test("a block given back twice, part of a block and numbers from elsewhere are refused", async () => {
    const backend = await createWasmBackend({ threads: 1 });
    const block = backend.alloc(100);
    expect(() => backend.free(block.subarray(0, 50))).toThrow(ArgumentError);
    expect(() => backend.free(new Float32Array(100))).toThrow(ArgumentError);
    backend.free(block);
    expect(() => backend.free(block)).toThrow(ArgumentError);
    const again = backend.alloc(100);
    expect(again.byteOffset).toBe(block.byteOffset);
    expect(() => backend.free(block)).toThrow(ArgumentError);
    expect(() => backend.affine(again, new Float32Array(100), 1, 0)).toThrow(ArgumentError);
    expect(() => backend.alloc(2 ** 30)).toThrow(RangeError);
    backend.dispose();
  });
});

suite("threads", () => {
  test("a thousand small jobs on three threads each do every task once", async () => {
    const backend = await createWasmBackend({ threads: 3, wakeAboveNs: 0 });
    const a = backend.alloc(70_000).fill(0);
    const one = backend.alloc(70_000).fill(1);
    for (let i = 1; i <= 1000; i++) {
      const part = a.subarray(0, 20_000 + ((i * 7919) % 50_000));
      backend.addScaled(part, one, 1);
    }
    const want = new Float32Array(70_000);
    for (let i = 1; i <= 1000; i++)
      want.subarray(0, 20_000 + ((i * 7919) % 50_000)).forEach((_, k) => want[k]!++);
    expect(a.findIndex((value, i) => value !== want[i])).toBe(-1);
    backend.dispose();
  });

  test("a bad number of threads is refused", async () => {
    for (const threads of [0, -1, 1.5, 1000, NaN]) {
      await expect(createWasmBackend({ threads })).rejects.toThrow(ArgumentError);
    }
  });

  test("the relaxed build is refused where the engine lacks it", async () => {
    if (supports("relaxed")) return;
    await expect(createWasmBackend({ build: "relaxed" })).rejects.toThrow(UnsupportedError);
  });

  test("a process with idle workers ends by itself", () => {
    const factory = new URL("../../src/backend/wasm/node.ts", import.meta.url).href;
    const node = fileURLToPath(new URL("../../node_modules/.bin/node", import.meta.url));
    const program = `
      const { createWasmBackend } = await import(${JSON.stringify(factory)});
      const backend = await createWasmBackend({ threads: 2, wakeAboveNs: 0 });
      const a = backend.alloc(100000).fill(1);
      backend.affine(a, a, 2, 1);
      console.log(a[99999]);
    `;
    const { status, stdout } = spawnSync(node, ["--input-type=module", "-e", program], { timeout: 20_000 });
    expect(stdout.toString().trim()).toBe("3");
    expect(status).toBe(0);
  });
});
