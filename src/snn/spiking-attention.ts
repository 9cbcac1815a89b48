/** Spike-driven self-attention over space and time. Tensors are `[T, B, H, W, C]`. */
import { add } from "../autograd/index.ts";
import { ArgumentError, type Random } from "../core/index.ts";
import { BatchNorm, Module } from "../nn/index.ts";
import type { Tensor } from "../tensor/index.ts";
import { linearAttention, type Score } from "./attention.ts";
import { RepConv, ResidualBranch } from "./blocks.ts";
import { type NeuronConfig, type NeuronLayer, neuronLayer } from "./neuron-layers.ts";
import { type Extent, fromTokens, toTokens } from "./tokens.ts";

/**
 * Which tokens see each other [Zou2025, §3.3]: all of a clip (`joint`), those of a frame (`spatial`), first those of a
 * frame and then those of a pixel (`hierarchical`), or both at once, merged before the neurons (`factorised`).
 */
export type AttentionDesign = "joint" | "hierarchical" | "factorised" | "spatial";

/** Options of {@link SpikingAttention}. */
export type AttentionOptions = {
  readonly heads: number;
  readonly score: Score;
  readonly neurons: NeuronConfig;
};

/** Neurons with binary queries, keys and values: three times RepConv → SN. */
class Projections extends Module {
  readonly query: RepConv;
  readonly key: RepConv;
  readonly value: RepConv;
  readonly queryNeurons: NeuronLayer;
  readonly keyNeurons: NeuronLayer;
  readonly valueNeurons: NeuronLayer;

  constructor(random: Random, channels: number, neurons: NeuronConfig) {
    super();
    this.query = new RepConv(random, channels);
    this.key = new RepConv(random, channels);
    this.value = new RepConv(random, channels);
    this.queryNeurons = neuronLayer(neurons);
    this.keyNeurons = neuronLayer(neurons);
    this.valueNeurons = neuronLayer(neurons);
  }

  forward(spikes: Tensor): { q: Tensor; k: Tensor; v: Tensor } {
    return {
      q: this.queryNeurons.forward(this.query.forward(spikes)),
      k: this.keyNeurons.forward(this.key.forward(spikes)),
      v: this.valueNeurons.forward(this.value.forward(spikes)),
    };
  }
}

/**
 * Attention over one extent, or over two merged, with one output projection:
 * RepConv(SN(BN(attention(SN(RepConv(SN(U)))))). With Hamming, Euclidean or Manhattan scores the sums are divided by
 * the full width C, normalised, and fire at θ = 1; with dot products they are multiplied by 0.125 and fire at θ = 0.5,
 * both as in the released code. Heads are contiguous groups of channels.
 */
export class SpikingAttention extends ResidualBranch {
  readonly inputNeurons: NeuronLayer;
  readonly projections: Projections[];
  readonly norm: BatchNorm | null;
  readonly outputNeurons: NeuronLayer;
  readonly output: RepConv;
  readonly extents: readonly Extent[];
  readonly heads: number;
  readonly score: Score;
  /** Factor of the sums over keys: 1/C, and 0.125 for dot products. */
  readonly sumScale: number;

  /** @throws ArgumentError when the channels do not divide into the heads */
  constructor(random: Random, channels: number, extents: readonly Extent[], options: AttentionOptions) {
    super();
    const { heads, score, neurons } = options;
    if (!(heads >= 1) || channels % heads !== 0) {
      throw new ArgumentError(
        `attention: expected channels that divide into ${heads} heads, got ${channels}`,
      );
    }
    this.inputNeurons = neuronLayer(neurons);
    this.projections = extents.map(() => new Projections(random, channels, neurons));
    this.norm = score === "dot" ? null : new BatchNorm(channels);
    this.outputNeurons = neuronLayer(score === "dot" ? { ...neurons, firingThreshold: 0.5 } : neurons);
    this.output = new RepConv(random, channels);
    this.extents = extents;
    this.heads = heads;
    this.score = score;
    this.sumScale = score === "dot" ? 0.125 : 1 / channels;
  }

  override get lastNorm(): BatchNorm {
    return this.output.norm3;
  }

  /** `[T, B, H, W, C]` → the same shape; the residual sum is the caller's. */
  forward(x: Tensor): Tensor {
    const spikes = this.inputNeurons.forward(x);
    const sums = this.extents.map((extent, i) => this.#attend(extent, this.projections[i]!.forward(spikes)));
    const merged = sums.reduce(add);
    const current = this.norm === null ? merged : this.norm.forward(merged);
    return this.output.forward(this.outputNeurons.forward(current));
  }

  #attend(extent: Extent, { q, k, v }: { q: Tensor; k: Tensor; v: Tensor }): Tensor {
    const { heads, score, sumScale } = this;
    const [qs, ks, vs] = [q, k, v].map((x) => toTokens(x, heads, extent)) as [Tensor, Tensor, Tensor];
    // Driven by spikes on both sides: kᵀv adds one row of k per spike of v, q gathers rows of the product.
    const perProduct = v.size * (v.shape.at(-1)! / heads);
    this.observer?.({ kind: "synapse", macs: perProduct, input: v });
    this.observer?.({ kind: "synapse", macs: perProduct, input: q });
    return fromTokens(linearAttention(qs, ks, vs, score, sumScale), v.shape, heads, extent);
  }
}

/** The attention modules of a design, each to be added to the membrane potential in turn. */
export function attentionModules(
  random: Random,
  channels: number,
  design: AttentionDesign,
  options: AttentionOptions,
): SpikingAttention[] {
  switch (design) {
    case "joint":
      return [new SpikingAttention(random, channels, ["joint"], options)];
    case "spatial":
      return [new SpikingAttention(random, channels, ["spatial"], options)];
    case "factorised":
      return [new SpikingAttention(random, channels, ["spatial", "temporal"], options)];
    case "hierarchical":
      return [
        new SpikingAttention(random, channels, ["spatial"], options),
        new SpikingAttention(random, channels, ["temporal"], options),
      ];
  }
}
