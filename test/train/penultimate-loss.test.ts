import { expect, suite, test } from "vitest";
import { gradients } from "../../src/autograd/index.ts";
import { ArgumentError, Random } from "../../src/core/index.ts";
import { Regressor } from "../../src/models/index.ts";
import { Adam } from "../../src/nn/index.ts";
import { scope, tensor, type Tensor, withoutGradients } from "../../src/tensor/index.ts";
import { penultimateLoss, type PenultimateOptions } from "../../src/train/index.ts";
import { float64, useBackend } from "../golden/backends.ts";

useBackend(float64);

const weights = { pose: 10, shape: 1, translation: 50, joints3d: 2 };
const ONE_JOINT = weights.joints3d / 24;

function features(random: Random, shape: readonly number[]): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Array.from({ length: size }, () => random.uniform(0, 2)),
    shape,
  );
}

function lossOf(regressor: Regressor, z: Tensor, options: Partial<PenultimateOptions> = {}): Tensor {
  const given = { weights, radius: 0.5, random: new Random(7), ...options };
  return penultimateLoss((x) => regressor.forward(x), z, given);
}

suite("adversarial training on penultimate activations", () => {
  test("of joints, which are linear, the worst perturbation lies along the largest singular value", () => {
    const random = new Random(1);
    const regressor = new Regressor(random, 3, { head: "joints" });
    regressor.translation.weight.data.fill(0);
    const { data } = regressor.joints!.weight;
    data.fill(0);
    [2, 5, 3].forEach((stretch, c) => (data[3 * c + c] = stretch));
    const z = features(random, [4, 2, 3]);
    const worst = ONE_JOINT * 0.5 ** 2 * 5 ** 2;
    const once = lossOf(regressor, z).item();
    expect(once).toBeLessThan(worst);
    // A random direction comes to the mean of the squares on average.
    expect(once).toBeGreaterThan((worst * (4 + 25 + 9)) / 3 / 25);
    expect(lossOf(regressor, z, { iterations: 60 }).item()).toBeCloseTo(worst, 7);
  });

  test("at the worst perturbation its gradients are those of finite differences", () => {
    const random = new Random(2);
    const regressor = new Regressor(random, 3);
    const z = features(random, [1, 1, 3]);
    const held = scope(() => regressor.forward(z));
    // The first poses that are read are those that are held; at a maximum the loss does not change with r itself.
    const loss = () => {
      let reads = 0;
      const read = (x: Tensor) => (reads++ === 0 ? held : regressor.forward(x));
      const options = { weights, radius: 0.05, probe: 0.05, iterations: 120, random: new Random(7) };
      return penultimateLoss(read, z, options);
    };
    for (const input of [z, regressor.pose!.bias!, regressor.translation.weight]) {
      input.requiresGrad = true;
      const [slopes] = scope(() => gradients(loss(), [input]));
      for (let k = 0; k < Math.min(3, input.size); k++) {
        const at = (by: number) => {
          input.data[k]! += by;
          const value = scope(() => loss().item());
          input.data[k]! -= by;
          return value;
        };
        const expected = (at(1e-5) - at(-1e-5)) / 2e-5;
        expect(Math.abs(slopes!.data[k]! - expected)).toBeLessThan(1e-6 * Math.max(1, Math.abs(expected)));
      }
    }
  });

  test("training by it makes poses steadier, and reaches both features and regressors", () => {
    const random = new Random(3);
    const regressor = new Regressor(random, 6);
    const z = features(random, [3, 2, 6]);
    z.requiresGrad = true;
    const learned = [z, ...regressor.parameters().filter((p) => p.shape.length === 2)];
    const optimizer = new Adam(learned);
    const before = scope(() => lossOf(regressor, z).item());
    for (let i = 0; i < 30; i++) {
      scope(() => {
        const slopes = gradients(lossOf(regressor, z, { random: random.fork(`${i}`) }), learned);
        for (const slope of slopes) expect(Math.max(...slope.data.map(Math.abs))).toBeGreaterThan(0);
        optimizer.step(slopes, 0.02);
      });
    }
    expect(scope(() => lossOf(regressor, z).item())).toBeLessThan(0.6 * before);
  });

  test("equal seeds give equal losses; what makes no sense is refused", () => {
    const random = new Random(4);
    const regressor = new Regressor(random, 3);
    const z = features(random, [2, 1, 3]);
    expect(lossOf(regressor, z).item()).toBe(lossOf(regressor, z).item());
    for (const bad of [{ radius: 0 }, { probe: -1 }, { iterations: 0.5 }]) {
      expect(() => lossOf(regressor, z, bad)).toThrow(ArgumentError);
    }
    expect(() => withoutGradients(() => lossOf(regressor, z))).toThrow(/records gradients/);
    const other = () => penultimateLoss((x) => ({ logits: x }), z, { weights, radius: 1, random });
    expect(other).toThrow(/expected outputs of poses, got logits/);
  });
});
