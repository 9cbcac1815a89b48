/** Workers that die: an error, never a hang. */
import type * as threads from "node:worker_threads";
import { afterAll, beforeAll, expect, suite, test, vi } from "vitest";
import { AFFINE } from "../../src/backend/wasm/generated/ids.ts";
import type { WasmBackend } from "../../src/backend/wasm/index.ts";
import { createWasmBackend } from "../../src/backend/wasm/node.ts";
import { ArgumentError, WorkerError } from "../../src/core/index.ts";

/** What the workers that start next do in place of a part of their program; and those that started. */
const stage = vi.hoisted(() => ({ replace: "", by: "", workers: [] as threads.Worker[] }));

vi.mock("node:worker_threads", async (original) => {
  const actual = await original<typeof threads>();
  class Staged extends actual.Worker {
    constructor(program: string, options: threads.WorkerOptions) {
      super(program.replace(stage.replace, stage.by), options);
      stage.workers.push(this);
    }
  }
  return { ...actual, Worker: Staged };
});

/** A worker in JavaScript that waits for a job, draws a ticket, and then…: see kernels/thread.ts for the addresses. */
const DRAWS = `
  const words = new Int32Array(start.memory.buffer);
  Atomics.add(words, 66, 1);
  Atomics.wait(words, 16, 0);
  Atomics.sub(words, 32, 1);
`;
const LENGTH = 1 << 22;
/** Workers start within it on a busy machine. */
const PATIENCE_MS = 3000;

let watchdog: threads.Worker;

beforeAll(async () => {
  const { Worker } = await vi.importActual<typeof threads>("node:worker_threads");
  watchdog = new Worker("setTimeout(() => process.kill(process.pid, 'SIGKILL'), 50_000)", { eval: true });
});

afterAll(() => watchdog.terminate());

type Options = { readonly threads?: number; readonly patienceMs?: number };

async function backendOf(
  { threads = 2, patienceMs = PATIENCE_MS }: Options,
  by?: string,
): Promise<WasmBackend> {
  stage.workers.length = 0;
  stage.replace = by === undefined ? "" : "exports.workerLoop();";
  stage.by = by ?? "";
  return createWasmBackend({ threads, patienceMs, wakeAboveNs: 0 });
}

/** Launches jobs of many short tasks, in vain where the host was faster than its workers, until one fails. */
function untilBroken(backend: WasmBackend): unknown {
  const block = backend.alloc(LENGTH).fill(1);
  try {
    for (let i = 0; i < 500; i++) backend.affine(block, block, 1, 1);
    return undefined;
  } catch (error) {
    return error;
  } finally {
    backend.free(block);
  }
}

function expectBroken(backend: WasmBackend, error: unknown, message: RegExp): void {
  expect(error).toBeInstanceOf(WorkerError);
  expect((error as WorkerError).message).toMatch(message);
  const block = backend.alloc(4);
  const start = performance.now();
  expect(() => backend.affine(block, block, 1, 1)).toThrow(error as WorkerError);
  expect(performance.now() - start).toBeLessThan(50);
  backend.free(block);
  backend.dispose();
}

suite("a worker that dies", () => {
  test("in a trap is an error at once, which says what it died of", async () => {
    const backend = await backendOf({ patienceMs: 40_000 }, `${DRAWS} exports.serial(9999, 1);`);
    const error = untilBroken(backend);
    expectBroken(backend, error, /^launch: expected every task to end, got worker 1: RuntimeError: \w+/);
  });

  test("with a task in its hands is an error once patience ends", async () => {
    const backend = await backendOf({}, `${DRAWS} process.exit();`);
    const error = untilBroken(backend);
    expectBroken(backend, error, /^launch: expected a task to end within 3000 ms, got none: a worker died/);
  });

  test("asleep leaves its work to the others", async () => {
    const backend = await backendOf({ threads: 3, patienceMs: 40_000 });
    const a = backend.alloc(70_000).fill(0);
    const one = backend.alloc(70_000).fill(1);
    for (let i = 0; i < 100; i++) backend.addScaled(a, one, 1);
    await stage.workers[0]!.terminate();
    const start = performance.now();
    for (let i = 0; i < 1000; i++) backend.addScaled(a, one, 1);
    await stage.workers[1]!.terminate();
    for (let i = 0; i < 1000; i++) backend.addScaled(a, one, 1);
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(a.every((value) => value === 2100)).toBe(true);
    backend.dispose();
  });

  test("at any moment ends in the right numbers or in an error", async () => {
    for (let round = 0; round < 6; round++) {
      const backend = await backendOf({ threads: 3 });
      const block = backend.alloc(LENGTH).fill(0);
      const one = backend.alloc(LENGTH).fill(1);
      backend.addScaled(block, one, 1);
      for (const worker of stage.workers) void worker.terminate();
      try {
        for (let i = 0; i < 5; i++) backend.addScaled(block, one, 1);
        expect(block.every((value) => value === 6)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(WorkerError);
      }
      backend.dispose();
    }
  });

  test("before it starts is an error, whether it ends, throws or says nothing", async () => {
    const deaths: [string, number, RegExp][] = [
      ["process.exit(3);", 40_000, /^worker: expected it to start, got exit code 3$/],
      ["throw new RangeError('no room');", 40_000, /^worker: expected it to start, got RangeError: no room$/],
      ["setInterval(() => undefined, 1e6);", 100, /^worker: expected it to start, got nothing for 100 ms$/],
    ];
    stage.replace = "ready();\n";
    for (const [death, patienceMs, message] of deaths) {
      stage.workers.length = 0;
      stage.by = death;
      const error = await createWasmBackend({ threads: 3, patienceMs }).catch((reason) => reason);
      expect(error).toBeInstanceOf(WorkerError);
      expect(error.message).toMatch(message);
      expect(stage.workers).toHaveLength(2);
    }
  });
});

suite("a trap", () => {
  test("of the calling thread is an error, also of every launch after it", async () => {
    const backend = await backendOf({ threads: 3, patienceMs: 40_000 });
    let error: unknown;
    try {
      backend.device.launch(9999, 100, 1, []);
    } catch (caught) {
      error = caught;
    }
    expectBroken(backend, error, /^launch: expected every task to end, got .*RuntimeError: \w+/);
  });

  test("in the last task of a long job is an error, whoever runs it", async () => {
    for (let round = 0; round < 5; round++) {
      const backend = await backendOf({ threads: 3, patienceMs: 40_000 });
      const { capacity } = backend.device.allocator;
      const floats = 300 * 16384;
      const at = capacity - 4 * (floats - 100);
      let error: unknown;
      try {
        backend.device.launch(AFFINE, 300, 1e9, [at, at, floats, 0], [1, 0]);
      } catch (caught) {
        error = caught;
      }
      expectBroken(backend, error, /got .*RuntimeError: memory access out of bounds/);
    }
  });
});

test("a patience that is not a positive number is refused", async () => {
  for (const patienceMs of [0, -1, NaN, Infinity]) {
    await expect(createWasmBackend({ threads: 1, patienceMs })).rejects.toThrow(ArgumentError);
  }
});
