/** An auxiliary task of pose training: in which bin of each axis each joint lies [Li2022], and where the body faces. */
import { add, affine, logSoftmax, mul, reshape, sum } from "../autograd/index.ts";
import { JOINTS } from "../body/index.ts";
import type { Random } from "../core/index.ts";
import type { PoseBatch } from "../data/index.ts";
import { Linear, Module } from "../nn/index.ts";
import { type Tensor, tensor } from "../tensor/index.ts";

/** Bins an axis; they cover [−EXTENT, EXTENT] about the pelvis, metres. */
const BINS = 24;
const EXTENT = 1.2;
const BIN = (2 * EXTENT) / BINS;

/** Coordinates of a pose. */
const COORDINATES = 3 * JOINTS;

/** Bins of the direction that the pelvis faces, seen from above the camera; they cover a full turn. */
const HEADINGS = 24;
const HEADING_BIN = (2 * Math.PI) / HEADINGS;

/**
 * Two linear layers from the spikes that the pose head reads: to a distribution over 24 bins of 0.1 m for every joint
 * and axis, relative to the pelvis, and to one over 24 directions that the pelvis faces. They are used in training
 * alone: to tell bins apart is learned from fewer samples than to regress rotations, and the same spikes serve both.
 */
export class JointBins extends Module {
  readonly joints: Linear;
  readonly heading: Linear;

  /** @param features - numbers that the pose head reads in a time step */
  constructor(random: Random, features: number) {
    super();
    this.joints = new Linear(random, features, COORDINATES * BINS, { deviation: 0.005 });
    this.heading = new Linear(random, features, HEADINGS, { deviation: 0.005 });
  }

  /**
   * Mean cross-entropy of the joints' places and of the heading, against normal distributions about the true ones
   * with a deviation of one bin.
   *
   * @param spikes - `[P, B, F]`
   */
  loss(spikes: Tensor, batch: PoseBatch): Tensor {
    return add(
      softCrossEntropy(this.joints.forward(spikes), jointTargets(batch), BINS),
      softCrossEntropy(this.heading.forward(spikes), headingTargets(batch), HEADINGS),
    );
  }
}

/** Mean of −Σ p·log softmax(logits) over distributions of n bins. */
function softCrossEntropy(logits: Tensor, targets: Float32Array, n: number): Tensor {
  const shape = [targets.length / n, n];
  return affine(sum(mul(logSoftmax(reshape(logits, shape)), tensor(targets, shape))), -1 / shape[0]!);
}

/** Distributions over the bins for every coordinate of the joints relative to the pelvis, `[T·B·72, 24]`. */
function jointTargets({ joints, translation }: PoseBatch): Float32Array {
  const out = new Float32Array(joints.length * BINS);
  for (let i = 0; i < joints.length; i++) {
    const pelvis = translation[3 * Math.floor(i / COORDINATES) + (i % 3)]!;
    const place = Math.min(BINS - 1, Math.max(0, (joints[i]! - pelvis + EXTENT) / BIN - 0.5));
    fillNormal(out.subarray(i * BINS, (i + 1) * BINS), (bin) => bin - place);
  }
  return out;
}

/** Distributions over the directions, in the camera's x–z plane, that the pelvis faces, `[T·B, 24]`. */
function headingTargets({ pose, translation }: PoseBatch): Float32Array {
  const rows = translation.length / 3;
  const out = new Float32Array(rows * HEADINGS);
  for (let row = 0; row < rows; row++) {
    // The body faces its own z, which is the last column of the root's rotation.
    const root = pose.subarray(9 * JOINTS * row, 9 * JOINTS * row + 9);
    const place = Math.atan2(root[2]!, root[8]!) / HEADING_BIN;
    fillNormal(out.subarray(row * HEADINGS, (row + 1) * HEADINGS), (bin) => {
      const turns = (bin - place) / HEADINGS;
      return HEADINGS * (turns - Math.round(turns));
    });
  }
  return out;
}

/** Writes a normal distribution of deviation 1 over bins at given distances from its mean. */
function fillNormal(bins: Float32Array, distance: (bin: number) => number): void {
  let total = 0;
  for (let bin = 0; bin < bins.length; bin++) total += bins[bin] = Math.exp(-0.5 * distance(bin) ** 2);
  for (let bin = 0; bin < bins.length; bin++) bins[bin]! /= total;
}
