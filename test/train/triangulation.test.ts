import { expect, suite, test } from "vitest";
import { gradientError, gradients } from "../../src/autograd/index.ts";
import { jointErrors, type ProjectiveCamera, triangulate } from "../../src/body/index.ts";
import { Random, ShapeError } from "../../src/core/index.ts";
import { TemporalTriangulation, temporalTriangulationPresets, viewsOf } from "../../src/models/index.ts";
import { Adam } from "../../src/nn/index.ts";
import { scope, tensor, withoutGradients } from "../../src/tensor/index.ts";
import { triangulationLoss } from "../../src/train/index.ts";
import { float64, useBackend, wasm } from "../golden/backends.ts";

const size = { width: 256, height: 256 };

/** A camera at (x, 0, −3) that looks at (0, 0, 0), in metres, with a focal length of 250 pixels. */
function cameraAt(x: number): ProjectiveCamera {
  const length = Math.hypot(x, 3);
  const [sin, cos] = [-x / length, 3 / length];
  // Right, down, forward.
  const rows = [
    [cos, 0, -sin],
    [0, 1, 0],
    [sin, 0, cos],
  ];
  const moved = rows.map((row) => [...row, -(row[0]! * x + row[2]! * -3)]);
  const [right, down, forward] = moved as [number[], number[], number[]];
  const pixels = (axis: number[]) => axis.map((value, i) => 250 * value + 128 * forward[i]!);
  return { matrix: [...pixels(right), ...pixels(down), ...forward], position: [x, 0, -3] };
}

const cameras = [cameraAt(-0.8), cameraAt(0.8)];

/** Thirteen joints that swing about their places on a body that wanders: `[T, J, 3]`, and as two cameras see them. */
function movement(random: Random, steps: number, noise: number) {
  const wave = () => [random.uniform(0, 6.28), random.uniform(0.05, 0.2)] as const;
  const walk = [wave(), wave(), wave()];
  const swings = Array.from({ length: 39 }, wave);
  const joints = new Float64Array(steps * 39);
  const pixels = new Float64Array(steps * 52);
  for (let t = 0; t < steps; t++) {
    for (let j = 0; j < 13; j++) {
      const rest = [0.3 * Math.cos(j), 0.12 * (j - 6), 0.3 * Math.sin(3 * j)];
      const at = rest.map((place, k) => {
        const [phase, rate] = walk[k]!;
        const [turn, speed] = swings[3 * j + k]!;
        return place + 0.3 * Math.sin(phase + rate * t) + 0.08 * Math.sin(turn + speed * t);
      });
      joints.set(at, 39 * t + 3 * j);
      cameras.forEach(({ matrix }, c) => {
        const [u, v, w] = [0, 1, 2].map(
          (row) =>
            [0, 1, 2].reduce((sum, k) => sum + matrix[4 * row + k]! * at[k]!, 0) + matrix[4 * row + 3]!,
        ) as [number, number, number];
        pixels.set(
          [u / w + random.normal(0, noise), v / w + random.normal(0, noise)],
          52 * t + 26 * c + 2 * j,
        );
      });
    }
  }
  return { joints, pixels };
}

/** Several movements side by side: `[T, B, …]`. */
function batchOf(random: Random, batch: number, steps: number, noise: number) {
  const all = Array.from({ length: batch }, () => movement(random, steps, noise));
  const joints = new Float64Array(steps * batch * 39);
  const pixels = new Float64Array(steps * batch * 52);
  all.forEach((one, b) => {
    for (let t = 0; t < steps; t++) {
      joints.set(one.joints.subarray(39 * t, 39 * (t + 1)), 39 * (t * batch + b));
      pixels.set(one.pixels.subarray(52 * t, 52 * (t + 1)), 52 * (t * batch + b));
    }
  });
  return { joints, pixels, views: tensor(viewsOf(pixels, [size, size], 13), [steps, batch, 78]) };
}

/** The geometric answer to `[B, cameras, J, 2]`. */
function triangulated(pixels: Float64Array): Float64Array {
  const joints = new Float64Array((pixels.length / 4) * 3);
  for (let i = 0; i < pixels.length / 4; i++) {
    const at = 52 * Math.floor(i / 13) + 2 * (i % 13);
    const views = [...pixels.subarray(at, at + 2), ...pixels.subarray(at + 26, at + 28)];
    joints.set(triangulate(cameras, views), 3 * i);
  }
  return joints;
}

const mean = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length;

suite("learned triangulation", () => {
  useBackend(wasm);

  test("of noisy joints is nearer than the geometric one", { timeout: 60_000 }, () => {
    const model = new TemporalTriangulation(temporalTriangulationPresets.small, new Random(1));
    const random = new Random(2);
    const R = model.window;
    const [batch, noise] = [32, 4];
    scope(() => model.measure(batchOf(random, 64, 1, 0).joints));
    const optimizer = new Adam(model.parameters());
    const STEPS = 300;
    for (let step = 0; step < STEPS; step++) {
      scope(() => {
        const { joints, views } = batchOf(random, batch, R, noise);
        const loss = triangulationLoss(model.forward(views), joints.subarray(joints.length - 39 * batch));
        optimizer.step(gradients(loss, model.parameters()), 2e-3 * (1 - step / STEPS));
      });
    }
    model.eval();
    const { joints, pixels, views } = scope(() => batchOf(new Random(3), 64, R, noise));
    const truth = joints.subarray(joints.length - 39 * 64);
    const learned = scope(() =>
      withoutGradients(() => {
        const again = tensor(viewsOf(pixels, [size, size], 13), views.shape);
        return Float64Array.from(model.forward(again).data);
      }),
    );
    const geometric = triangulated(pixels.subarray(pixels.length - 52 * 64));
    const [ofLearned, ofGeometric] = [learned, geometric].map(
      (found) => 1000 * mean(jointErrors(found, truth)),
    );
    const clean = movement(new Random(3), 5, 0);
    expect(mean(jointErrors(triangulated(clean.pixels), clean.joints))).toBeLessThan(1e-6);
    expect(ofGeometric).toBeGreaterThan(100);
    expect(ofLearned).toBeLessThan(0.75 * ofGeometric!);
    optimizer.dispose();
    model.dispose();
  });

  test("answers for the end of each window, from that window alone", () => {
    const model = new TemporalTriangulation(temporalTriangulationPresets.small, new Random(1)).eval();
    scope(() =>
      withoutGradients(() => {
        const { views } = batchOf(new Random(4), 2, 12, 1);
        const poses = model.forward(views);
        expect(poses.shape).toEqual([4, 2, 13, 3]);
        const part = model.forward(tensor(views.data.subarray(2 * 156, 11 * 156), [9, 2, 78]));
        expect([...part.data]).toEqual([...poses.data.subarray(2 * 78, 3 * 78)]);
        expect(() => model.forward(tensor(views.data.subarray(0, 156), [1, 2, 78]))).toThrow(ShapeError);
      }),
    );
    model.dispose();
  });

  test("takes joints that are not known", () => {
    expect(
      viewsOf(
        [64, NaN, 0, 256],
        [
          { width: 128, height: 128 },
          { width: 64, height: 256 },
        ],
        1,
      ),
    ).toEqual(Float32Array.of(0, 0, 0, -1, 1, 1));
    expect(() => viewsOf([1, 2, 3], [size, size], 13)).toThrow(ShapeError);
    scope(() => {
      const found = tensor([1, 2, 3, 9, 9, 9], [1, 1, 2, 3]);
      expect(triangulationLoss(found, [1, 2, 5, NaN, 0, 0]).item()).toBeCloseTo(2, 6);
      expect(triangulationLoss(found, new Float64Array(6).fill(NaN)).item()).toBe(0);
      expect(() => triangulationLoss(found, [1, 2, 3])).toThrow(ShapeError);
    });
  });
});

suite("learned triangulation in float64", () => {
  useBackend(float64);

  test("has the gradients of finite differences", () => {
    const config = { ...temporalTriangulationPresets.small, joints: 1, width: 3 };
    const model = new TemporalTriangulation(config, new Random(1));
    const random = new Random(7);
    const numbers = (count: number) => Float64Array.from({ length: count }, () => random.normal());
    const truth = numbers(3 * 2 * 3);
    const views = tensor(numbers(11 * 2 * 6), [11, 2, 6]);
    const loss = () => triangulationLoss(model.forward(views), truth);
    expect(gradientError(loss, model.parameters())).toBeLessThan(1e-6);
    model.dispose();
  });
});
