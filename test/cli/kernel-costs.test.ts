import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, suite, test } from "vitest";
import { kernelCosts } from "../../apps/cli/run/kernel-costs.ts";
import { type Backend, setBackend } from "../../src/backend/index.ts";
import { createWasmBackend } from "../../src/backend/wasm/node.ts";
import { typicalCosts } from "../../src/engine/index.ts";

let folder: string;
let backend: Backend;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "saccade-costs-"));
  backend = await createWasmBackend({ threads: 1 });
  setBackend(backend);
});
afterAll(() => {
  setBackend(undefined);
  backend.dispose();
  rmSync(folder, { recursive: true });
});

/** A clock on which every look takes a millisecond, and which counts the looks. */
function clock(): { readonly now: () => number; readonly looks: () => number } {
  let looks = 0;
  return { now: () => looks++, looks: () => looks };
}

suite("costs of kernels", () => {
  const file = () => join(folder, "saccade", "kernel-costs.json");

  test("are measured once, and found the next time", async () => {
    const env = { XDG_CACHE_HOME: folder };
    const first = clock();
    const costs = await kernelCosts({ env, now: first.now });
    expect(first.looks()).toBeGreaterThan(0);
    const second = clock();
    expect(await kernelCosts({ env, now: second.now })).toEqual(costs);
    expect(second.looks()).toBe(0);
    expect(readdirSync(join(folder, "saccade"))).toEqual(["kernel-costs.json"]);
  });

  test.each(["no JSON", "{}", '{"version": 1, "machines": {"a": {"addNs": -1}}}'])(
    "are measured again where the cache holds %s",
    async (text) => {
      writeFileSync(file(), text);
      const { now, looks } = clock();
      await kernelCosts({ env: { XDG_CACHE_HOME: folder }, now });
      expect(looks()).toBeGreaterThan(0);
      expect(Object.keys(JSON.parse(readFileSync(file(), "utf8")).machines)).toHaveLength(1);
    },
  );

  test("need no cache: without a home, or where none can be written", async () => {
    const broken = join(folder, "broken");
    writeFileSync(broken, "");
    const blocked = join(folder, "blocked");
    mkdirSync(join(blocked, "saccade", "kernel-costs.json"), { recursive: true });
    for (const env of [{}, { XDG_CACHE_HOME: broken }, { HOME: broken }, { XDG_CACHE_HOME: blocked }]) {
      // The clock stands still: nothing can be measured, and typical costs are taken.
      expect(await kernelCosts({ env, now: () => 0 })).toEqual(typicalCosts);
    }
  });
});
