import { expect, suite, test } from "vitest";
import { add, gradientError, gradients, scaleGradient, slice, sub } from "../../src/autograd/index.ts";
import { ArgumentError, Random, ShapeError } from "../../src/core/index.ts";
import { DomainDiscriminator } from "../../src/models/index.ts";
import { Adam, Linear, meanSquaredError } from "../../src/nn/index.ts";
import { scope, tensor, type Tensor, withoutGradients } from "../../src/tensor/index.ts";
import { domainLoss, reversalRate } from "../../src/train/index.ts";
import { float64, useBackend } from "../golden/backends.ts";

useBackend(float64);

/** Points `[n, channels]` of a normal distribution about a place on the first axis. */
function cloud(random: Random, n: number, channels: number, shift: number): Tensor {
  const numbers = Array.from(
    { length: n * channels },
    (_, i) => random.normal() + (i % channels === 0 ? shift : 0),
  );
  return tensor(numbers, [n, channels]);
}

suite("adversarial loss between domains", () => {
  test("the discriminator descends it, and the features ascend it as often as the reversal says", () => {
    const random = new Random(1);
    const discriminator = new DomainDiscriminator(random, 3, { width: 5 });
    const synthetic = cloud(random, 4, 3, 1);
    const real = cloud(random, 2, 3, -1);
    const loss = (reversal: number) => domainLoss(discriminator, synthetic, real, { reversal }).total;
    expect(gradientError(() => loss(1), discriminator.parameters())).toBeLessThan(1e-8);
    // With −1 for the reversal the factor would be 1: differences tell the sum that the reversal is a multiple of.
    const straight = () => {
      const turned = [synthetic, real].map((x) => scaleGradient(x, -1)) as [Tensor, Tensor];
      return domainLoss(discriminator, ...turned).total;
    };
    expect(gradientError(straight, [synthetic, real])).toBeLessThan(1e-8);
    scope(() => {
      const [plain] = gradients(straight(), [synthetic]);
      const [reversed] = gradients(loss(0.3), [synthetic]);
      reversed!.data.forEach((value, i) => expect(value).toBeCloseTo(-0.3 * plain!.data[i]!, 12));
    });
  });

  test("clouds that are told apart have accuracy 1, and both weigh half whatever their numbers", () => {
    const random = new Random(2);
    const discriminator = new DomainDiscriminator(random, 2, { width: 8 });
    const clouds = [cloud(random, 30, 2, 8), cloud(random, 6, 2, -8)] as const;
    const optimizer = new Adam(discriminator.parameters());
    for (let i = 0; i < 60; i++) {
      scope(() => {
        const { total } = domainLoss(discriminator, ...clouds);
        optimizer.step(gradients(total, discriminator.parameters()), 0.05);
      });
    }
    const { total, accuracy } = withoutGradients(() => domainLoss(discriminator, ...clouds));
    expect(accuracy).toBe(1);
    expect(total.item()).toBeLessThan(0.05);
    const same = withoutGradients(() => domainLoss(discriminator, clouds[0], clouds[0]));
    expect(same.accuracy).toBe(0.5);
  });

  test("features of clips, [T + 1, B, C], enter as they are", () => {
    const random = new Random(3);
    const discriminator = new DomainDiscriminator(random, 4);
    const features = tensor(new Float64Array(24), [3, 2, 4]);
    expect(discriminator.forward(features).shape).toEqual([6, 2]);
    const other = tensor(new Float64Array(6), [3, 2]);
    expect(() => domainLoss(discriminator, features, other)).toThrow(ShapeError);
    expect(() => domainLoss(discriminator, features, features, { reversal: -1 })).toThrow(ArgumentError);
    expect(() => new DomainDiscriminator(random, 0)).toThrow(ArgumentError);
  });

  test("the reversal rises from 0 to 1", () => {
    expect(reversalRate(0, 100)).toBe(0);
    expect(reversalRate(50, 100)).toBeCloseTo(Math.tanh(2.5), 12);
    expect(reversalRate(100, 100)).toBeGreaterThan(0.9999);
    expect(reversalRate(1000, 100)).toBe(reversalRate(100, 100));
  });
});

/**
 * Two domains that differ on the first axis; the task asks for the last, labelled in the first domain alone. Returns the
 * error of the task on the second domain, and the accuracy of a fresh discriminator without a hidden layer.
 */
function adapt(reversal: number): { readonly error: number; readonly accuracy: number } {
  const random = new Random(4);
  const steps = 200;
  const synthetic = cloud(random, 128, 4, 2);
  const real = cloud(random, 128, 4, -2);
  const extractor = new Linear(random, 4, 3);
  const task = new Linear(random, 3, 1);
  const discriminator = new DomainDiscriminator(random, 3, { width: 16 });
  const modules = [extractor, task, discriminator];
  const parameters = modules.flatMap((module) => module.parameters());
  const optimizer = new Adam(parameters);
  const taskError = (x: Tensor) => meanSquaredError(task.forward(extractor.forward(x)), slice(x, 1, 3, 4));
  for (let step = 0; step < steps; step++) {
    scope(() => {
      const [a, b] = [extractor.forward(synthetic), extractor.forward(real)];
      const rate = reversal * reversalRate(step, steps);
      const { total } = domainLoss(discriminator, a, b, { reversal: rate });
      optimizer.step(gradients(add(taskError(synthetic), total), parameters), 0.02);
    });
  }
  const frozen = withoutGradients(() => [extractor.forward(synthetic), extractor.forward(real)] as const);
  const probe = new Linear(new Random(5), 3, 1);
  const probing = new Adam(probe.parameters());
  const answer = (x: Tensor, sign: number) => sub(probe.forward(x), tensor([sign], [1, 1]));
  for (let step = 0; step < 200; step++) {
    scope(() => {
      const loss = add(
        meanSquaredError(answer(frozen[0], 1), tensor([0], [1, 1])),
        meanSquaredError(answer(frozen[1], -1), tensor([0], [1, 1])),
      );
      probing.step(gradients(loss, probe.parameters()), 0.05);
    });
  }
  return withoutGradients(() => {
    const told = frozen.map(
      (x, domain) =>
        probe.forward(x).data.filter((value: number) => value > 0 === (domain === 0)).length / 128,
    );
    return { error: taskError(real).item(), accuracy: (told[0]! + told[1]!) / 2 };
  });
}

test("after adversarial training a fresh linear probe tells the domains far worse, and the task is as good", () => {
  const [plain, adapted] = [adapt(0), adapt(1)];
  expect(plain.accuracy).toBeGreaterThan(0.9);
  expect(adapted.accuracy).toBeLessThan(0.65);
  expect(adapted.error).toBeLessThan(0.05);
});
