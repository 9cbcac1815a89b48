import { afterAll, beforeAll, expect, suite, test } from "vitest";
import { ReferenceBackend, setBackend } from "../../src/backend/index.ts";
import { Random } from "../../src/core/index.ts";
import { ActivityMonitor, energyCosts, energyMj } from "../../src/engine/index.ts";
import { Conv2d, Linear, Module } from "../../src/nn/index.ts";
import { IntegerLif, Lif, RepConv, SpikingAttention } from "../../src/snn/index.ts";
import { type Tensor, tensor, withoutGradients } from "../../src/tensor/index.ts";

beforeAll(() => void setBackend(new ReferenceBackend()));
afterAll(() => void setBackend(undefined));

/** A stem of two channels, x and −x; neurons without memory that fire from 1 on; two layers that they drive. */
class Tiny extends Module {
  readonly stem = new Conv2d(new Random(1), 1, 2, 1);
  readonly neurons = new Lif({ tau: 1 });
  readonly conv = new Conv2d(new Random(2), 2, 3, 3, { padding: 1 });
  readonly rep = new RepConv(new Random(3), 2);

  constructor() {
    super();
    this.stem.weight.data.set([1, -1]);
    this.eval();
  }

  /** @param x - `[T, B, H, W, 1]` */
  forward(x: Tensor): void {
    const spikes = this.neurons.forward(this.stem.forward(x));
    this.conv.forward(spikes);
    this.rep.forward(spikes);
  }
}

/** Two steps of 2×2 pixels: 8 pixels, 16 neurons. Those of x fire 1 and 3 times, those of −x 0 and 1 times. */
const FRAMES = [
  [2, 0, 0.5, -0.5],
  [2, 1, 1, -1],
].flat();

function run(model: Tiny, frames: readonly number[]): void {
  withoutGradients(() => model.forward(tensor(frames, [frames.length / 4, 1, 2, 2, 1])));
}

suite("activity", () => {
  test("real numbers cost MACs, spikes the dense MACs times their rate; a RepConv is one 3×3 convolution", () => {
    const model = new Tiny();
    const monitor = new ActivityMonitor(model);
    run(model, FRAMES);
    expect(monitor.operations()).toEqual([
      // 8 pixels × 2 weights
      { layer: "stem", denseMacs: 16, macs: 16, acs: 0 },
      // 8 pixels × 3·2·3² weights, 5 of 16 neurons fired
      { layer: "conv", denseMacs: 432, macs: 0, acs: 135 },
      // 8 pixels × 2·2·3² weights
      { layer: "rep", denseMacs: 288, macs: 0, acs: 90 },
    ]);
    expect(monitor.total()).toEqual({ denseMacs: 736, macs: 16, acs: 225 });
    monitor.close();
    model.dispose();
  });

  test("rates are those of each step, the mean of the passes", () => {
    const model = new Tiny();
    const monitor = new ActivityMonitor(model);
    run(model, FRAMES);
    expect(monitor.firing()).toEqual([{ layer: "neurons", ratePerStep: [1 / 8, 4 / 8] }]);
    run(
      model,
      FRAMES.map(() => 0),
    );
    expect(monitor.firing()).toEqual([{ layer: "neurons", ratePerStep: [1 / 16, 4 / 16] }]);
    expect(monitor.total()).toEqual({ denseMacs: 1472, macs: 32, acs: 225 });
    run(model, [1, 1, 1, 1]);
    expect(monitor.firing()).toEqual([{ layer: "neurons", ratePerStep: [4 / 8] }]);
    monitor.close();
    model.dispose();
  });

  test("spikes of the layers that are named are shown, and nothing is counted after the end", () => {
    const model = new Tiny();
    const seen: number[][] = [];
    const rasters = new Map([["neurons", (spikes: Tensor) => void seen.push(Array.from(spikes.data))]]);
    const monitor = new ActivityMonitor(model, rasters);
    run(model, FRAMES);
    monitor.close();
    run(model, FRAMES);
    expect(seen).toEqual([[1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 0, 1]]);
    expect(monitor.total().denseMacs).toBe(736);
    model.dispose();
  });

  test("an integer spike of n costs n accumulates", () => {
    class Counting extends Module {
      readonly neurons = new IntegerLif({ levels: 4 });
      readonly linear = new Linear(new Random(1), 4, 2);
    }
    const model = new Counting();
    const monitor = new ActivityMonitor(model);
    withoutGradients(() => model.linear.forward(model.neurons.forward(tensor([-1, 1, 3, 9], [1, 4]))));
    // 4·2 weights; 0 + 1 + 3 + 4 spikes over 4 inputs
    expect(monitor.total()).toEqual({ denseMacs: 8, macs: 0, acs: 16 });
    monitor.close();
    model.dispose();
  });

  test("attention adds two products of all tokens with the channels of a head, and four RepConvs", () => {
    const [tokens, channels, heads] = [4, 4, 2];
    const options = { heads, score: "hamming", neurons: { tau: 1 } } as const;
    const model = new SpikingAttention(new Random(1), channels, ["joint"], options).eval();
    const monitor = new ActivityMonitor(model);
    const current = tensor(new Array<number>(tokens * channels).fill(1), [2, 1, 1, 2, channels]);
    withoutGradients(() => model.forward(current));
    const dense = new Map(monitor.operations().map(({ layer, denseMacs }) => [layer, denseMacs]));
    expect(dense.get("")).toBe(2 * tokens * channels * (channels / heads));
    expect([...dense.values()].filter((macs) => macs === 9 * channels ** 2 * tokens)).toHaveLength(4);
    expect(dense.size).toBe(5);
    expect(monitor.total().macs).toBe(0);
    monitor.close();
    model.dispose();
  });
});

test("energy is operations times their cost, in millijoules", () => {
  const [at45, at7] = energyCosts;
  expect(energyMj({ macs: 16, acs: 225 }, at45)).toBeCloseTo(276.1e-9, 15);
  expect(energyMj({ macs: 16, acs: 225 }, at7)).toBeCloseTo(112.54e-9, 15);
  expect(energyMj({ macs: 0, acs: 0 }, at45)).toBe(0);
});
