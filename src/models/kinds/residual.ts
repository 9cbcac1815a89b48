/** Pose networks on residual networks: the tracker, and rivals of it. */
import { z } from "zod";
import { SEW_DEPTHS, sewChannels } from "../../snn/index.ts";
import { maSnn, type MaSnnConfig, maSnnPresets } from "../ma-snn.ts";
import type { PoseNetwork } from "../pose-network.ts";
import {
  officialPoseTrackerName,
  PoseTracker,
  type PoseTrackerConfig,
  poseTrackerPresets,
} from "../pose-tracker.ts";
import { resNetGru, type ResNetGruConfig, resNetGruPresets } from "../resnet-gru.ts";
import {
  resNetTransformer,
  type ResNetTransformerConfig,
  resNetTransformerPresets,
} from "../resnet-transformer.ts";
import { sewResNetPose, type SewResNetConfig, sewResNetPresets } from "../sew-resnet.ts";
import {
  connection,
  count,
  depth,
  gruParameters,
  neuron,
  poseHead,
  regressorParameters,
  residualDepth,
  residualParameters,
  score,
} from "./fields.ts";
import { checkDivisor, type Fields, type ModelKind, runOnInput } from "./kind.ts";

const clip = { input: "T B C H W" };

/** See {@link PoseTracker}. */
export const poseTrackerKind: ModelKind<PoseTrackerConfig, PoseTracker> = {
  title: "Spiking Spatiotemporal Transformer (SST)",
  paper: "Zou et al. 2023 [Zou2023]",
  status: "equal to code",
  presets: poseTrackerPresets,
  preset: "released",
  parameters: { released: 49_037_662, paper: 49_037_662, small: 11_657_143, nano: 1_757_223 },
  fields: {
    depth: residualDepth,
    backboneWidth: count,
    inChannels: count,
    layers: depth,
    width: count.multipleOf(4),
    heads: count,
    score,
    softmax: z.boolean(),
    binaryValues: z.boolean(),
    connection,
    neuron,
    head: poseHead.head,
    views: count.max(64),
  } satisfies Fields<PoseTrackerConfig>,
  tasks: ["pose"],
  inputs: clip,
  taskOf: () => "pose",
  check: ({ heads, width }) => checkDivisor("heads", heads, "width", width),
  leastParameters: (config) => {
    const { depth, inChannels, backboneWidth: width } = config;
    const layers = config.layers * 6 * sewChannels(depth, width) * config.width;
    return residualParameters({ depth, inChannels, width }) + layers;
  },
  create: (config, random) => new PoseTracker(config, random),
  run: runOnInput,
  officialName: officialPoseTrackerName,
};

/** See {@link resNetGru}. */
export const resNetGruKind: ModelKind<ResNetGruConfig, PoseNetwork<ResNetGruConfig>> = {
  title: "ResNet-GRU",
  paper: "Kocabas et al., CVPR 2020 [Kocabas2020]; rival of [Zou2023]",
  status: "as described",
  note: "convertToSpiking makes ANN2SNN of a trained one.",
  presets: resNetGruPresets,
  preset: "paper",
  parameters: { paper: 46_915_869, tiny: 56_005 },
  fields: {
    ...poseHead,
    depth: residualDepth,
    width: count,
    gruWidth: count,
  } satisfies Fields<ResNetGruConfig>,
  tasks: ["pose"],
  inputs: clip,
  taskOf: () => "pose",
  leastParameters: (config) => {
    const { gruWidth } = config;
    const recurrent = gruParameters(sewChannels(config.depth, config.width), gruWidth);
    return residualParameters(config) + recurrent + regressorParameters(2 * gruWidth, config);
  },
  create: resNetGru,
  run: runOnInput,
};

/** See {@link resNetTransformer}. */
export const resNetTransformerKind: ModelKind<
  ResNetTransformerConfig,
  PoseNetwork<ResNetTransformerConfig>
> = {
  title: "ResNet-TF and SEW-ResNet-TF",
  paper: "Zou et al. 2023 [Zou2023], after [Carion2020]",
  status: "as described",
  presets: resNetTransformerPresets,
  preset: "paper",
  parameters: { paper: 41_303_709, paperSpiking: 46_815_954, tiny: 58_293, tinySpiking: 58_313 },
  fields: {
    ...poseHead,
    backbone: z.union([z.literal("relu"), z.strictObject({ connection, neuron })]),
    depth: residualDepth,
    width: count,
    encoderLayers: depth,
    decoderLayers: depth,
    modelWidth: count.multipleOf(4),
    feedForwardWidth: count,
    heads: count,
  } satisfies Fields<ResNetTransformerConfig>,
  tasks: ["pose"],
  inputs: clip,
  taskOf: () => "pose",
  check: ({ heads, modelWidth }) => checkDivisor("heads", heads, "modelWidth", modelWidth),
  leastParameters: (config) => {
    const { encoderLayers, decoderLayers, modelWidth, feedForwardWidth } = config;
    const feedForward = 2 * modelWidth * feedForwardWidth;
    const square = modelWidth ** 2;
    return (
      residualParameters(config) +
      sewChannels(config.depth, config.width) * modelWidth +
      encoderLayers * (4 * square + feedForward) +
      decoderLayers * (8 * square + feedForward) +
      regressorParameters(modelWidth, config)
    );
  },
  create: resNetTransformer,
  run: runOnInput,
};

const sewResNet = { ...poseHead, depth: residualDepth, width: count, connection, neuron };

function sewResNetParameters(config: Omit<SewResNetConfig, "model">): number {
  const channels = sewChannels(config.depth, config.width);
  return residualParameters(config) + regressorParameters(channels, config);
}

/** See {@link sewResNetPose}. */
export const sewResNetKind: ModelKind<SewResNetConfig, PoseNetwork<SewResNetConfig>> = {
  title: "SEW-ResNet",
  paper: "Fang et al., NeurIPS 2021 [Fang2021a]; rival of [Zou2023]",
  status: "as described",
  note: "Its backbone is that of pose-tracker, which is equal to the code.",
  presets: sewResNetPresets,
  preset: "paper",
  parameters: { paper: 25_770_322, tiny: 48_185 },
  fields: sewResNet satisfies Fields<SewResNetConfig>,
  tasks: ["pose"],
  inputs: clip,
  taskOf: () => "pose",
  leastParameters: sewResNetParameters,
  create: sewResNetPose,
  run: runOnInput,
};

/** Fewer parameters than the gates of MA-SNN have. */
function gateParameters({ depth: layers, width, ...options }: MaSnnConfig): number {
  const gate = (size: number, reduction: number) => 2 * size * Math.max(1, Math.round(size / reduction));
  const { blocks, bottleneck } = SEW_DEPTHS[layers];
  const time = gate(options.timeSteps, options.timeReduction);
  return blocks.reduce((sum, blockCount, stage) => {
    const channels = (bottleneck ? 4 : 1) * width * 2 ** stage;
    return sum + blockCount * (time + gate(channels, options.channelReduction));
  }, 0);
}

/** See {@link maSnn}. */
export const maSnnKind: ModelKind<MaSnnConfig, PoseNetwork<MaSnnConfig>> = {
  title: "MA-SNN",
  paper: "Yao et al., TPAMI 2023 [Yao2023]; rival of [Zou2023]",
  status: "as described",
  note: "For clips of `timeSteps` steps alone.",
  presets: maSnnPresets,
  preset: "paper",
  parameters: { paper: 30_251_378, tiny: 51_753 },
  fields: {
    ...sewResNet,
    timeSteps: count,
    timeReduction: z.number().positive(),
    channelReduction: z.number().positive(),
  } satisfies Fields<MaSnnConfig>,
  tasks: ["pose"],
  inputs: clip,
  taskOf: () => "pose",
  leastParameters: (config) => sewResNetParameters(config) + gateParameters(config),
  create: maSnn,
  run: runOnInput,
};
