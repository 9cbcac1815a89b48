/** The layer of the spiking spatiotemporal transformer [Zou2023, §III-C]. Tensors are `[T, B, H, W, C]`. */
import { add, matmul, reshape, softmax } from "../autograd/index.ts";
import { ArgumentError, type Random } from "../core/index.ts";
import { BatchNorm, kaimingNormal, Linear, Module } from "../nn/index.ts";
import { type Tensor, tensor } from "../tensor/index.ts";
import { type Score, scores } from "./attention.ts";
import { type NeuronConfig, type NeuronLayer, neuronLayer } from "./neuron-layers.ts";
import { sew, type SewFunction, startAsIdentity } from "./sew.ts";
import { fromTokens, toTokens } from "./tokens.ts";

/** Options of {@link SpatiotemporalAttention} and {@link SpikingFeedForward}. */
export type SpatiotemporalOptions = {
  /** Channels C_k of queries, keys and values together, and of the feed-forward layer. */
  readonly width: number;
  readonly heads: number;
  readonly score: Score;
  /** Whether scores become shares of all keys by a softmax; the released code has it, the paper does not. */
  readonly softmax: boolean;
  /** Whether values are spikes, by a normalisation and neurons of their own, or real numbers. */
  readonly binaryValues: boolean;
  readonly connection: SewFunction;
  readonly neurons: NeuronConfig;
};

/**
 * Sine encoding of a token's place, the same at every step, `[H, W, C]` flattened: for each axis an angle
 * 2π·i/(size − 1) times frequencies 10000^(2i/C), i < C/2; half of the channels tell the row, half the column, each as
 * sines of the even frequencies and then cosines of the odd ones; all divided by T, as in the released code [Zou2023]. An
 * axis of size 1 has angle 0 (there the code divides by zero).
 *
 * @param channels - C, a multiple of 4
 * @throws ArgumentError
 */
export function positionalEncoding(
  height: number,
  width: number,
  channels: number,
  timeSteps: number,
): Float64Array {
  if (!(channels > 0 && channels % 4 === 0)) {
    throw new ArgumentError(`positionalEncoding: expected channels in fours, got ${channels}`);
  }
  const half = channels / 2;
  const frequency = Float64Array.from({ length: half }, (_, i) => 10000 ** ((2 * i) / channels));
  const encoding = new Float64Array(height * width * channels);
  const fill = (at: number, index: number, size: number) => {
    const angle = size > 1 ? (2 * Math.PI * index) / (size - 1) : 0;
    for (let i = 0; i < half; i += 2) {
      encoding[at + i / 2] = Math.sin(angle / frequency[i]!) / timeSteps;
      encoding[at + half / 2 + i / 2] = Math.cos(angle / frequency[i + 1]!) / timeSteps;
    }
  };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * channels;
      fill(at, y, height);
      fill(at + half, x, width);
    }
  }
  return encoding;
}

/** A linear map without bias → BN → neurons; weights start as in the released code. */
export class Projection extends Module {
  readonly linear: Linear;
  readonly norm: BatchNorm;
  readonly neurons: NeuronLayer;

  constructor(
    random: Random,
    from: number,
    to: number,
    { neurons, bias = false }: { readonly neurons: NeuronConfig; readonly bias?: boolean },
  ) {
    super();
    this.linear = new Linear(random, from, to, { bias });
    kaimingNormal(random, this.linear.weight);
    this.norm = new BatchNorm(to);
    this.neurons = neuronLayer(neurons);
  }

  /** `[..., C]` → spikes. @param position - added to the currents before they are normalised */
  forward(x: Tensor, position?: Tensor): Tensor {
    const current = this.linear.forward(x);
    return this.neurons.forward(this.norm.forward(position === undefined ? current : add(current, position)));
  }
}

/**
 * Attention between all tokens of a clip, which lets information run both ways in time:
 *
 *     q = SN(BN(W_q x + p))   k = SN(BN(W_k x + p))   v = W_v x + b + p
 *     o = SN(BN(W_o SN(BN(f(q, k) v)) + b_o)),   out = sew(o, x)
 *
 * with p the positional encoding and f the scores, through a softmax or not.
 */
export class SpatiotemporalAttention extends Module {
  readonly query: Projection;
  readonly key: Projection;
  readonly value: Linear;
  readonly valueNorm: BatchNorm | null;
  readonly valueNeurons: NeuronLayer | null;
  readonly norm: BatchNorm;
  readonly neurons: NeuronLayer;
  readonly output: Projection;
  readonly options: SpatiotemporalOptions;

  /** @throws ArgumentError when the width does not divide into the heads */
  constructor(random: Random, channels: number, options: SpatiotemporalOptions) {
    super();
    const { width, heads, binaryValues, connection, neurons } = options;
    if (!(heads >= 1) || width % heads !== 0) {
      throw new ArgumentError(`attention: expected a width that divides into ${heads} heads, got ${width}`);
    }
    this.query = new Projection(random, channels, width, { neurons });
    this.key = new Projection(random, channels, width, { neurons });
    this.value = new Linear(random, channels, width);
    kaimingNormal(random, this.value.weight);
    this.valueNorm = binaryValues ? new BatchNorm(width) : null;
    this.valueNeurons = binaryValues ? neuronLayer(neurons) : null;
    this.norm = new BatchNorm(width);
    this.neurons = neuronLayer(neurons);
    this.output = new Projection(random, width, channels, { neurons, bias: true });
    startAsIdentity(this.output.norm, connection, neurons);
    this.options = options;
  }

  /** `[T, B, H, W, C]` → the same shape. */
  forward(x: Tensor): Tensor {
    return this.attend(x).out;
  }

  /**
   * {@link forward}, and the scores of every token for every other, `[B, heads, T·H·W, T·H·W]`.
   *
   * @param views - encodings of views, `[V, C_k]`, added to p: where given, the rows of x are those of V maps, one below
   *   the other, each with the places of a map of its own
   */
  attend(x: Tensor, views?: Tensor): { readonly out: Tensor; readonly scores: Tensor } {
    const { width, heads, score, connection } = this.options;
    const [T, B, H, W] = x.shape as [number, number, number, number];
    const position = this.#position(T, H, W, views);
    const q = toTokens(this.query.forward(x, position), heads, "joint");
    const k = toTokens(this.key.forward(x, position), heads, "joint");
    const values = add(this.value.forward(x), position);
    const fired =
      this.valueNeurons === null ? values : this.valueNeurons.forward(this.valueNorm!.forward(values));
    const v = toTokens(fired, heads, "joint");
    const raw = scores(q, k, score);
    const weights = this.options.softmax ? softmax(raw) : raw;
    const perProduct = (q.size / q.shape[2]!) * k.shape[1]! * q.shape[2]!;
    this.observer?.({ kind: "synapse", macs: perProduct, input: q });
    this.observer?.({ kind: "synapse", macs: perProduct, input: v });
    const attended = fromTokens(matmul(weights, v), [T, B, H, W, width], heads, "joint");
    const out = this.output.forward(this.neurons.forward(this.norm.forward(attended)));
    const tokens = T * H * W;
    return { out: sew(out, x, connection), scores: reshape(weights, [B, heads, tokens, tokens]) };
  }

  /** p, `[1, 1, H, W, C_k]`. */
  #position(T: number, H: number, W: number, views?: Tensor): Tensor {
    const { width } = this.options;
    const shape = [1, 1, H, W, width];
    if (views === undefined) return tensor(positionalEncoding(H, W, width, T), shape);
    const V = views.shape[0]!;
    const places = tensor(positionalEncoding(H / V, W, width, T), [1, (H / V) * W, width]);
    return reshape(add(reshape(views, [V, 1, width]), places), shape);
  }
}

/** Two linear maps with BN and neurons behind each, joined with what they start from. */
export class SpikingFeedForward extends Module {
  readonly expand: Projection;
  readonly project: Projection;
  readonly connection: SewFunction;

  constructor(random: Random, channels: number, { width, connection, neurons }: SpatiotemporalOptions) {
    super();
    this.expand = new Projection(random, channels, width, { neurons });
    this.project = new Projection(random, width, channels, { neurons });
    startAsIdentity(this.project.norm, connection, neurons);
    this.connection = connection;
  }

  /** `[T, B, H, W, C]` → the same shape. */
  forward(x: Tensor): Tensor {
    return sew(this.project.forward(this.expand.forward(x)), x, this.connection);
  }
}
