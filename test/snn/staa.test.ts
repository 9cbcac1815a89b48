import { beforeEach, expect, suite, test } from "vitest";
import { concat, gradientError, gradients, mul, slice, square, sum } from "../../src/autograd/index.ts";
import { ArgumentError, Random, type Shape, ShapeError, sizeOf } from "../../src/core/index.ts";
import {
  AdaptiveLif,
  adaptiveLif,
  GlobalContext,
  lif,
  PositionEncoding,
  type PositionPlacement,
  STAA_FIRING,
  StaaLif,
  StepAttention,
} from "../../src/snn/index.ts";
import { scope, type Tensor, tensor } from "../../src/tensor/index.ts";
import { float64, subjects, useBackend } from "../golden/backends.ts";
import { expectClose } from "../golden/close.ts";

let random: Random;
beforeEach(() => void (random = new Random(7)));

function draw(shape: Shape, low = -1, high = 2): Tensor {
  return tensor(
    Array.from({ length: sizeOf(shape) }, () => random.uniform(low, high)),
    shape,
  );
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
/** W·x + b, row by row. */
const rows = ({ weight, bias }: { weight: Tensor; bias: Tensor | null }, x: readonly number[]) =>
  Array.from({ length: weight.shape[0]! }, (_, o) =>
    x.reduce((total, value, i) => total + weight.data[o * x.length + i]! * value, bias!.data[o]!),
  );

suite("attention of STAA", () => {
  useBackend(float64);

  test("adds the global context that plain loops give", () => {
    const [images, places, C] = [2, 6, 8];
    const block = new GlobalContext(random, C);
    block.norm.weight.data.set([0.5, 2]);
    block.norm.bias.data.set([0.25, -0.125]);
    const x = draw([images, 2, 3, C]);
    const z = block.forward(x);
    for (let n = 0; n < images; n++) {
      const at = (p: number, c: number) => x.data[(n * places + p) * C + c]!;
      const context = new Array<number>(C).fill(0);
      for (let p = 0; p < places; p++) {
        const pixel = Array.from({ length: C }, (_, c) => at(p, c));
        const weight = sigmoid(rows(block.key, pixel)[0]!);
        for (let c = 0; c < C; c++) context[c]! += weight * pixel[c]!;
      }
      const query = rows(block.query, context);
      const mean = (query[0]! + query[1]!) / 2;
      const variance = ((query[0]! - mean) ** 2 + (query[1]! - mean) ** 2) / 2;
      const normal = query.map((q, i) =>
        Math.max(
          0,
          (block.norm.weight.data[i]! * (q - mean)) / Math.sqrt(variance + 1e-5) + block.norm.bias.data[i]!,
        ),
      );
      const value = rows(block.value, normal);
      for (let p = 0; p < places; p++) {
        for (let c = 0; c < C; c++) {
          expect(z.data[(n * places + p) * C + c]).toBeCloseTo(at(p, c) + value[c]!, 10);
        }
      }
    }
  });

  test.each(["step", "channels"] as const)("gates by the mean of the %s, as plain loops do", (design) => {
    const [places, C] = [6, 4];
    const attention = new StepAttention(random, C, { design, reduction: 2, scale: 3 });
    const u = draw([2, 3, C]);
    const v = attention.forward(u);
    const means = Array.from({ length: C }, (_, c) => {
      let total = 0;
      for (let p = 0; p < places; p++) total += u.data[p * C + c]!;
      return total / places;
    });
    const pooled = design === "channels" ? means : [means.reduce((a, b) => a + b) / C];
    const hidden = rows(
      attention.squeeze,
      pooled.map((m) => 3 * m),
    ).map((h) => Math.max(0, h));
    const gate = rows(attention.excite, hidden).map(sigmoid);
    for (let i = 0; i < u.size; i++) {
      expect(v.data[i]).toBeCloseTo(u.data[i]! * gate[design === "channels" ? i % C : 0]!, 10);
    }
  });

  test("has the gradients of central differences", () => {
    const context = new GlobalContext(random, 8, { reduction: 2 });
    const x = draw([2, 2, 2, 8]);
    const weights = draw([2, 2, 2, 8]);
    expect(
      gradientError(() => sum(mul(context.forward(x), weights)), [x, ...context.parameters()]),
    ).toBeLessThan(1e-7);
    for (const design of ["step", "channels"] as const) {
      const attention = new StepAttention(random, 8, { design, reduction: 4 });
      expect(
        gradientError(() => sum(mul(attention.forward(x), weights)), [x, ...attention.parameters()]),
      ).toBeLessThan(1e-7);
    }
    const positions = new PositionEncoding(3, 8);
    expect(
      gradientError(() => sum(square(positions.forward(draw([2, 1, 1, 2, 8], 1, 1), 1))), [positions.table]),
    ).toBeLessThan(1e-7);
  });

  test("needs maps, a reduction that is whole, and steps that were encoded", () => {
    expect(() => new GlobalContext(random, 8, { reduction: 0 })).toThrow(ArgumentError);
    expect(() => new StepAttention(random, 8, { design: "channels", reduction: 1.5 })).toThrow(ArgumentError);
    expect(() => new GlobalContext(random, 8).forward(draw([2, 8]))).toThrow(ShapeError);
    expect(() => new PositionEncoding(2, 3).forward(draw([2, 1, 1, 1, 3]), 1)).toThrow(ShapeError);
  });
});

suite("adaptive LIF", () => {
  useBackend(float64);

  test("with M = 1 − 1/τ and N = 1/τ is LIF, gradients too", () => {
    scope(compareWithLif);
  });

  function compareWithLif(): void {
    const x = draw([5, 3, 4], 0, 4);
    x.requiresGrad = true;
    for (const reset of ["hard", "soft"] as const) {
      for (const tau of [2, 4]) {
        const run = (y: ReturnType<typeof lif>) =>
          [y.spikes, y.membranePotential, gradients(sum(mul(y.spikes, draw([5, 3, 4]))), [x])[0]!] as const;
        random = new Random(1);
        const expected = run(lif(x, { ...STAA_FIRING, reset, tau }));
        random = new Random(1);
        const got = run(
          adaptiveLif(x, tensor([1 - 1 / tau], []), tensor(Array(4).fill(1 / tau), [4]), { reset }),
        );
        expect([...got[0].data]).toEqual([...expected[0].data]);
        expect(expected[0].data.some((s) => s === 1)).toBe(true);
        expectClose("potential", got[1].data, expected[1].data, 1e-12);
        expectClose("gradient", got[2].data, expected[2].data, 1e-12);
      }
    }
  }

  test("learns M and N: the membrane potential's gradient is that of central differences", () => {
    const [keep, take] = [draw([4], 0.2, 0.8), draw([4], 0.2, 0.8)];
    const x = draw([3, 2, 4], 0, 0.4);
    const loss = () => sum(square(adaptiveLif(x, keep, take).membranePotential));
    expect(gradientError(loss, [x, keep, take])).toBeLessThan(1e-7);
    const layer = new AdaptiveLif([4], { tau: 4 });
    expect(layer.parameterCount()).toBe(8);
    expect([...layer.forward(x).data]).toEqual([...lif(x, { ...STAA_FIRING, tau: 4 }).spikes.data]);
  });
});

suite.for(subjects)("STAA-LIF on $name", (subject) => {
  useBackend(subject);
  const shape = [4, 2, 3, 3, 8];

  test("runs in two halves that carry the membrane potential as in one", () => {
    for (const position of ["none", "membrane", "input", "both", "aggregate"] as const) {
      scope(() => {
        const layer = new StaaLif(random, 8, { timeSteps: 4, position });
        for (const [name, values] of layer.namedTensors()) {
          if (name.endsWith("table")) values.data.set(draw(values.shape).data);
        }
        const x = draw(shape, 0, 5);
        const whole = layer.run(x);
        const first = layer.run(slice(x, 0, 0, 1));
        const second = layer.run(slice(x, 0, 1, 4), { initial: first.membranePotential, from: 1 });
        expect([...concat([first.spikes, second.spikes], 0).data]).toEqual([...whole.spikes.data]);
        expect([...second.membranePotential.data]).toEqual([...whole.membranePotential.data]);
        expect(whole.spikes.spikeLevels).toBe(1);
        const fired = [...whole.spikes.data].reduce((a, b) => a + b);
        expect(fired).toBeGreaterThan(0);
        expect(fired).toBeLessThan(whole.spikes.size);
      });
    }
  });
});

suite("STAA-LIF", () => {
  useBackend(float64);
  const shape = [4, 2, 2, 2, 8];
  const build = (options: Partial<ConstructorParameters<typeof StaaLif>[2]> = {}) =>
    new StaaLif(new Random(3), 8, { timeSteps: 4, ...options });

  test("is what its equations say, step by step", () => {
    const layer = build();
    layer.inputPosition!.table.data.set(draw([4, 8]).data);
    const x = draw(shape, 0, 4);
    const { spikes } = layer.run(x);
    let v = tensor(new Float64Array(64), [2, 2, 2, 8]);
    for (let t = 0; t < 4; t++) {
      const input = tensor(
        Array.from(
          { length: 64 },
          (_, i) => x.data[64 * t + i]! + layer.inputPosition!.table.data[8 * t + (i % 8)]!,
        ),
        v.shape,
      );
      const [a, b] = [layer.inputContext!.forward(input), layer.membraneContext!.forward(v)];
      const u = tensor(
        Array.from(a.data, (value, i) => value + b.data[i]!),
        v.shape,
      );
      const h = layer.stepAttention!.forward(u);
      h.data.forEach((value, i) => expect(spikes.data[64 * t + i]).toBe(value >= 1 ? 1 : 0));
      v = tensor(
        Array.from(h.data, (value) => (value >= 1 ? 0 : value)),
        v.shape,
      );
    }
    expect(spikes.data.some((s) => s === 1)).toBe(true);
  });

  test("is the same with a position encoding that was not trained as with none", () => {
    const x = draw(shape, 0, 4);
    const counts: Record<PositionPlacement, number> = {
      none: 0,
      membrane: 1,
      input: 1,
      both: 2,
      aggregate: 1,
    };
    const plain = build({ position: "none" });
    for (const [position, tables] of Object.entries(counts)) {
      const layer = build({ position: position as PositionPlacement });
      expect([...layer.forward(x).data]).toEqual([...plain.forward(x).data]);
      expect(layer.parameterCount() - plain.parameterCount()).toBe(tables * 4 * 8);
    }
  });

  test("has the gradients of central differences where no neuron fires, through time", () => {
    const layer = build({ firing: { firingThreshold: 100 }, position: "both" });
    const x = draw([3, 1, 2, 2, 8]);
    const loss = () => sum(square(layer.run(x).membranePotential));
    expect(gradientError(loss, [x, ...layer.parameters()])).toBeLessThan(1e-6);
  });

  test("sends gradients of its spikes to every parameter", () => {
    const layer = build();
    const found = scope(() =>
      gradients(sum(mul(layer.forward(draw(shape, 0, 4)), draw(shape))), layer.parameters()),
    );
    [...layer.namedTensors().keys()].forEach((name, i) => {
      expect(
        found[i]!.data.some((g) => g !== 0),
        name,
      ).toBe(true);
      expect(found[i]!.data.every(Number.isFinite), name).toBe(true);
    });
  });

  test("drops no step with β = 0 and every one with β = 1, which integrates without a leak", () => {
    const x = draw(shape, -1, 1);
    const attended = build().forward(x);
    expect([...build({ dropProbability: 0 }).forward(x).data]).toEqual([...attended.data]);
    const bare = build({ dropProbability: 1 });
    const plain = lif(x, { ...STAA_FIRING, tau: Infinity, decayInput: false });
    expect([...bare.forward(x).data]).toEqual([...plain.spikes.data]);
    expect([...plain.spikes.data]).not.toEqual([...attended.data]);
    expect([...bare.eval().forward(x).data]).toEqual([...attended.data]);
  });

  test("drops steps by its seed, about β of them", () => {
    const long = draw([400, 1, 1, 1, 4], -1, 1);
    const make = () => new StaaLif(new Random(5), 4, { timeSteps: 400, dropProbability: 0.25 });
    const layer = make();
    const state = layer.drops.save();
    expect([...layer.forward(long).data]).toEqual([...make().forward(long).data]);
    layer.drops.restore(state);
    const dropped = Array.from({ length: 400 }, () => layer.drops.uniform() < 0.25).filter(Boolean).length;
    expect(dropped).toBeGreaterThan(70);
    expect(dropped).toBeLessThan(130);
    expect(() => build({ dropProbability: 1.5 })).toThrow(ArgumentError);
  });
});
