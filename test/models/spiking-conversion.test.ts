import { expect, suite, test } from "vitest";
import { permute } from "../../src/autograd/index.ts";
import { ArgumentError, Random } from "../../src/core/index.ts";
import {
  convertToSpiking,
  IntegrateAndFire,
  maxPoolRates,
  type PoseNetwork,
  type ResNet,
  resNetGru,
  type ResNetGruConfig,
  resNetGruPresets,
} from "../../src/models/index.ts";
import { observe } from "../../src/nn/index.ts";
import { scope, tensor, type Tensor, withoutGradients } from "../../src/tensor/index.ts";
import { useBackend, wasm } from "../golden/backends.ts";

/** A network whose normalisations all do something, as after training. */
function trained(): PoseNetwork<ResNetGruConfig, ResNet> {
  const network = resNetGru(resNetGruPresets.tiny, new Random(1)).eval();
  const draw = new Random(2);
  for (const [name, { data }] of network.namedTensors()) {
    const range = ranges.find(([pattern]) => pattern.test(name))?.[1];
    if (range !== undefined) data.forEach((_, i) => (data[i] = draw.uniform(...range)));
  }
  return network;
}

const ranges: readonly (readonly [RegExp, readonly [number, number]])[] = [
  [/norm\.weight$/, [0.5, 1]],
  [/norm\.bias$/, [-0.3, 0.3]],
  [/runningMean$/, [-0.2, 0.2]],
  [/runningVariance$/, [0.8, 1.5]],
];

function clip(seed: number, steps = 1): Tensor {
  const draw = new Random(seed);
  return tensor(
    Array.from({ length: steps * 4 * 64 * 64 }, () => (draw.uniform(0, 1) < 0.3 ? 1 : 0)),
    [steps, 1, 4, 64, 64],
  );
}

/** Root mean square of the difference over that of the second. */
function relativeError(a: Tensor, b: Tensor): number {
  let [difference, size] = [0, 0];
  b.data.forEach((value, i) => {
    difference += (a.data[i]! - value) ** 2;
    size += value ** 2;
  });
  return Math.sqrt(difference / size);
}

suite("conversion to spikes", () => {
  useBackend(wasm);

  test("a neuron fires as often as its current says, rounded, and never below zero or above one a step", () => {
    scope(() => {
      const [steps, threshold] = [10, 2];
      const currents = [-1, 0, 0.29, 0.5, 1, 1.23, 2, 5];
      const x = tensor(Array<number[]>(steps).fill(currents).flat(), [steps, currents.length]);
      const spikes = new IntegrateAndFire(threshold).forward(x);
      const counts = currents.map((_, i) => {
        return Array.from({ length: steps }, (_, t) => spikes.data[t * currents.length + i]!).reduce(
          (a, b) => a + b,
        );
      });
      const rounded = currents.map((current) =>
        Math.round((steps * Math.min(2, Math.max(0, current))) / threshold),
      );
      // 0.5·10/2 = 2.5 spikes are 3.
      expect(counts).toEqual(rounded);
    });
  });

  test("max-pooling gives the largest rate of a window, spike by spike", () => {
    scope(() => {
      const [steps, size] = [40, 4];
      const draw = new Random(3);
      const values = Array.from({ length: steps * size * size }, (): number =>
        draw.uniform(0, 1) < 0.4 ? 1 : 0,
      );
      const pooled = maxPoolRates(tensor(values, [steps, 1, size, size, 1], { spikeLevels: 1 }));
      expect(pooled.shape).toEqual([steps, 1, 2, 2, 1]);
      expect(pooled.data.every((value) => value === 0 || value === 1)).toBe(true);
      const count = (x: number, y: number) =>
        Array.from({ length: steps }, (_, t) => values[t * size * size + y * size + x]!).reduce(
          (a: number, b) => a + b,
        );
      const window = [0, 1, 2, 3].flatMap((y) => [0, 1, 2, 3].map((x) => [x, y] as const));
      const last = window.filter(([x, y]) => x >= 1 && y >= 1).map(([x, y]) => count(x, y));
      const got = Array.from({ length: steps }, (_, t) => pooled.data[t * 4 + 3]!).reduce((a, b) => a + b);
      expect(got).toBe(Math.max(...last));
    });
  });

  test("rates approach the activations as frames are shown for longer", () => {
    scope(() => {
      const network = trained();
      const frames = clip(4, 2);
      const expected = withoutGradients(() => network.backbone.forward(permute(frames, [0, 1, 3, 4, 2])));
      const errors = [4, 16, 64, 256].map((steps) => {
        const converted = convertToSpiking(network, [frames], { steps, percentile: 100 });
        const maps = converted.backbone.forward(permute(frames, [0, 1, 3, 4, 2]));
        expect(maps.shape).toEqual(expected.shape);
        return relativeError(maps, expected);
      });
      errors.slice(1).forEach((error, i) => expect(error).toBeLessThan(0.6 * errors[i]!));
      expect(errors.at(-1)!).toBeLessThan(0.05);
      network.dispose();
    });
  });

  test("every layer but the first is driven by spikes, and poses keep their shape and GRU", () => {
    scope(() => {
      const network = trained();
      const converted = convertToSpiking(network, [clip(5)], { steps: 4 });
      const real = new Set<string>();
      const stop = observe(converted.backbone, (layer, observation) => {
        if (observation.kind === "synapse" && observation.input.spikeLevels !== 1) real.add(layer);
      });
      const outputs = withoutGradients(() => converted.forward(clip(6, 2)));
      stop();
      expect([...real]).toEqual(["stem"]);
      expect(outputs.pose6d!.shape).toEqual([3, 1, 144]);
      expect(converted.temporal).toBe(network.temporal);
      network.dispose();
    });
  });

  test("a lower percentile lowers thresholds, so that large activations saturate", () => {
    scope(() => {
      const network = trained();
      const thresholds = [100, 90].map((percentile) => {
        const { backbone } = convertToSpiking(network, [clip(7)], { steps: 1, percentile });
        return backbone.stages.flatMap(({ blocks }) => blocks.map(({ neurons }) => neurons.firingThreshold));
      });
      thresholds[0]!.forEach((all, i) => expect(thresholds[1]![i]!).toBeLessThan(all));
      network.dispose();
    });
  });

  test("says what it cannot convert", () => {
    scope(() => {
      const network = trained();
      expect(() => convertToSpiking(network, [])).toThrow(ArgumentError);
      expect(() => convertToSpiking(network, [clip(1)], { steps: 0 })).toThrow("whole number of steps");
      expect(() => convertToSpiking(network, [clip(1)], { percentile: 101 })).toThrow("percentile");
      network.train();
      expect(() => convertToSpiking(network, [clip(1)])).toThrow("in evaluation");
      network.dispose();
    });
  });
});
