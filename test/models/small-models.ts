/** A small model of every kind, and inputs that it takes. */
import { Random, sizeOf } from "../../src/core/index.ts";
import {
  type ConfiguredModel,
  createModel,
  type ModelConfig,
  modelKinds,
  type ModelName,
  parseModelConfig,
} from "../../src/models/index.ts";

const clip = { input: [2, 1, 4, 32, 32] };

const configs: Readonly<Record<ModelName, object>> = {
  spikevideoformer: { preset: "tiny", embedDims: [8, 8, 16, 16], depths: [1, 1, 1, 1, 1], heads: 2 },
  "pose-tracker": { preset: "nano", backboneWidth: 4, width: 16 },
  hybrid: { width: 4, annChannels: 2, joints: 3 },
  "spiking-pose": { width: 4, joints: 3 },
  "dense-unet": { width: 4, inChannels: 2, joints: 3 },
  staa: { architecture: "resnet20", width: 4 },
  "resnet-gru": { preset: "tiny" },
  "resnet-transformer": { preset: "tinySpiking" },
  "video-swin": { preset: "tiny" },
  "sew-resnet": { preset: "tiny" },
  "ma-snn": { preset: "tiny" },
  spikformer: { preset: "tiny" },
  spikingformer: { preset: "tiny" },
  "meta-spikeformer": { preset: "tiny" },
};

/** Shapes of inputs by name. */
export const smallInputs: Readonly<Record<ModelName, Readonly<Record<string, readonly number[]>>>> = {
  spikevideoformer: { input: [2, 1, 3, 32, 32] },
  "pose-tracker": clip,
  hybrid: { events: [2, 1, 2, 32, 32], input: [1, 2, 32, 32] },
  "spiking-pose": { events: [2, 1, 2, 32, 32] },
  "dense-unet": { input: [1, 2, 32, 32] },
  staa: { input: [2, 1, 3, 32, 32] },
  "resnet-gru": clip,
  "resnet-transformer": clip,
  "video-swin": clip,
  "sew-resnet": clip,
  "ma-snn": clip,
  spikformer: clip,
  spikingformer: clip,
  "meta-spikeformer": clip,
};

/** Draws the same number always, which is quick where millions are drawn and none is looked at. */
export class Constant extends Random {
  override uniform(low: number): number {
    return low;
  }
  override normal(mean: number): number {
    return mean;
  }
}

/** Names of all kinds. */
export const modelNames = Object.keys(modelKinds) as ModelName[];

/** A configuration of the kind whose model is quickly made and run. */
export function smallConfig(name: ModelName): ModelConfig {
  return parseModelConfig({ model: name, ...configs[name] });
}

/** The model of {@link smallConfig}, or of changes to it, in evaluation mode, with neurons that fire up to the last layer. */
export function smallModel(name: ModelName, seed = 3, changes: object = {}): ConfiguredModel {
  const config = { ...smallConfig(name), ...changes } as ModelConfig;
  const model = createModel(config, new Random(seed)).eval();
  const random = new Random(seed + 1);
  for (const [path, { data }] of model.namedTensors()) {
    if (/norm\d?\.bias$/i.test(path)) data.forEach((_, i) => (data[i] = random.normal(0.5, 0.8)));
  }
  return model;
}

/** Numbers for each input. */
export function smallNumbers(name: ModelName): Map<string, { shape: readonly number[]; data: Float32Array }> {
  const random = new Random(name);
  return new Map(
    Object.entries(smallInputs[name]).map(([input, shape]) => [
      input,
      { shape, data: Float32Array.from({ length: sizeOf(shape) }, () => Math.abs(random.normal())) },
    ]),
  );
}
