/** From the numbers that a pose model puts out to poses of the built-in body. */
import {
  JOINTS,
  matrixToAxisAngle,
  type Pose,
  poseBuiltinBody,
  SHAPE_COEFFICIENTS,
  sixDToMatrix,
} from "../body/index.ts";
import type { Outputs, PoseEstimator, SpikeVideoFormer } from "../models/index.ts";
import { type Tensor, withoutGradients } from "../tensor/index.ts";

/**
 * What a pose model says of a clip, P times: `pose6d [P, B, 144]`, `shape [P, B, 10]`, `translation [P, B, 3]`.
 */
export type PoseOutputs = { readonly pose6d: Tensor; readonly shape: Tensor; readonly translation: Tensor };

/** What a model without a body model says: `joints3d [P, B, 24, 3]` from the pelvis, `translation [P, B, 3]`, metres. */
export type JointOutputs = { readonly joints3d: Tensor; readonly translation: Tensor };

/** A pose in camera coordinates, and where that puts the 24 joints, `[24, 3]`, metres. */
export type PredictedPose = Pose & { readonly joints: Float64Array };

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
export function predictJoints(model: Pick<PoseEstimator, "run">, video: Tensor): Float64Array[] {
  return withoutGradients(() => {
    const { outputs } = model.run(video);
    if (!tellsJoints(outputs)) {
      return posesOf(outputs as PoseOutputs).map(({ joints }) => joints);
    }
    const { joints3d, translation } = outputs;
    return Array.from({ length: translation.size / 3 }, (_, i) =>
      Float64Array.from({ length: 3 * JOINTS }, (_, k) => {
        return joints3d.data[3 * JOINTS * i + k]! + translation.data[3 * i + (k % 3)]!;
      }),
    );
  });
}

/**
 * Runs a pose model on clips; the model should be in evaluation mode.
 *
 * @param model - or what else computes its outputs
 * @param video - `[T, B, C, H, W]`
 * @returns poses by step and sample: element `t·B + b`
 * @throws ShapeError, ArgumentError when the video does not fit the model
 */
export function predictPoses(model: Pick<SpikeVideoFormer, "forward">, video: Tensor): PredictedPose[] {
  return withoutGradients(() => posesOf(model.forward(video) as PoseOutputs));
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
