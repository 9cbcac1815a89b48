import fc from "fast-check";
import { expect, suite, test } from "vitest";
import { backend, ReferenceBackend } from "../../src/backend/index.ts";
import { Allocator } from "../../src/backend/wasm/allocator.ts";
import { WasmBackend } from "../../src/backend/wasm/index.ts";
import { ArgumentError } from "../../src/core/index.ts";
import { arrange } from "../../src/engine/arena.ts";
import { compile, type CompileOptions, Session } from "../../src/engine/index.ts";
import type { SpikeVideoFormer, SpikeVideoFormerConfig } from "../../src/models/index.ts";
import { withoutGradients } from "../../src/tensor/index.ts";
import { useBackend, wasm } from "../golden/backends.ts";
import { allAt, expectBits, lively, neurons, small } from "./support.ts";

const lifetimes = fc.array(
  fc
    .record({
      bytes: fc.oneof(
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 0, max: 1e6 }),
        fc.constant(2 ** 33),
      ),
      from: fc.integer({ min: -1, max: 12 }),
      length: fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constant(Infinity)),
    })
    .map(({ bytes, from, length }) => ({ bytes, from, until: from + length })),
  { maxLength: 40 },
);

suite("arrange", () => {
  test("keeps buffers that live at the same time apart, aligned, and inside of what it asks for", () => {
    const property = fc.property(lifetimes, (buffers) => {
      const { offsets, bytes } = arrange(buffers);
      expect(offsets).toHaveLength(buffers.length);
      buffers.forEach((a, i) => {
        expect(offsets[i]! >= 0 && offsets[i]! % 64 === 0).toBe(true);
        // Kernels may read up to 64 bytes behind, which have to be there.
        expect(offsets[i]! + a.bytes + 64).toBeLessThanOrEqual(bytes);
        buffers.slice(0, i).forEach((b, j) => {
          if (a.from > b.until || b.from > a.until) return;
          const apart = offsets[i]! + a.bytes <= offsets[j]! || offsets[j]! + b.bytes <= offsets[i]!;
          expect(apart, `${i} and ${j}`).toBe(true);
        });
      });
      const all = buffers.reduce((sum, buffer) => sum + Math.ceil((buffer.bytes + 64) / 64) * 64, 0);
      expect(bytes).toBeLessThanOrEqual(all);
    });
    fc.assert(property, { numRuns: 300, seed: 1 });
  });

  test("uses memory again", () => {
    const buffers = Array.from({ length: 100 }, (_, i) => ({ bytes: 1000, from: i, until: i + 1 }));
    expect(arrange(buffers).bytes).toBe(2 * 1088);
    expect(arrange([])).toEqual({ offsets: [], bytes: 0 });
  });
});

const compact: SpikeVideoFormerConfig = { ...small, depths: [0, 1, 1, 1, 1] };

/** Plans of every kind of step. */
const plans = [
  ["clips", { attention: "joint" }, {}],
  ["clips, int16", { attention: "hierarchical", neuron: neurons["lif, soft"] }, { precision: "int16" }],
  ["clips of counts", { attention: "factorised", neuron: neurons["integer-lif"], score: "dot" }, {}],
  ["a stream", { attention: "factorised" }, { stream: true }],
  ["a stream with a window", { attention: "hierarchical" }, { stream: { window: 2 } }],
  ["a joint stream with a window", { attention: "joint", score: "dot" }, { stream: { window: 4 } }],
  ["maps", { attention: "spatial", head: { kind: "dense", classes: 3 } }, {}],
  ["poses", { attention: "joint", head: { kind: "pose", inputSize: 32 } }, {}],
] as const satisfies [string, Partial<SpikeVideoFormerConfig>, Partial<CompileOptions>][];

function outputsOf(run: () => ReturnType<Session["run"]>): Map<string, Float32Array> {
  return withoutGradients(
    () => new Map(Object.entries(run()).map(([name, { data }]) => [name, Float32Array.from(data)])),
  );
}

suite("memory of a session", () => {
  useBackend(wasm);

  const allocator = () => (backend() as WasmBackend).device.allocator;

  function made(config: Partial<SpikeVideoFormerConfig>): ReturnType<typeof lively> {
    return lively({ ...compact, ...config }, 3, [3, 2, 3, 32, 32]);
  }

  /** Makes the next block of that size one of ones, which are NaN as numbers. */
  function poison(bytes: number): void {
    const block = backend().packed.allocate(bytes).fill(0xff);
    backend().packed.release(block);
  }

  test.for(plans)(
    "that shares buffers computes %s as one that keeps all spikes, from any bits",
    ([, config, more]) => {
      const { model, clip } = made(config);
      for (const rate of [0.001, 0.15, 1]) {
        const options = { input: [2, 3, 32, 32], timeSteps: 3, firingRates: allAt(model, rate), ...more };
        const [keeping, sharing] = [
          compile(model, { ...options, keepSpikes: true }),
          compile(model, options),
        ];
        const roomy = new Session(keeping);
        const measured = new Session(sharing);
        measured.dispose();
        poison(measured.bytes);
        const tight = new Session(sharing);
        expect(tight.bytes).toBeLessThanOrEqual(roomy.bytes);
        const want = outputsOf(() => roomy.run(clip));
        for (let repeat = 0; repeat < 2; repeat++) {
          const got = outputsOf(() => tight.run(clip));
          for (const [name, numbers] of want) expectBits(name, got.get(name)!, numbers);
        }
        if ("stream" in more) {
          const on = outputsOf(() => roomy.push(clip));
          const got = outputsOf(() => tight.push(clip));
          for (const [name, numbers] of on) expectBits(name, got.get(name)!, numbers);
        }
        [roomy, tight, keeping, sharing].forEach((used) => used.dispose());
      }
      model.dispose();
    },
  );

  test.for(plans)("that computes %s is allocated once and given back", ([, config, more]) => {
    const { model, clip } = made(config);
    const { blocks } = allocator();
    const plan = compile(model, { input: [2, 3, 32, 32], timeSteps: 3, ...more });
    const session = new Session(plan);
    const first = session.run(clip);
    const outputs = Object.keys(first).length;
    Object.values(first).forEach((output) => output.dispose());
    const before = [allocator().blocks, allocator().capacity, allocator().available];
    for (let i = 0; i < 3; i++) {
      const more = session.run(clip);
      expect(allocator().blocks).toBe(before[0]! + outputs);
      Object.values(more).forEach((output) => output.dispose());
      expect([allocator().blocks, allocator().capacity, allocator().available]).toEqual(before);
    }
    session.dispose();
    session.dispose();
    plan.dispose();
    plan.dispose();
    expect(allocator().blocks).toBe(blocks);
    model.dispose();
  });

  test("two sessions of a plan do not disturb each other", () => {
    const { model, clip } = made({ attention: "factorised" });
    const plan = compile(model, { input: [2, 3, 32, 32], timeSteps: 3, stream: true });
    const [one, two] = [new Session(plan), new Session(plan)];
    const want = [outputsOf(() => one.run(clip)), outputsOf(() => one.push(clip))];
    const first = outputsOf(() => one.run(clip));
    const other = outputsOf(() => two.run(clip));
    two.dispose();
    const second = outputsOf(() => one.push(clip));
    for (const [name, numbers] of want[0]!) {
      expectBits(name, first.get(name)!, numbers);
      expectBits(name, other.get(name)!, numbers);
      expectBits(name, second.get(name)!, want[1]!.get(name)!);
    }
    for (const used of [one, plan, model]) used.dispose();
  });

  test("weights that cannot be packed leave nothing behind", () => {
    const { model } = made({ attention: "joint" });
    model.stages[4]!.blocks[0]!.namedTensors().get("mlp.linear2.weight")!.data[3] = NaN;
    const { blocks } = allocator();
    const options = { input: [3, 32, 32], timeSteps: 3, firingRates: allAt(model, 0.001) } as const;
    expect(() => compile(model, { ...options, precision: "int16" })).toThrow(ArgumentError);
    expect(allocator().blocks).toBe(blocks);
    model.dispose();
  });

  test("the largest block that is said to be there can be taken, and no larger one", () => {
    const memory = new WebAssembly.Memory({ initial: 2, maximum: 65536, shared: true });
    const own = new Allocator(memory, 65536, 2 ** 32);
    const { available } = own;
    expect(available).toBeGreaterThan(2 ** 31);
    expect(() => own.bytes(available + 1)).toThrow(RangeError);
    const block = own.bytes(available);
    expect(own.available).toBeLessThan(2 ** 31);
    own.give(block);
    expect(own.available).toBe(available);
  });
});

suite.for([wasm, { name: "reference", create: async () => new ReferenceBackend(), epsilon: 0 }])(
  "too large a session on $name",
  (subject) => {
    useBackend(subject);

    test.for([
      ["time steps", [3, 32, 32], 10_000_000],
      ["pictures", [3, 40_000, 40_000], 1],
      ["batches", [1_000_000, 3, 32, 32], 1],
      ["all of it", [1_000_000, 3, 40_000, 40_000], 10_000_000],
    ] as const)("says how many bytes it needs before anything is allocated: %s", ([, input, timeSteps]) => {
      const model: SpikeVideoFormer = lively(
        { ...compact, attention: "spatial" },
        1,
        [1, 1, 3, 16, 16],
      ).model;
      const plan = compile(model, { input, timeSteps });
      const counters = (): number[] => {
        const current = backend();
        if (!(current instanceof WasmBackend)) return [];
        const { blocks, capacity } = current.device.allocator;
        return [blocks, capacity];
      };
      const before = counters();
      const needed = /^session: expected buffers of at most (\d+) bytes, got ([\d.e+]+);/;
      let message = "";
      try {
        new Session(plan);
      } catch (error) {
        expect(error).toBeInstanceOf(ArgumentError);
        message = (error as Error).message;
      }
      const [, most, bytes] = needed.exec(message)!;
      expect(Number(most)).toBe(backend().packed.available);
      expect(Number(bytes)).toBeGreaterThan(2 ** 31);
      expect(counters()).toEqual(before);
      plan.dispose();
      model.dispose();
    });
  },
);
