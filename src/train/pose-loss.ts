/** The loss of the pose tracker [Zou2023, §III-E] on the built-in body. */
import { add, affine, clamp, detach, mean, reshape, sqrt, square, sub, sum } from "../autograd/index.ts";
import { bodyJoints, projectNormalized, rotationAngle, rotationFromSixD } from "../body/index.ts";
import type { PoseBatch } from "../data/index.ts";
import { weightedSum } from "../nn/index.ts";
import { type Tensor, tensor } from "../tensor/index.ts";
import { type JointOutputs, type PoseOutputs, tellsJoints } from "../track/index.ts";
import type { Loss } from "./task.ts";

/** Weights of the terms; those of the paper are 10, 1, 50, 1, 0, 10 and 0. */
export type PoseLossWeights = {
  /** Mean angle between rotations, radians. */
  readonly pose: number;
  /** Squared error of the shape coefficients. */
  readonly shape: number;
  /** Squared error of the translation, m². */
  readonly translation: number;
  /** Squared error of the joints relative to the pelvis, m². */
  readonly joints3d: number;
  /** Distance of the joints relative to the pelvis, m; not in the paper, close to what PEL-MPJPE measures. */
  readonly distance3d: number;
  /** Squared error of the projected joints, in units of the image's size. */
  readonly joints2d: number;
  /** Cross-entropy of the auxiliary task {@link JointBins}, which exists if this is above 0; not in the paper. */
  readonly bins: number;
};

/**
 * Loss of a batch. Departures from the paper, both as in its released code: angles are not squared, and the
 * translation learns from its own term alone (joints are compared relative to the pelvis, projections use the
 * detached translation). A model that tells joints themselves has no terms of pose and shape.
 *
 * @param bins - cross-entropy of the auxiliary task, if there is one
 */
export function poseLoss(
  outputs: PoseOutputs | JointOutputs,
  batch: PoseBatch,
  weights: PoseLossWeights,
  bins: Tensor = tensor([0], []),
): Loss {
  const samples = outputs.translation.size / 3;
  const translation = reshape(outputs.translation, [samples, 1, 3]);
  const { joints, terms: ofBody } = tellsJoints(outputs)
    ? { joints: reshape(outputs.joints3d, [samples, 24, 3]), terms: {} }
    : bodyTerms(outputs, batch, samples);
  const targetTranslation = tensor(batch.translation, [samples, 1, 3]);
  const targetJoints = sub(tensor(batch.joints, [samples, 24, 3]), targetTranslation);
  const projected = projectNormalized(add(joints, detach(translation)), cameras(batch));
  const terms: Partial<Record<keyof PoseLossWeights, Tensor>> = {
    ...ofBody,
    translation: squaredError(translation, targetTranslation),
    joints3d: squaredError(joints, targetJoints),
    distance3d: distance(joints, targetJoints),
    joints2d: squaredError(projected, tensor(batch.joints2d, [samples, 24, 2])),
    bins,
  };
  const names = Object.keys(terms) as (keyof PoseLossWeights)[];
  return { total: weightedSum(names.map((name) => [weights[name], terms[name]!] as const)), terms };
}

/** Joints of the body that a model tells, relative to the pelvis, `[samples, 24, 3]`, and the terms of its parameters. */
function bodyTerms({ pose6d, shape: told }: PoseOutputs, batch: PoseBatch, samples: number) {
  const rotations = rotationFromSixD(reshape(pose6d, [samples, 24, 6]));
  const shape = reshape(told, [samples, 10]);
  const terms = {
    pose: mean(rotationAngle(rotations, tensor(batch.pose, [samples, 24, 3, 3]))),
    shape: squaredError(shape, tensor(batch.shape, [samples, 10])),
  };
  return { joints: bodyJoints(rotations, shape), terms };
}

/** Mean over all vectors of the last axis of |a − b|². @throws ShapeError */
export function squaredError(a: Tensor, b: Tensor): Tensor {
  return affine(mean(square(sub(a, b))), a.shape.at(-1)!);
}

/** Mean length of the difference; lengths below 1 mm count as that. */
function distance(a: Tensor, b: Tensor): Tensor {
  const squares = sum(square(sub(a, b)), [a.shape.length - 1]);
  return mean(sqrt(clamp(squares, 1e-6, Infinity)));
}

/** Normalised intrinsics of every pose, `[P·B, 1, 4]`. */
function cameras({ cameras, poses }: PoseBatch): Tensor {
  const rows = cameras.flatMap((c) => [c.fx / c.width, c.fy / c.height, c.cx / c.width, c.cy / c.height]);
  const all = Float64Array.from({ length: poses * rows.length }, (_, i) => rows[i % rows.length]!);
  return tensor(all, [poses * cameras.length, 1, 4]);
}
