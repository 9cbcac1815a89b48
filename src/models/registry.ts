/** The models of this library by the names that configurations give them: one table. */
import { ArgumentError } from "../core/index.ts";
import type { Module } from "../nn/index.ts";
import { denseUNetKind, hybridKind, spikingPoseKind } from "./kinds/heatmaps.ts";
import type { Inputs, ModelKind, TaskName } from "./kinds/kind.ts";
import {
  maSnnKind,
  poseTrackerKind,
  resNetGruKind,
  resNetTransformerKind,
  sewResNetKind,
} from "./kinds/residual.ts";
import { metaSpikeFormerKind, spikeVideoFormerKind } from "./kinds/spikevideoformer.ts";
import { staaKind } from "./kinds/staa.ts";
import { spikformerKind, spikingformerKind, videoSwinKind } from "./kinds/transformers.ts";
import type { Outputs } from "./spikevideoformer.ts";

/** All kinds of models. */
export const modelKinds = {
  spikevideoformer: spikeVideoFormerKind,
  "pose-tracker": poseTrackerKind,
  hybrid: hybridKind,
  "spiking-pose": spikingPoseKind,
  "dense-unet": denseUNetKind,
  staa: staaKind,
  "resnet-gru": resNetGruKind,
  "resnet-transformer": resNetTransformerKind,
  "video-swin": videoSwinKind,
  "sew-resnet": sewResNetKind,
  "ma-snn": maSnnKind,
  spikformer: spikformerKind,
  spikingformer: spikingformerKind,
  "meta-spikeformer": metaSpikeFormerKind,
} as const;

/** Name of a kind of model. */
export type ModelName = keyof typeof modelKinds;

/** Configuration of a model of the kind `K`. */
export type ConfigOf<K extends ModelName> = Parameters<(typeof modelKinds)[K]["create"]>[0];

/** A model of the kind `K`. */
export type ModelOf<K extends ModelName> = ReturnType<(typeof modelKinds)[K]["create"]>;

/** Configuration of any model; `model` tells its kind. */
export type ModelConfig = ConfigOf<ModelName>;

/** A model that its configuration describes. */
export type ConfiguredModel = Module & { readonly config: ModelConfig };

/** What is known of a kind. @throws ArgumentError if there is none of this name */
export function kindOf(name: ModelName): ModelKind<ModelConfig, ConfiguredModel>;
export function kindOf(name: unknown): ModelKind<ModelConfig, ConfiguredModel>;
export function kindOf(name: unknown): ModelKind<ModelConfig, ConfiguredModel> {
  if (typeof name === "string" && Object.hasOwn(modelKinds, name)) {
    return modelKinds[name as ModelName] as unknown as ModelKind<ModelConfig, ConfiguredModel>;
  }
  const got = JSON.stringify(name) ?? typeof name;
  throw new ArgumentError(
    `model configuration: model: expected one of ${Object.keys(modelKinds).join(", ")}, got ${got}`,
  );
}

/** What a configuration is for. */
export function taskOf(config: ModelConfig): TaskName {
  return kindOf(config.model).taskOf(config);
}

/**
 * Runs a model of any kind.
 *
 * @param inputs - tensors by the names in `inputs` of its kind
 * @returns its outputs by name: `logits`, `pose6d`, `shape`, `translation`, `joints3d`, `heatmaps`
 * @throws ShapeError, ArgumentError
 */
export function runModel(model: ConfiguredModel, inputs: Inputs): Outputs {
  const kind = kindOf(model.config.model);
  for (const [name, axes] of Object.entries(kind.inputs)) {
    if (inputs[name] === undefined) {
      throw new ArgumentError(`${model.config.model}: expected the input ${name} [${axes}], got none`);
    }
  }
  return kind.run(model, inputs);
}

/** Whether a model is of a kind. */
export function isKind<K extends ModelName>(model: ConfiguredModel, name: K): model is ModelOf<K> {
  return model.config.model === name;
}
