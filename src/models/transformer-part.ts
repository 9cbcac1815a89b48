/** A transformer of real numbers over all tokens of a clip, with one query a step [Vaswani2017], [Carion2020]. */
import { add, mean, permute, relu, reshape } from "../autograd/index.ts";
import type { Random } from "../core/index.ts";
import { constantOf, LayerNorm, Linear, Module, MultiheadAttention } from "../nn/index.ts";
import { positionalEncoding } from "../snn/index.ts";
import { type Tensor, tensor } from "../tensor/index.ts";
import { TemporalPart } from "./pose-network.ts";

/** Options of {@link TransformerPart}. */
export type TransformerOptions = {
  readonly encoderLayers: number;
  readonly decoderLayers: number;
  /** Channels of a token. */
  readonly modelWidth: number;
  readonly feedForwardWidth: number;
  readonly heads: number;
};

/** norm(x + W₂·ReLU(W₁·x)) */
class FeedForward extends Module {
  readonly expand: Linear;
  readonly project: Linear;
  readonly norm: LayerNorm;

  constructor(random: Random, { modelWidth, feedForwardWidth }: TransformerOptions) {
    super();
    this.expand = new Linear(random, modelWidth, feedForwardWidth);
    this.project = new Linear(random, feedForwardWidth, modelWidth);
    this.norm = new LayerNorm(modelWidth);
  }

  forward(x: Tensor): Tensor {
    return this.norm.forward(add(x, this.project.forward(relu(this.expand.forward(x)))));
  }
}

/** Tokens that attend to each other. */
class EncoderLayer extends Module {
  readonly attention: MultiheadAttention;
  readonly norm: LayerNorm;
  readonly feedForward: FeedForward;

  constructor(random: Random, options: TransformerOptions) {
    super();
    this.attention = new MultiheadAttention(random, options.modelWidth, options.heads);
    this.norm = new LayerNorm(options.modelWidth);
    this.feedForward = new FeedForward(random, options);
  }

  forward(x: Tensor, places: Tensor): Tensor {
    const placed = add(x, places);
    return this.feedForward.forward(this.norm.forward(add(x, this.attention.forward(placed, placed, x))));
  }
}

/** Steps that attend to each other, then to the tokens. */
class DecoderLayer extends Module {
  readonly own: MultiheadAttention;
  readonly ownNorm: LayerNorm;
  readonly across: MultiheadAttention;
  readonly acrossNorm: LayerNorm;
  readonly feedForward: FeedForward;

  constructor(random: Random, options: TransformerOptions) {
    super();
    this.own = new MultiheadAttention(random, options.modelWidth, options.heads);
    this.ownNorm = new LayerNorm(options.modelWidth);
    this.across = new MultiheadAttention(random, options.modelWidth, options.heads);
    this.acrossNorm = new LayerNorm(options.modelWidth);
    this.feedForward = new FeedForward(random, options);
  }

  forward(x: Tensor, query: Tensor, placedMemory: Tensor, memory: Tensor): Tensor {
    const asked = add(x, query);
    const own = this.ownNorm.forward(add(x, this.own.forward(asked, asked, x)));
    const gathered = this.across.forward(add(own, query), placedMemory, memory);
    return this.feedForward.forward(this.acrossNorm.forward(add(own, gathered)));
  }
}

/**
 * Encoder over all T·H·W tokens and decoder over T steps, normalised behind each sum as in [Vaswani2017]; encodings of
 * places are added to queries and keys only, as in [Carion2020]. Places are sines of row and column plus sines of the step.
 * A step's query is a learned vector plus the sines of the step. Departure from [Carion2020], whose queries start at 0:
 * a step starts as the mean of its own encoded map.
 */
export class TransformerPart extends TemporalPart {
  readonly input: Linear;
  readonly encoder: EncoderLayer[];
  readonly query: Tensor;
  readonly decoder: DecoderLayer[];
  readonly norm: LayerNorm;
  readonly channels: number;

  /** @throws ArgumentError when the width does not divide into the heads, or into fours */
  constructor(random: Random, inChannels: number, options: TransformerOptions) {
    super();
    const { encoderLayers, decoderLayers, modelWidth } = options;
    this.channels = modelWidth;
    this.input = new Linear(random, inChannels, modelWidth);
    this.encoder = Array.from({ length: encoderLayers }, () => new EncoderLayer(random, options));
    this.query = constantOf([modelWidth], 0);
    for (let i = 0; i < modelWidth; i++) this.query.data[i] = random.normal(0, 0.02);
    this.decoder = Array.from({ length: decoderLayers }, () => new DecoderLayer(random, options));
    this.norm = new LayerNorm(modelWidth);
  }

  forward(features: Tensor): Tensor {
    const [T, B, H, W] = features.shape as [number, number, number, number];
    const width = this.channels;
    const steps = stepEncoding(T, width);
    const map = tensor(positionalEncoding(H, W, width, 1), [1, H * W, width]);
    const places = reshape(add(reshape(steps, [T, 1, width]), map), [1, T * H * W, width]);
    const inputs = reshape(this.input.forward(features), [T, B, H * W, width]);
    const tokens = reshape(permute(inputs, [1, 0, 2, 3]), [B, T * H * W, width]);
    const memory = this.encoder.reduce((u, layer) => layer.forward(u, places), tokens);
    const placed = add(memory, places);
    const query = add(steps, this.query);
    const start = mean(reshape(memory, [B, T, H * W, width]), [2]);
    const decoded = this.decoder.reduce((u, layer) => layer.forward(u, query, placed, memory), start);
    return permute(this.norm.forward(decoded), [1, 0, 2]);
  }
}

/** Sines of even channels and cosines of odd ones of t/10000^(2i/C), `[T, C]` [Vaswani2017, §3.5]. */
function stepEncoding(timeSteps: number, channels: number): Tensor {
  const values = new Float64Array(timeSteps * channels);
  for (let t = 0; t < timeSteps; t++) {
    for (let i = 0; i < channels; i++) {
      const angle = t / 10000 ** ((2 * (i >> 1)) / channels);
      values[t * channels + i] = i % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
    }
  }
  return tensor(values, [timeSteps, channels]);
}
