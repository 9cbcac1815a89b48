/** From the numbers that a pose model puts out to poses of the built-in body. */
import {
  JOINTS,
  matrixToAxisAngle,
  type Pose,
  poseBuiltinBody,
  SHAPE_COEFFICIENTS,
  sixDToMatrix,
} from "../body/index.ts";
import type { SpikeVideoFormer } from "../models/index.ts";
import { type Tensor, withoutGradients } from "../tensor/index.ts";

/** What a pose model says of a clip: `pose6d [T, B, 144]`, `shape [T, B, 10]`, `translation [T, B, 3]`. */
export type PoseOutputs = { readonly pose6d: Tensor; readonly shape: Tensor; readonly translation: Tensor };

/** A pose in camera coordinates, and where that puts the 24 joints, `[24, 3]`, metres. */
export type PredictedPose = Pose & { readonly joints: Float64Array };

/**
 * Runs a pose model on clips; the model should be in evaluation mode.
 *
 * @param model - or what else computes its outputs
 * @param video - `[T, B, C, H, W]`
 * @returns poses by step and sample: element `t·B + b`
 * @throws ShapeError, ArgumentError when the video does not fit the model
 */
export function predictPoses(model: Pick<SpikeVideoFormer, "forward">, video: Tensor): PredictedPose[] {
  return withoutGradients(() => {
    const { pose6d, shape, translation } = model.forward(video) as PoseOutputs;
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
  });
}
