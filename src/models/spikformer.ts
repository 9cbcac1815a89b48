/**
 * Spikformer [Zhou2023] as a network of poses [Zou2023, table II]: patches by spiking convolutions, then layers of spiking
 * self-attention within each frame; residual sums are of spikes.
 */
import { add, maxPool2d } from "../autograd/index.ts";
import { ArgumentError, Random } from "../core/index.ts";
import { Module } from "../nn/index.ts";
import {
  DOT_THRESHOLD,
  dotAttention,
  type NeuronConfig,
  type NeuronLayer,
  neuronLayer,
  Projection,
  SpikingConv,
} from "../snn/index.ts";
import { scope, type Tensor } from "../tensor/index.ts";
import { Backbone, type PoseHeadConfig, type PoseNetwork, poseNetwork } from "./pose-network.ts";
import { poseNeurons } from "./sew-resnet.ts";

/** What Spikformer and Spikingformer have in common. */
export type SpikingPatchConfig = PoseHeadConfig & {
  /** Channels of a token, a multiple of 8. */
  readonly embedDim: number;
  readonly layers: number;
  /** Channels of queries, keys and values together, and of the feed-forward layer. */
  readonly attentionWidth: number;
  readonly heads: number;
  readonly neuron: NeuronConfig;
};

/** Configuration of {@link spikformer}; see {@link spikformerPresets}. */
export type SpikformerConfig = SpikingPatchConfig & { readonly model: "spikformer" };

const base = {
  inChannels: 4,
  embedDim: 768,
  layers: 6,
  attentionWidth: 1024,
  heads: 8,
  neuron: poseNeurons,
  head: "smpl",
  regressorWidth: null,
} as const;
const small = { embedDim: 32, layers: 2, attentionWidth: 24, heads: 2 } as const;

/**
 * The network of [Zou2023, table II], and a small one, for Spikformer and Spikingformer. The paper names patches, layers
 * and a width of 1024, which is what it calls that of its own attention; 768 channels were chosen for its counts.
 */
export const spikingPatchSizes = { paper: base, tiny: { ...base, ...small } } as const;

/** See {@link spikingPatchSizes}. */
export const spikformerPresets = {
  paper: { model: "spikformer", ...spikingPatchSizes.paper },
  tiny: { model: "spikformer", ...spikingPatchSizes.tiny },
} as const satisfies Record<string, SpikformerConfig>;

/** Channels between the convolutions of the patches: an eighth of the tokens' and doubling. @throws ArgumentError */
export function patchWidths(inChannels: number, embedDim: number): number[] {
  if (!(embedDim > 0 && embedDim % 8 === 0)) {
    throw new ArgumentError(`spiking patches: expected channels in eights, got ${embedDim}`);
  }
  return [inChannels, embedDim / 8, embedDim / 4, embedDim / 2, embedDim];
}

/** Four times 3×3 → BN → neurons → max-pooling by 2, then x + SN(BN(3×3(x))), which encodes places. */
class SpikingPatches extends Module {
  readonly convs: SpikingConv[];
  readonly places: SpikingConv;

  constructor(random: Random, { inChannels, embedDim, neuron: neurons }: SpikingPatchConfig) {
    super();
    const widths = patchWidths(inChannels, embedDim);
    this.convs = widths
      .slice(1)
      .map((width, i) => new SpikingConv(random, widths[i]!, width, 3, { neurons }));
    this.places = new SpikingConv(random, embedDim, embedDim, 3, { neurons });
  }

  forward(x: Tensor): Tensor {
    const patches = this.convs.reduce((u, conv) => scope(() => maxPool2d(conv.forward(u), 2)), x);
    return add(patches, this.places.forward(patches));
  }
}

/** SN(BN(W_o SN(q(kᵀv)/8))) with q, k, v = SN(BN(W x)); the neurons behind the sums fire at 0.5. */
class SelfAttention extends Module {
  readonly query: Projection;
  readonly key: Projection;
  readonly value: Projection;
  readonly neurons: NeuronLayer;
  readonly output: Projection;
  readonly heads: number;

  constructor(random: Random, { embedDim, attentionWidth, heads, neuron: neurons }: SpikingPatchConfig) {
    super();
    this.query = new Projection(random, embedDim, attentionWidth, { neurons });
    this.key = new Projection(random, embedDim, attentionWidth, { neurons });
    this.value = new Projection(random, embedDim, attentionWidth, { neurons });
    this.neurons = neuronLayer({ ...neurons, firingThreshold: DOT_THRESHOLD });
    this.output = new Projection(random, attentionWidth, embedDim, { neurons });
    this.heads = heads;
  }

  forward(x: Tensor): Tensor {
    const spikes = { q: this.query.forward(x), k: this.key.forward(x), v: this.value.forward(x) };
    const sums = dotAttention(this, spikes, this.heads);
    return this.output.forward(this.neurons.forward(sums));
  }
}

/** x′ = x + attention(x), then x′ + SN(BN(W₂ SN(BN(W₁ x′)))) */
class EncoderLayer extends Module {
  readonly attention: SelfAttention;
  readonly expand: Projection;
  readonly project: Projection;

  constructor(random: Random, config: SpikingPatchConfig) {
    super();
    const { embedDim, attentionWidth, neuron: neurons } = config;
    this.attention = new SelfAttention(random, config);
    this.expand = new Projection(random, embedDim, attentionWidth, { neurons });
    this.project = new Projection(random, attentionWidth, embedDim, { neurons });
  }

  forward(x: Tensor): Tensor {
    const attended = add(x, this.attention.forward(x));
    return add(attended, this.project.forward(this.expand.forward(attended)));
  }
}

/** Patches of 16×16 pixels and layers over them: `[T, B, H, W, Ci]` → `[T, B, H/16, W/16, C]`. */
export class Spikformer extends Backbone {
  readonly patches: SpikingPatches;
  readonly layers: EncoderLayer[];
  readonly channels: number;

  /** @throws ArgumentError when channels do not divide into eights, or the width into the heads */
  constructor(random: Random, config: SpikingPatchConfig) {
    super();
    checkHeads(config);
    this.patches = new SpikingPatches(random, config);
    this.layers = Array.from({ length: config.layers }, () => new EncoderLayer(random, config));
    this.channels = config.embedDim;
  }

  forward(x: Tensor): Tensor {
    return this.layers.reduce(
      (u, layer) => scope(() => layer.forward(u)),
      scope(() => this.patches.forward(x)),
    );
  }
}

/** @throws ArgumentError when the width does not divide into the heads */
export function checkHeads({ attentionWidth, heads }: SpikingPatchConfig): void {
  if (!(heads >= 1) || attentionWidth % heads !== 0) {
    throw new ArgumentError(
      `attention: expected a width that divides into ${heads} heads, got ${attentionWidth}`,
    );
  }
}

/**
 * Spikformer → mean over the map → regressors. Clips have sides of 16 pixels and more.
 *
 * @param config - one of {@link spikformerPresets}, or changes to it
 * @throws ArgumentError
 */
export function spikformer(
  config: SpikformerConfig,
  random: Random = new Random(0),
): PoseNetwork<SpikformerConfig, Spikformer> {
  return poseNetwork(random, config, { backbone: new Spikformer(random, config), temporal: null });
}
