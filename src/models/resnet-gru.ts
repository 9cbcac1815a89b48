/** ResNet and a recurrent network in both directions of time, after VIBE [Kocabas2020]; a rival of [Zou2023, table II]. */
import { add, relu } from "../autograd/index.ts";
import { Random } from "../core/index.ts";
import { GRU, Linear } from "../nn/index.ts";
import type { SewDepth } from "../snn/index.ts";
import type { Tensor } from "../tensor/index.ts";
import { type PoseHeadConfig, type PoseNetwork, poseNetwork, TemporalPart } from "./pose-network.ts";
import { averagePool } from "./pose-regressor.ts";
import { ResNet } from "./resnet.ts";

/** Configuration of {@link resNetGru}; see {@link resNetGruPresets}. */
export type ResNetGruConfig = PoseHeadConfig & {
  readonly model: "resnet-gru";
  readonly depth: SewDepth;
  readonly width: number;
  /** Channels of the recurrent state, of each direction. */
  readonly gruWidth: number;
};

const base = {
  model: "resnet-gru",
  depth: 50,
  width: 64,
  inChannels: 4,
  gruWidth: 1024,
  head: "smpl",
  regressorWidth: null,
} as const;

/** The network of [Zou2023, table II], and a small one. */
export const resNetGruPresets = {
  paper: base,
  tiny: { ...base, depth: 18, width: 4, gruWidth: 16 },
} as const satisfies Record<string, ResNetGruConfig>;

/**
 * Means over the maps, through a GRU in both directions:
 *
 *     y = x + W·ReLU(GRU(x)) + b      where the two directions have as many channels as x [Kocabas2020]
 *     y = GRU(W·x + b)                otherwise
 */
export class GruPart extends TemporalPart {
  readonly gru: GRU;
  readonly linear: Linear;
  readonly channels: number;
  readonly residual: boolean;

  constructor(random: Random, inChannels: number, gruWidth: number) {
    super();
    this.channels = 2 * gruWidth;
    this.residual = inChannels === this.channels;
    this.gru = new GRU(random, this.channels, gruWidth, { bidirectional: true });
    this.linear = new Linear(random, inChannels, this.channels);
  }

  forward(features: Tensor): Tensor {
    const x = averagePool(features);
    if (!this.residual) return this.gru.forward(this.linear.forward(x));
    return add(x, this.linear.forward(relu(this.gru.forward(x))));
  }
}

/**
 * ResNet → mean over the map → GRU → regressors. Clips have sides of 32 pixels and more.
 *
 * @param config - one of {@link resNetGruPresets}, or changes to it
 * @throws ArgumentError
 */
export function resNetGru(
  config: ResNetGruConfig,
  random: Random = new Random(0),
): PoseNetwork<ResNetGruConfig, ResNet> {
  const backbone = new ResNet(random, config);
  const temporal = new GruPart(random, backbone.channels, config.gruWidth);
  return poseNetwork(random, config, { backbone, temporal });
}
