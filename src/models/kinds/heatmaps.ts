/** The hybrid, and the networks that it is compared with: joints in the picture. */
import { z } from "zod";
import { DenseUNet, type DenseUNetConfig, denseUNetPresets } from "../dense-unet.ts";
import {
  Hybrid,
  type HybridConfig,
  hybridPresets,
  officialDenseName,
  officialHybridName,
  officialSpikingPoseName,
  SpikingPose,
  type SpikingPoseConfig,
  spikingPosePreset,
  STATE_INITIALISERS,
} from "../hybrid.ts";
import { count, leakyNeuron } from "./fields.ts";
import { type Fields, type ModelKind, runOnInput } from "./kind.ts";

const paper = "Aydin et al., CVPR Workshops 2024 [Aydin2024]";
const histograms = "B C H W";
const events = "T B P H W";

/** Fewer parameters than the ANN has. */
function denseParameters(inChannels: number, width: number, joints: number): number {
  return width * (1.85e4 * width + 49 * inChannels + 9 * joints);
}

/** Fewer parameters than the SNN has. */
function spikingParameters(inChannels: number, width: number, joints: number): number {
  return width * (4.1e3 * width + 25 * inChannels + 2 * joints);
}

/** See {@link Hybrid}. */
export const hybridKind: ModelKind<HybridConfig, Hybrid> = {
  title: "Hybrid ANN-SNN",
  paper,
  status: "equal to code",
  presets: hybridPresets,
  preset: "released",
  parameters: {
    released: 24_780_845,
    A: 24_228_781,
    B: 24_780_845,
    C: 24_228_781,
    rgb: 24_754_189,
    small: 1_558_613,
  },
  fields: {
    annChannels: count,
    snnChannels: count,
    width: count,
    joints: count,
    stateInit: z.enum(STATE_INITIALISERS),
    outputInit: z.boolean(),
    outputDecay: z.number().min(0).max(1),
    neuron: leakyNeuron,
  } satisfies Fields<HybridConfig>,
  tasks: ["heatmaps"],
  inputs: { events, input: histograms },
  taskOf: () => "heatmaps",
  leastParameters: ({ annChannels, snnChannels, width, joints }) =>
    denseParameters(annChannels, width, joints) + spikingParameters(snnChannels, width, joints),
  create: (config, random) => new Hybrid(config, random),
  run: (model, inputs) => ({ heatmaps: model.forward(inputs["events"]!, inputs["input"]!).heatmaps }),
  officialName: officialHybridName,
};

/** See {@link SpikingPose}. */
export const spikingPoseKind: ModelKind<SpikingPoseConfig, SpikingPose> = {
  title: "The hybrid's SNN by itself",
  paper,
  status: "equal to code",
  presets: { released: spikingPosePreset, small: { ...spikingPosePreset, width: 8 } },
  preset: "released",
  parameters: { released: 4_410_138, small: 276_570 },
  fields: {
    inChannels: count,
    width: count,
    joints: count,
    neuron: leakyNeuron,
  } satisfies Fields<SpikingPoseConfig>,
  tasks: ["heatmaps"],
  inputs: { events },
  taskOf: () => "heatmaps",
  leastParameters: ({ inChannels, width, joints }) => spikingParameters(inChannels, width, joints),
  create: (config, random) => new SpikingPose(config, random),
  run: (model, inputs) => ({ heatmaps: model.forward(inputs["events"]!).heatmaps }),
  officialName: officialSpikingPoseName,
};

/** See {@link DenseUNet}. */
export const denseUNetKind: ModelKind<DenseUNetConfig, DenseUNet> = {
  title: "The hybrid's ANN by itself",
  paper,
  status: "equal to code",
  presets: denseUNetPresets,
  preset: "released",
  parameters: { released: 19_818_669, rgb: 19_792_013, small: 1_246_197 },
  fields: { inChannels: count, width: count, joints: count } satisfies Fields<DenseUNetConfig>,
  tasks: ["heatmaps"],
  inputs: { input: histograms },
  taskOf: () => "heatmaps",
  leastParameters: ({ inChannels, width, joints }) => denseParameters(inChannels, width, joints),
  create: (config, random) => new DenseUNet(config, random),
  run: runOnInput,
  officialName: officialDenseName,
};
