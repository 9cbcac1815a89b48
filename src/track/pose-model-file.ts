/** Pose models as files: weights, configuration, evaluation, and the mean pose of their training set. */
import { CheckpointError } from "../core/index.ts";
import { encodeModel, type Json, parseModel, toFloat32 } from "../io/index.ts";
import { createModel, parseModelConfig, type SpikeVideoFormer } from "../models/index.ts";

const MEAN_JOINTS = "saccade.mean_joints";

/** A pose model ready for use. */
export type PoseModel = {
  readonly model: SpikeVideoFormer;
  /** Mean joints of the training set, `[24, 3]`, metres: what the model is compared with. */
  readonly meanJoints: Float64Array;
  readonly evaluation: Json | undefined;
};

/** The bytes of a pose model. @throws CheckpointError when a weight is not finite */
export function encodePoseModel(
  model: SpikeVideoFormer,
  meanJoints: Float64Array,
  evaluation: Json | undefined,
): Uint8Array {
  const tensors = new Map(
    [...model.namedTensors()].map(([name, t]) => [
      name,
      { dtype: "F32" as const, shape: t.shape, data: Float32Array.from(t.data) },
    ]),
  );
  return encodeModel({
    config: JSON.parse(JSON.stringify(model.config)) as Json,
    tensors,
    ...(evaluation === undefined ? {} : { evaluation }),
    metadata: { [MEAN_JOINTS]: JSON.stringify(Array.from(meanJoints, (x) => Number(x.toFixed(5)))) },
  });
}

/**
 * Builds the model of a file, in evaluation mode.
 *
 * @throws FormatError for a damaged file
 * @throws CheckpointError when the weights do not fit the configuration, or it is no pose model
 * @throws ArgumentError for an impossible configuration
 */
export function parsePoseModel(bytes: Uint8Array, file?: string): PoseModel {
  const { config, tensors, evaluation, metadata } = parseModel(bytes, file);
  const parsed = parseModelConfig(config);
  const mean: unknown = JSON.parse(metadata?.[MEAN_JOINTS] ?? "null");
  if (parsed.head.kind !== "pose" || !isJointList(mean)) {
    throw new CheckpointError(
      `${file ?? "model"}: expected a pose model, got one with a ${parsed.head.kind} head`,
    );
  }
  const model = createModel(parsed).eval();
  model.load(new Map([...tensors].map(([name, t]) => [name, { shape: t.shape, data: toFloat32(t) }])));
  return { model, meanJoints: Float64Array.from(mean), evaluation };
}

function isJointList(value: unknown): value is number[] {
  return Array.isArray(value) && value.length === 72 && value.every((x) => Number.isFinite(x));
}
