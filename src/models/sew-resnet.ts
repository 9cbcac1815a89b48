/** SEW-ResNet as a backbone [Fang2021a], with the stem of the pose tracker, and alone as a network of poses. */
import { maxPool2d } from "../autograd/index.ts";
import { Random } from "../core/index.ts";
import {
  type NeuronConfig,
  type Recalibration,
  SewBlock,
  sewChannels,
  type SewDepth,
  type SewFunction,
  SpikingConv,
} from "../snn/index.ts";
import { scope, type Tensor } from "../tensor/index.ts";
import { Backbone, type PoseHeadConfig, type PoseNetwork, poseNetwork } from "./pose-network.ts";
import { type ResidualStage, residualStages } from "./residual-stages.ts";

/** Options of {@link SewResNet}. */
export type SewResNetOptions = {
  readonly depth: SewDepth;
  readonly inChannels: number;
  /** Channels of the stem and of the first stage; 64 in the published networks, which is the default. */
  readonly width?: number;
  readonly connection: SewFunction;
  readonly neurons: NeuronConfig;
  /** Attention on the currents of the last convolution of every branch, made for its channels. */
  readonly recalibration?: (channels: number) => Recalibration;
};

/**
 * 7×7 stride 2 → BN → neurons → max-pooling 3×3 stride 2 → four stages of {@link SewBlock}s of widths 64 to 512, each but
 * the first halving the resolution: `[T, B, H, W, Ci]` → `[T, B, H/32, W/32, C]`, C = 512, or 2048 from depth 50 on.
 */
export class SewResNet extends Backbone {
  readonly stem: SpikingConv;
  readonly stages: ResidualStage<SewBlock>[];
  readonly channels: number;

  constructor(random: Random, { width = 64, recalibration, ...options }: SewResNetOptions) {
    super();
    const { depth, inChannels, connection, neurons } = options;
    this.channels = sewChannels(depth, width);
    this.stem = new SpikingConv(random, inChannels, width, 7, { stride: 2, neurons });
    const common = { connection, neurons, ...(recalibration && { recalibration }) };
    this.stages = residualStages(
      depth,
      width,
      (place) => new SewBlock(random, place.inChannels, place.width, { ...common, ...place }),
    );
  }

  forward(x: Tensor): Tensor {
    const pooled = scope(() => maxPool2d(this.stem.forward(x), 3, { stride: 2, padding: 1 }));
    return this.stages.reduce((u, stage) => stage.forward(u), pooled);
  }
}

/** Neurons of the spiking networks of [Zou2023]: parametric, with a soft reset through which gradients flow. */
export const poseNeurons = {
  kind: "plif",
  tau: 2,
  decayInput: true,
  reset: "soft",
  detachReset: false,
  surrogate: { kind: "atan", alpha: 2 },
} as const satisfies NeuronConfig;

/** Configuration of {@link sewResNetPose}; see {@link sewResNetPresets}. */
export type SewResNetConfig = PoseHeadConfig & {
  readonly model: "sew-resnet";
  readonly depth: SewDepth;
  readonly width: number;
  readonly connection: SewFunction;
  readonly neuron: NeuronConfig;
};

const base = {
  model: "sew-resnet",
  depth: 50,
  width: 64,
  inChannels: 4,
  connection: "add",
  neuron: poseNeurons,
  head: "smpl",
  regressorWidth: 1024,
} as const;

/** The network of [Zou2023, table II], and a small one. The width of the regressors was chosen for the published count. */
export const sewResNetPresets = {
  paper: base,
  tiny: { ...base, depth: 18, width: 4, regressorWidth: 16 },
} as const satisfies Record<string, SewResNetConfig>;

/**
 * SEW-ResNet → mean over the map → regressors: time is mixed by the neurons alone. Clips have sides of 32 pixels and more.
 *
 * @param config - one of {@link sewResNetPresets}, or changes to it
 * @throws ArgumentError
 */
export function sewResNetPose(
  config: SewResNetConfig,
  random: Random = new Random(0),
): PoseNetwork<SewResNetConfig, SewResNet> {
  const { depth, width, inChannels, connection, neuron: neurons } = config;
  const backbone = new SewResNet(random, { depth, width, inChannels, connection, neurons });
  return poseNetwork(random, config, { backbone, temporal: null });
}
