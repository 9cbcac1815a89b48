/** From the numbers that a pose model puts out to poses of the built-in body. */
import {
  JOINTS,
  matrixToAxisAngle,
  type Pose,
  poseBuiltinBody,
  SHAPE_COEFFICIENTS,
  sixDToMatrix,
} from "../body/index.ts";
import type { Outputs, PoseEstimator } from "../models/index.ts";
import { type Tensor, withoutGradients } from "../tensor/index.ts";

/**
 * What a pose model says of a clip, P times: `pose6d [P, B, 144]`, `shape [P, B, 10]`, `translation [P, B, 3]`.
 */
export type PoseOutputs = { readonly pose6d: Tensor; readonly shape: Tensor; readonly translation: Tensor };

/** What a model without a body model says: `joints3d [P, B, 24, 3]` from the pelvis, `translation [P, B, 3]`, metres. */
export type JointOutputs = { readonly joints3d: Tensor; readonly translation: Tensor };

/** A pose in camera coordinates, and where that puts the 24 joints, `[24, 3]`, metres. */
export type PredictedPose = Pose & { readonly joints: Float64Array };

/** What a model without a body model says: where the 24 joints are in camera coordinates, `[24, 3]`, and the pelvis, metres. */
export type PredictedJoints = Pick<PredictedPose, "joints" | "translation"> & {
  readonly pose?: undefined;
  readonly shape?: undefined;
};

/** Whether a model poses a body; otherwise it tells joints alone. */
export function posesBody({ poseRegressor }: Pick<PoseEstimator, "poseRegressor">): boolean {
  return poseRegressor.pose !== null;
}

/** Whether a model tells joints themselves. */
export function tellsJoints(outputs: Outputs): outputs is JointOutputs {
  return "joints3d" in outputs;
}

/**
 * Runs a pose model on clips, with a body model or without; it should be in evaluation mode.
 *
 * @param video - `[T, B, C, H, W]`
 * @returns joints `[24, 3]` in camera coordinates, metres, by time and sample: element `p·B + b`
 * @throws ShapeError, ArgumentError when the video does not fit the model
 */
export function predictJoints(model: Pick<PoseEstimator, "forward">, video: Tensor): Float64Array[] {
  return predictPoses(model, video).map(({ joints }) => joints);
}

/**
 * Runs a pose model on clips; the model should be in evaluation mode.
 *
 * @param model - or what else computes its outputs
 * @param video - `[T, B, C, H, W]`
 * @returns what it says by time and sample, element `p·B + b`: P = T at the ends of the steps, or T + 1 at their edges
 * @throws ShapeError, ArgumentError when the video does not fit the model
 */
export function predictPoses(
  model: Pick<PoseEstimator, "forward">,
  video: Tensor,
): (PredictedPose | PredictedJoints)[] {
  return withoutGradients(() => {
    const outputs = model.forward(video);
    return tellsJoints(outputs) ? jointsOf(outputs) : posesOf(outputs as PoseOutputs);
  });
}

function jointsOf({ joints3d, translation: pelvis }: JointOutputs): PredictedJoints[] {
  return Array.from({ length: pelvis.size / 3 }, (_, i) => {
    const translation = Float64Array.from(pelvis.data.subarray(3 * i, 3 * (i + 1)));
    const own = joints3d.data.subarray(3 * JOINTS * i, 3 * JOINTS * (i + 1));
    return { joints: Float64Array.from(own, (value, k) => value + translation[k % 3]!), translation };
  });
}

function posesOf({ pose6d, shape, translation }: PoseOutputs): PredictedPose[] {
  return Array.from({ length: translation.size / 3 }, (_, i) => {
    const pose = new Float64Array(3 * JOINTS);
    for (let joint = 0; joint < JOINTS; joint++) {
      const at = 6 * (JOINTS * i + joint);
      const sixD = pose6d.data.subarray(at, at + 6);
      pose.set(matrixToAxisAngle(sixDToMatrix(sixD)), 3 * joint);
    }
    const estimate: Pose = {
      pose,
      shape: Float64Array.from(shape.data.subarray(SHAPE_COEFFICIENTS * i, SHAPE_COEFFICIENTS * (i + 1))),
      translation: Float64Array.from(translation.data.subarray(3 * i, 3 * (i + 1))),
    };
    return { ...estimate, joints: poseBuiltinBody(estimate).joints };
  });
}
