/** Pose models as files: weights, configuration, evaluation, and the mean pose of their training set. */
import { JOINTS } from "../body/index.ts";
import { CheckpointError } from "../core/index.ts";
import type { Json } from "../io/index.ts";
import { encodeModelFile, isKind, parseModelFile, type SpikeVideoFormer, taskOf } from "../models/index.ts";

const MEAN_JOINTS = "saccade.mean_joints";

/** A pose model ready for use. */
export type PoseModel = {
  readonly model: SpikeVideoFormer;
  /** Mean joints of the training set, `[24, 3]`, metres: what the model is compared with. */
  readonly meanJoints: Float64Array;
  readonly evaluation: Json | undefined;
};

/**
 * The bytes of a pose model.
 * @param options - `half`: weights of two axes or more in half precision, half the size; biases and statistics never
 * @throws CheckpointError when a weight is not finite
 */
export function encodePoseModel(
  model: SpikeVideoFormer,
  meanJoints: Float64Array,
  evaluation: Json | undefined,
  { half = false }: { readonly half?: boolean } = {},
): Uint8Array {
  return encodeModelFile(model, {
    half,
    evaluation,
    metadata: meanJointsMetadata(meanJoints),
  });
}

/** Mean joints `[24, 3]` as the metadata of a model file. */
export function meanJointsMetadata(meanJoints: Float64Array): Readonly<Record<string, string>> {
  return { [MEAN_JOINTS]: JSON.stringify(Array.from(meanJoints, (x) => Number(x.toFixed(5)))) };
}

/**
 * The mean joints in the metadata of a model file.
 *
 * @param file - its name, for the message
 * @throws CheckpointError if there are none
 */
export function meanJointsOf(metadata: Readonly<Record<string, string>>, file = "model"): Float64Array {
  const mean = parseJoints(metadata[MEAN_JOINTS]);
  if (mean !== undefined) return Float64Array.from(mean);
  throw new CheckpointError(`${file}: expected ${3 * JOINTS} finite numbers as ${MEAN_JOINTS}, got others`);
}

/**
 * Builds the model of a file, in evaluation mode.
 *
 * @throws FormatError for a damaged file
 * @throws CheckpointError when the weights do not fit the configuration, or it is no pose model
 * @throws ArgumentError for an impossible configuration
 */
export function parsePoseModel(bytes: Uint8Array, file?: string): PoseModel {
  const { model, evaluation, metadata } = parseModelFile(bytes, file);
  if (!isKind(model, "spikevideoformer") || taskOf(model.config) !== "pose") {
    const { config } = model;
    model.dispose();
    throw new CheckpointError(
      `${file ?? "model"}: expected a spikevideoformer for poses, got a ${config.model} for ${taskOf(config)}`,
    );
  }
  try {
    return { model, meanJoints: meanJointsOf(metadata, file), evaluation };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** Joints `[24, 3]` of a text of JSON; undefined if they are not that. */
function parseJoints(text: string | undefined): number[] | undefined {
  try {
    const value: unknown = JSON.parse(text ?? "null");
    const fits =
      Array.isArray(value) && value.length === 3 * JOINTS && value.every((x) => Number.isFinite(x));
    return fits ? value : undefined;
  } catch {
    return undefined;
  }
}
