import { expect, suite, test } from "vitest";
import { ArgumentError, FormatError, WorkerError } from "../../src/core/index.ts";
import type { Example } from "../../src/data/index.ts";
import { prefetch } from "../../src/data/node.ts";

const module = new URL("./digits.mjs", import.meta.url);

suite("threads that keep ahead", () => {
  test.each([1, 3])("deliver samples in order, with %i of them", async (threads) => {
    const order = [4, 0, 3, 1, 1, 2];
    const options = { length: 5, slow: 4 };
    const names: string[] = [];
    const used = new Set<number>();
    for await (const sample of prefetch<Example & { thread: number }>({
      module,
      exported: "digits",
      options,
      order,
      threads,
    })) {
      names.push(sample.name);
      used.add(sample.thread);
      expect(sample.tensors.get("x")!.data).toEqual(new Float32Array(4).fill(order[names.length - 1]!));
    }
    expect(names).toEqual(order.map((index) => `digit ${index}`));
    expect(used.size).toBe(threads);
  });

  test("throw what a sample throws, in its turn and with its type", async () => {
    const seen: string[] = [];
    const samples = prefetch<Example>({
      module,
      exported: "digits",
      options: { length: 5, broken: 2 },
      order: [0, 1, 2, 3],
      threads: 2,
    });
    const error: unknown = await (async () => {
      for await (const { name } of samples) seen.push(name);
    })().catch((fault: unknown) => fault);
    expect(seen).toEqual(["digit 0", "digit 1"]);
    expect(error).toBeInstanceOf(FormatError);
    expect(error).toMatchObject({ format: "digits", offset: 7, file: "digits.bin" });
  });

  test("stop when the loop is left, and when the signal says so", async () => {
    const options = { module, exported: "digits", options: { length: 9 }, threads: 2 };
    for await (const { name } of prefetch<Example>({ ...options, order: [0, 1, 2, 3, 4] })) {
      expect(name).toBe("digit 0");
      break;
    }
    const abort = new AbortController();
    const samples = prefetch<Example>({ ...options, order: [0, 1, 2, 3, 4], signal: abort.signal });
    await samples.next();
    abort.abort();
    await expect(
      (async () => {
        for await (const sample of samples) void sample;
      })(),
    ).rejects.toThrow(/abort/i);
  });

  test("that die, or find no module, end in a WorkerError", async () => {
    const first = (exported: string, file: URL) =>
      prefetch<Example>({ module: file, exported, order: [0], threads: 1 }).next();
    await expect(first("fatal", module)).rejects.toThrow(WorkerError);
    await expect(first("digits", new URL("./nothing.mjs", import.meta.url))).rejects.toThrow(Error);
  });

  test("have bounds", async () => {
    const samples = prefetch<Example>({ module, exported: "digits", order: [0], threads: 0 });
    await expect(samples.next()).rejects.toThrow(ArgumentError);
  });

  test("have nothing to do for an empty order", async () => {
    const samples = prefetch<Example>({ module, exported: "digits", options: { length: 1 }, order: [] });
    expect((await samples.next()).done).toBe(true);
  });
});
