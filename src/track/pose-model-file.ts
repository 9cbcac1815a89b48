/** Pose models as files: weights, configuration, evaluation, and the mean pose of their training set. */
import { JOINTS } from "../body/index.ts";
import { CheckpointError } from "../core/index.ts";
import type { Json } from "../io/index.ts";
import {
  type ConfiguredModel,
  encodeModelFile,
  type ModelConfig,
  parseModelFile,
  type PoseEstimator,
  taskOf,
} from "../models/index.ts";

const MEAN_JOINTS = "saccade.mean_joints";
const INPUT_SIZE = "saccade.input_size";

/** Largest side of an input that a file may ask for. */
const MAX_INPUT_SIZE = 16_384;

/** A pose model ready for use. */
export type PoseModel = {
  readonly model: ConfiguredModel & PoseEstimator;
  /** Side of the square picture that it was trained on. */
  readonly inputSize: number;
  /** Mean joints of the training set, `[24, 3]`, metres: what the model is compared with. */
  readonly meanJoints: Float64Array;
  readonly evaluation: Json | undefined;
  /** All that the file says beside weights, configuration and evaluation, by key. */
  readonly metadata: Readonly<Record<string, string>>;
};

/**
 * The bytes of a pose model.
 * @param options - `half`: weights of two axes or more in half precision, half the size; biases and statistics never.
 *   `inputSize`: side of the square picture, for models whose configuration leaves it open
 * @throws CheckpointError when a weight is not finite
 */
export function encodePoseModel(
  model: PoseModel["model"],
  meanJoints: Float64Array,
  evaluation: Json | undefined,
  { half = false, inputSize }: { readonly half?: boolean; readonly inputSize?: number } = {},
): Uint8Array {
  return encodeModelFile(model, { half, evaluation, metadata: poseMetadata(meanJoints, inputSize) });
}

/**
 * What files of pose models say beside weights and configuration.
 *
 * @param meanJoints - of the training set, `[24, 3]`, metres
 * @param inputSize - side of the square picture
 */
export function poseMetadata(meanJoints: Float64Array, inputSize?: number): Readonly<Record<string, string>> {
  return {
    [MEAN_JOINTS]: JSON.stringify(Array.from(meanJoints, (x) => Number(x.toFixed(5)))),
    ...(inputSize !== undefined && { [INPUT_SIZE]: String(inputSize) }),
  };
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
 * @throws CheckpointError when the weights do not fit the configuration, it is no pose model or one of several views, or the
 *   file does not say what the configuration leaves open
 * @throws ArgumentError for an impossible configuration
 */
export function parsePoseModel(bytes: Uint8Array, file?: string): PoseModel {
  const { model, evaluation, metadata } = parseModelFile(bytes, file);
  try {
    checkTracks(model.config, file);
    const inputSize = inputSizeOf(model.config, metadata, file);
    const meanJoints = meanJointsOf(metadata, file);
    return { model: model as PoseModel["model"], inputSize, meanJoints, evaluation, metadata };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** @throws CheckpointError unless a model tells poses in 3D by what one camera sees */
function checkTracks(config: ModelConfig, file = "model"): void {
  if (taskOf(config) !== "pose") {
    throw new CheckpointError(
      `${file}: expected a model of poses in 3D, got a ${config.model} of ${taskOf(config)}`,
    );
  }
  if (config.model === "pose-tracker" && config.views > 1) {
    throw new CheckpointError(`${file}: expected a model of one view, got one of ${config.views}`);
  }
}

/** Side of the picture: of the configuration where it fixes one, else what training wrote. @throws CheckpointError */
function inputSizeOf(config: ModelConfig, metadata: PoseModel["metadata"], file = "model"): number {
  if (config.model === "spikevideoformer" && config.head.kind === "pose") return config.head.inputSize;
  const said = metadata[INPUT_SIZE];
  const size = Number(said);
  if (Number.isInteger(size) && size >= 1 && size <= MAX_INPUT_SIZE) return size;
  const got = said === undefined ? "nothing" : JSON.stringify(said.slice(0, 40));
  throw new CheckpointError(
    `${file}: expected a side of 1 to ${MAX_INPUT_SIZE} pixels as ${INPUT_SIZE}, got ${got}`,
  );
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
