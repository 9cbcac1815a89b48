/**
 * Spikingformer [Zhou2023a] as a network of poses [Zou2023, table II]: Spikformer with neurons in front of the weights and
 * not behind, so that residual sums are membrane potentials and every convolution but the first is fed by spikes.
 */
import { add, maxPool2d } from "../autograd/index.ts";
import { Random } from "../core/index.ts";
import { BatchNorm, Linear, Module } from "../nn/index.ts";
import {
  DOT_THRESHOLD,
  dotAttention,
  Downsample,
  Mlp,
  type NeuronLayer,
  neuronLayer,
  Projection,
} from "../snn/index.ts";
import { scope, type Tensor } from "../tensor/index.ts";
import { Backbone, type PoseNetwork, poseNetwork } from "./pose-network.ts";
import { checkHeads, patchWidths, type SpikingPatchConfig, spikingPatchSizes } from "./spikformer.ts";

/** Configuration of {@link spikingformer}; see {@link spikingformerPresets}. */
export type SpikingformerConfig = SpikingPatchConfig & { readonly model: "spikingformer" };

/** See {@link spikingPatchSizes}. */
export const spikingformerPresets = {
  paper: { model: "spikingformer", ...spikingPatchSizes.paper },
  tiny: { model: "spikingformer", ...spikingPatchSizes.tiny },
} as const satisfies Record<string, SpikingformerConfig>;

/** BN(W_o SN(q(kᵀv)/8)) with q, k, v = SN(BN(W SN(x))); the neurons behind the sums fire at 0.5. */
class SelfAttention extends Module {
  readonly inputNeurons: NeuronLayer;
  readonly query: Projection;
  readonly key: Projection;
  readonly value: Projection;
  readonly neurons: NeuronLayer;
  readonly output: Linear;
  readonly norm: BatchNorm;
  readonly heads: number;

  constructor(random: Random, { embedDim, attentionWidth, heads, neuron: neurons }: SpikingPatchConfig) {
    super();
    this.inputNeurons = neuronLayer(neurons);
    this.query = new Projection(random, embedDim, attentionWidth, { neurons });
    this.key = new Projection(random, embedDim, attentionWidth, { neurons });
    this.value = new Projection(random, embedDim, attentionWidth, { neurons });
    this.neurons = neuronLayer({ ...neurons, firingThreshold: DOT_THRESHOLD });
    this.output = new Linear(random, attentionWidth, embedDim, { bias: false });
    this.norm = new BatchNorm(embedDim);
    this.heads = heads;
  }

  forward(x: Tensor): Tensor {
    const fed = this.inputNeurons.forward(x);
    const spikes = { q: this.query.forward(fed), k: this.key.forward(fed), v: this.value.forward(fed) };
    const sums = dotAttention(this, spikes, this.heads);
    return this.norm.forward(this.output.forward(this.neurons.forward(sums)));
  }
}

/** u′ = u + attention(u), then u′ + MLP(u′) */
class EncoderLayer extends Module {
  readonly attention: SelfAttention;
  readonly mlp: Mlp;

  constructor(random: Random, config: SpikingPatchConfig) {
    super();
    const { embedDim, attentionWidth, neuron } = config;
    this.attention = new SelfAttention(random, config);
    this.mlp = new Mlp(random, embedDim, attentionWidth / embedDim, neuron);
  }

  forward(x: Tensor): Tensor {
    const attended = add(x, this.attention.forward(x));
    return add(attended, this.mlp.forward(attended));
  }
}

/**
 * Four times (neurons, but not at first) → 3×3 → BN → max-pooling by 2, then once more without pooling; then layers:
 * `[T, B, H, W, Ci]` → membrane potentials `[T, B, H/16, W/16, C]`.
 */
export class Spikingformer extends Backbone {
  readonly patches: Downsample[];
  readonly places: Downsample;
  readonly layers: EncoderLayer[];
  readonly channels: number;

  /** @throws ArgumentError when channels do not divide into eights, or the width into the heads */
  constructor(random: Random, config: SpikingPatchConfig) {
    super();
    checkHeads(config);
    const { inChannels, embedDim, neuron: neurons } = config;
    const widths = patchWidths(inChannels, embedDim);
    const conv = { kernel: 3, stride: 1 };
    this.patches = widths.slice(1).map((width, i) => {
      return new Downsample(random, widths[i]!, width, { ...conv, neurons: i === 0 ? null : neurons });
    });
    this.places = new Downsample(random, embedDim, embedDim, { ...conv, neurons });
    this.layers = Array.from({ length: config.layers }, () => new EncoderLayer(random, config));
    this.channels = embedDim;
  }

  forward(x: Tensor): Tensor {
    const patches = this.patches.reduce((u, conv) => scope(() => maxPool2d(conv.forward(u), 2)), x);
    return this.layers.reduce(
      (u, layer) => scope(() => layer.forward(u)),
      scope(() => this.places.forward(patches)),
    );
  }
}

/**
 * Spikingformer → mean over the map → regressors. Clips have sides of 16 pixels and more.
 *
 * @param config - one of {@link spikingformerPresets}, or changes to it
 * @throws ArgumentError
 */
export function spikingformer(
  config: SpikingformerConfig,
  random: Random = new Random(0),
): PoseNetwork<SpikingformerConfig, Spikingformer> {
  return poseNetwork(random, config, { backbone: new Spikingformer(random, config), temporal: null });
}
