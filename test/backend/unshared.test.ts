import fc from "fast-check";
import { expect, suite, test } from "vitest";
import { type Build, compileKernels, supports } from "../../src/backend/wasm/build.ts";
import { Device } from "../../src/backend/wasm/device.ts";
import { relaxed } from "../../src/backend/wasm/generated/relaxed.ts";
import { strict } from "../../src/backend/wasm/generated/strict.ts";
import { WasmBackend } from "../../src/backend/wasm/index.ts";
import { createWasmBackend } from "../../src/backend/wasm/node.ts";
import { withUnsharedMemory } from "../../src/backend/wasm/unshared.ts";
import { ArgumentError, FormatError } from "../../src/core/index.ts";

const builds = { strict: Buffer.from(strict, "base64"), relaxed: Buffer.from(relaxed, "base64") };

function unsharedBackend(build: Build): WasmBackend {
  const module = compileKernels(build, { shared: false });
  const options = { threads: 1, wakeAboveNs: 0, patienceMs: 1000, shared: false };
  return new WasmBackend(new Device(module, options), () => undefined);
}

/** A module that has nothing but an import section. */
function moduleOf(...imports: number[][]): Uint8Array {
  const section = [imports.length, ...imports.flat()];
  return Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 2, section.length, ...section);
}

suite("a module with unshared memory", () => {
  test.each(["strict", "relaxed"] as const)("differs from the %s build in one byte, 3 → 1", (build) => {
    const before = builds[build];
    const kept = Buffer.from(before);
    const after = withUnsharedMemory(before);
    expect(before.equals(kept)).toBe(true);
    expect(after.length).toBe(before.length);
    const changed = [...after.keys()].filter((i) => after[i] !== before[i]);
    expect(changed.map((i) => [before[i], after[i]])).toEqual([[3, 1]]);
  });

  test("is refused when it is cut, imports something else or shares no memory", () => {
    const at = [...builds.strict.keys()].find(
      (i) => withUnsharedMemory(builds.strict)[i] !== builds.strict[i],
    );
    for (let length = 0; length <= at!; length++) {
      expect(() => withUnsharedMemory(builds.strict.subarray(0, length))).toThrow(FormatError);
    }
    const name = [1, 0x61];
    const callee = [...name, ...name, 0, 5];
    const memory = [...name, ...name, 2, 3, 1, 9];
    expect(withUnsharedMemory(moduleOf(callee, memory))).toEqual(
      moduleOf(callee, [...name, ...name, 2, 1, 1, 9]),
    );
    for (const imports of [
      [],
      [callee],
      [[...name, ...name, 2, 1, 1, 9]],
      [[...name, ...name, 1, 0x70, 0, 1]],
    ]) {
      expect(() => withUnsharedMemory(moduleOf(...imports))).toThrow(FormatError);
    }
    expect(() => withUnsharedMemory(moduleOf([0x80, 0x80, 0x80, 0x80, 0x80, 0]))).toThrow(FormatError);
  });

  test("is refused or differs in one byte, whatever the bytes are", () => {
    const head = builds.strict.subarray(0, 200);
    fc.assert(
      fc.property(fc.nat(199), fc.nat(255), (at, byte) => {
        const module = Uint8Array.from(head);
        module[at] = byte;
        try {
          const changed = withUnsharedMemory(module).filter((value, i) => value !== module[i]);
          expect([...changed]).toEqual([1]);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
    );
  });
});

suite("unshared memory", () => {
  test("gives the bits of shared memory", async () => {
    const results = [await createWasmBackend({ threads: 1, build: "strict" }), unsharedBackend("strict")].map(
      (backend) => {
        const [a, b, c] = [0, 1, 2].map(() => backend.alloc(100 * 100));
        for (let i = 0; i < 10_000; i++) [a![i], b![i]] = [Math.sin(i), Math.cos(i * i)];
        backend.gemm(c!, a!, b!, { m: 100, n: 100, k: 100 });
        const numbers = Array.from(c!);
        for (const block of [a!, b!, c!]) backend.free(block);
        backend.dispose();
        return numbers;
      },
    );
    expect(results[1]).toEqual(results[0]);
    expect(new Set(results[0]).size).toBeGreaterThan(1000);
  });

  test("does not grow, says when it is exhausted, and keeps what lies in it", () => {
    const backend = unsharedBackend(supports("relaxed", false) ? "relaxed" : "strict");
    const { allocator } = backend.device;
    const first = backend.alloc(1000).fill(3);
    expect(allocator.capacity).toBe(512 << 20);
    expect(() => backend.alloc(allocator.available / 4 + 1)).toThrow(
      /^alloc: expected at most 536870912 bytes in use, got \d+$/,
    );
    const large = backend.alloc(allocator.available / 8).fill(1);
    const sum = backend.alloc(1);
    backend.sum(sum, first, 1, 1000, 1);
    expect([sum[0], first.length, large.length > 1e6]).toEqual([3000, 1000, true]);
    expect(() => backend.affine(sum, new Float32Array(1), 1, 0)).toThrow(ArgumentError);
    backend.dispose();
  });
});
