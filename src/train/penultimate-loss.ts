/** Adversarial training on penultimate activations, the domain adaptation of [Zou2023, table IV], after [Sun2023]. */
import { add, affine, detach, gradients, mean, mul, reshape, square, sub, sum } from "../autograd/index.ts";
import { rotationFromSixD } from "../body/index.ts";
import { ArgumentError, type Random } from "../core/index.ts";
import type { Outputs } from "../models/index.ts";
import { weightedSum } from "../nn/index.ts";
import { isRecording, scope, type Tensor, tensor } from "../tensor/index.ts";
import { type PoseLossWeights, squaredError } from "./pose-loss.ts";

/** Options of {@link penultimateLoss}. */
export type PenultimateOptions = {
  /** Weights of the distance between two poses; terms whose outputs a model lacks are left out. */
  readonly weights: Pick<PoseLossWeights, "pose" | "shape" | "translation" | "joints3d">;
  /** Length ε of the perturbation of a feature vector; [Sun2023] has 30 where activations are not normalised. */
  readonly radius: number;
  /** Length ξ of the perturbation that is tried first; 10 as in [Sun2023] by default. */
  readonly probe?: number;
  /** Times that the direction is improved; 1 as in [Sun2023] by default. */
  readonly iterations?: number;
  /** Source of the directions that are tried first. */
  readonly random: Random;
};

/**
 * How far the worst small perturbation of features moves the poses that are read from them:
 *
 *     ℓ(z) = D(f(z), f(z + r)),   r = argmax D over |r| ≤ ε
 *
 * with f(z) held, r found by a gradient at a random r of length ξ, and no gradient through r. The regressors and what makes
 * the features z of unlabelled real events both descend it, beside the loss of labelled events; [Sun2023] weighs it 0.1.
 *
 * Departure: [Sun2023] classifies, and D is the divergence of class probabilities. Here D is squared error, the divergence
 * of normal distributions about the poses: of rotations ½‖R − R′‖² (θ² for small angles), mean over joints; of shape,
 * translation (m²) and joints (m²). The outputs other than rotations are linear in z, so that these terms do not depend on
 * z and bound the regressors alone.
 *
 * @param read - f, such as `(z) => tracker.regressor.forward(z)`
 * @param features - z `[..., C]`, as `PoseTracker.run` and `PoseNetwork.run` give them
 * @returns ℓ, mean over the feature vectors, of one element
 * @throws ArgumentError also where no gradients are recorded, for r needs one
 */
export function penultimateLoss(
  read: (features: Tensor) => Outputs,
  features: Tensor,
  { weights, radius, probe = 10, iterations = 1, random }: PenultimateOptions,
): Tensor {
  if (!(radius > 0 && probe > 0 && Number.isInteger(iterations) && iterations > 0)) {
    throw new ArgumentError(
      `penultimateLoss: expected a positive radius, probe and whole number of iterations, got ${radius}, ${probe}, ${iterations}`,
    );
  }
  if (!isRecording()) {
    throw new ArgumentError("penultimateLoss: expected a scope that records gradients, got one without");
  }
  return scope(() => {
    const held = detach(features);
    const clean = Object.fromEntries(
      Object.entries(read(held)).map(([name, output]) => [name, detach(output)] as const),
    );
    const moved = (from: Tensor, by: Tensor) => poseDistance(clean, read(add(from, by)), weights);
    const uniform = Array.from({ length: features.size }, () => random.uniform(-0.5, 0.5));
    let direction = unit(tensor(uniform, features.shape));
    for (let i = 0; i < iterations; i++) {
      const trial = affine(direction, probe);
      trial.requiresGrad = true;
      direction = unit(gradients(moved(held, trial), [trial])[0]!);
    }
    return moved(features, affine(direction, radius));
  });
}

/** Vectors over the last axis at length 1. */
function unit(x: Tensor): Tensor {
  const C = x.shape.at(-1)!;
  const lengths = Float64Array.from({ length: x.size / C }, (_, n) =>
    Math.hypot(...x.data.subarray(n * C, (n + 1) * C)),
  );
  // As in the published code: a vector of zeros stays.
  const factors = tensor(
    lengths.map((length) => 1 / (length + 1e-8)),
    [...x.shape.slice(0, -1), 1],
  );
  return mul(x, factors);
}

/** How far each kind of output is from another, and which weight is its. */
const distances: Readonly<
  Record<string, readonly [keyof PenultimateOptions["weights"], (a: Tensor, b: Tensor) => Tensor]>
> = {
  pose6d: ["pose", rotationDistance],
  shape: ["shape", squaredError],
  translation: ["translation", squaredError],
  joints3d: ["joints3d", squaredError],
};

/** D of {@link penultimateLoss}. */
function poseDistance(clean: Outputs, moved: Outputs, weights: PenultimateOptions["weights"]): Tensor {
  return weightedSum(
    Object.entries(clean).map(([name, from]) => {
      const distance = distances[name];
      if (distance === undefined) {
        throw new ArgumentError(`penultimateLoss: expected outputs of poses, got ${name}`);
      }
      return [weights[distance[0]], distance[1](from, moved[name]!)] as const;
    }),
  );
}

/** Mean of ½‖R − R′‖² over joints given in 6D, `[..., 144]`. */
function rotationDistance(a: Tensor, b: Tensor): Tensor {
  const matrices = (sixD: Tensor) => rotationFromSixD(reshape(sixD, [-1, 6]));
  return affine(mean(sum(square(sub(matrices(a), matrices(b))), [1, 2])), 0.5);
}
