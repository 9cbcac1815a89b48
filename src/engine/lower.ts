/** From the modules of a model to a {@link Graph}: one function a kind of module, all of them in this file. */
import type { NeuronDynamics } from "../backend/index.ts";
import { ArgumentError, dims, UnsupportedError } from "../core/index.ts";
import {
  ClassificationHead,
  DenseHead,
  PoseHead,
  SpikeVideoFormer,
  Stage,
  TransformerBlock,
} from "../models/index.ts";
import { BatchNorm, Conv2d, Linear, Module } from "../nn/index.ts";
import {
  ConvBlock,
  Downsample,
  IntegerLif,
  Lif,
  type LifOptions,
  Mlp,
  type NeuronLayer,
  ParametricLif,
  RepConv,
  SepConv,
  SpikingAttention,
} from "../snn/index.ts";
import type { ConvolutionWeights, Graph, GraphOutput, Operation, Value, ValueId } from "./graph.ts";

/**
 * The graph of a model in evaluation mode.
 *
 * @param model - a model of this library
 * @param input - `[C, H, W]` of one frame
 * @throws UnsupportedError naming a module that has no lowering
 * @throws ArgumentError naming a layer whose weights, normalisation included, are not finite
 * @throws ShapeError when the model does not take such frames
 */
export function lower(model: Module, input: readonly number[]): Graph {
  if (!(model instanceof SpikeVideoFormer)) {
    throw new UnsupportedError(`compile: expected a SpikeVideoFormer, got ${model.constructor.name}`);
  }
  const { H, W } = dims("compile input", `${model.config.inChannels} H W`, input) as { H: number; W: number };
  model.checkSize(H, W);
  return new Lowering(model).graph([H, W, model.config.inChannels]);
}

type Shape = Value["shape"];

class Lowering {
  readonly #model: SpikeVideoFormer;
  readonly #paths: ReadonlyMap<Module, string>;
  readonly #values: Value[] = [];
  readonly #operations: Operation[] = [];

  constructor(model: SpikeVideoFormer) {
    this.#model = model;
    this.#paths = new Map(model.namedModules().map(([path, module]) => [module, path]));
  }

  graph(shape: Shape): Graph {
    const input = this.#value("input", shape, 0);
    const features = this.#model.stages.reduce((x, stage) => this.#module(stage, x), input);
    const outputs = this.#head(this.#model.head, features, shape);
    return { values: this.#values, operations: this.#operations, input, outputs };
  }

  #value(layer: string, shape: Shape, levels: number): ValueId {
    return this.#values.push({ layer, shape, levels }) - 1;
  }

  #path(module: Module): string {
    return this.#paths.get(module)!;
  }

  /** @throws UnsupportedError unless a module is what stands there in a SpikeVideoFormer */
  #expect<T extends Module>(kind: abstract new (...args: never[]) => T, module: Module): T {
    if (module instanceof kind) return module;
    const name = module.constructor.name;
    const where = module instanceof Module ? ` at ${this.#path(module)}` : "";
    throw new UnsupportedError(`compile: expected a ${kind.name}, got ${name}${where}`);
  }

  #module(module: Module, x: ValueId): ValueId {
    if (module instanceof Stage) {
      return module.blocks.reduce((u, block) => this.#module(block, u), this.#module(module.down, x));
    }
    if (module instanceof Downsample) {
      const spikes = module.neurons === null ? x : this.#fire(module.neurons, x);
      return this.#convolve(module.conv, spikes, [module.norm]);
    }
    if (module instanceof ConvBlock) {
      const mixed = this.#add(module, x, this.#module(module.sep, x));
      const hidden = this.#convolve(module.conv1, this.#fire(module.neurons1, mixed), [module.norm1]);
      return this.#add(
        module,
        mixed,
        this.#convolve(module.conv2, this.#fire(module.neurons2, hidden), [module.norm2]),
      );
    }
    if (module instanceof SepConv) {
      const hidden = this.#convolve(module.expand, this.#fire(module.neurons1, x), [module.norm1]);
      const spread = this.#convolve(module.depthwise, this.#fire(module.neurons2, hidden), []);
      return this.#convolve(module.project, spread, [module.norm2]);
    }
    if (module instanceof TransformerBlock) {
      const attended = module.attention.reduce((u, a) => this.#add(module, u, this.#attention(a, u)), x);
      return this.#add(module, attended, this.#module(module.mlp, attended));
    }
    if (module instanceof Mlp) {
      const hidden = this.#linear(module.linear1, this.#fire(module.neurons1, x), [module.norm1]);
      return this.#linear(module.linear2, this.#fire(module.neurons2, hidden), [module.norm2]);
    }
    throw new UnsupportedError(
      `compile: expected modules of a SpikeVideoFormer, got ${module.constructor.name} at ${this.#path(module)}`,
    );
  }

  #head(head: Module, x: ValueId, [H, W]: Shape): GraphOutput[] {
    if (head instanceof ClassificationHead) {
      const pooled = this.#value(this.#path(head), [1, 1, this.#values[x]!.shape[2]], 0);
      this.#operations.push({ kind: "mean", layer: this.#path(head), input: x, output: pooled });
      const logits = this.#linear(head.classifier, this.#fire(head.neurons, pooled), []);
      return [{ name: "logits", value: logits, form: "mean" }];
    }
    if (head instanceof PoseHead) {
      const spikes = this.#fire(head.neurons, x);
      const regressors = { pose6d: head.pose, shape: head.shape, translation: head.translation };
      return Object.entries(regressors).map(([name, regressor]) => ({
        name,
        value: this.#readMap(regressor, spikes),
        form: "steps",
      }));
    }
    if (head instanceof DenseHead) {
      const hidden = this.#convolve(head.conv, this.#fire(head.neurons1, x), [head.norm]);
      const small = this.#convolve(head.classifier, this.#fire(head.neurons2, hidden), []);
      const large = this.#value(this.#path(head), [H, W, this.#values[small]!.shape[2]], 0);
      this.#operations.push({ kind: "resize", layer: this.#path(head), input: small, output: large });
      return [{ name: "logits", value: large, form: "maps" }];
    }
    throw new UnsupportedError(
      `compile: expected a head that is known, got ${head.constructor.name} at ${this.#path(head)}`,
    );
  }

  #attention(module: SpikingAttention, x: ValueId): ValueId {
    this.#expect(SpikingAttention, module);
    const spikes = this.#fire(module.inputNeurons, x);
    const layer = this.#path(module);
    const channels = this.#values[x]!.shape[2];
    const last = module.extents.length - 1;
    const norm = module.norm === null ? identity(channels) : affineOf(this.#expect(BatchNorm, module.norm));
    const sums = module.extents.map((extent, i) => {
      const projections = module.projections[i]!;
      const [q, k, v] = [
        this.#fire(projections.queryNeurons, this.#repConv(projections.query, spikes)),
        this.#fire(projections.keyNeurons, this.#repConv(projections.key, spikes)),
        this.#fire(projections.valueNeurons, this.#repConv(projections.value, spikes)),
      ];
      const output = this.#value(layer, this.#values[x]!.shape, 0);
      const { score, heads } = module;
      const scale = norm.scale.map((factor) => factor * module.sumScale);
      // Normalisation is linear: the shift is added once.
      const shift = i === last ? norm.shift : new Float32Array(channels);
      this.#operations.push({
        kind: "attention",
        layer,
        q,
        k,
        v,
        extent,
        score,
        heads,
        scale,
        shift,
        output,
      });
      return output;
    });
    const merged = sums.reduce((a, b) => this.#add(module, a, b));
    return this.#repConv(module.output, this.#fire(module.outputNeurons, merged));
  }

  #repConv(module: RepConv, input: ValueId): ValueId {
    const { pointwise1, depthwise, pointwise2 } = this.#expect(RepConv, module);
    for (const conv of [pointwise1, depthwise, pointwise2]) this.#expect(Conv2d, conv);
    for (const norm of [module.norm1, module.norm2, module.norm3]) this.#expect(BatchNorm, norm);
    const first = affineOf(module.norm1);
    const second = compose(affineOf(module.norm2), affineOf(module.norm3));
    // Behind the first normalisation its shift stands everywhere, the border included: it moves into the last bias.
    const channels = pointwise1.weight.shape[0]!;
    const border = Float64Array.from(first.shift, (shift, c) => {
      let taps = 0;
      for (let tap = 0; tap < 9; tap++) taps += depthwise.weight.data[c * 9 + tap]!;
      return shift * taps;
    });
    const bias = second.shift.map((shift, n) => {
      let sum = 0;
      for (let c = 0; c < channels; c++) sum += pointwise2.weight.data[n * channels + c]! * border[c]!;
      return shift + second.scale[n]! * sum;
    });
    const layer = this.#path(module);
    const output = this.#value(layer, this.#values[input]!.shape, 0);
    const factors = [
      { ...shapeOf(pointwise1), weight: scaled(pointwise1.weight.data, first.scale), bias: null },
      { ...shapeOf(depthwise), padding: 1, weight: Float32Array.from(depthwise.weight.data), bias: null },
      { ...shapeOf(pointwise2), weight: scaled(pointwise2.weight.data, second.scale), bias },
    ] as const;
    for (const factor of factors) checkFinite(layer, factor);
    this.#operations.push({ kind: "factored-convolution", layer, input, output, factors });
    return output;
  }

  #convolve(conv: Conv2d, input: ValueId, norms: readonly BatchNorm[]): ValueId {
    this.#expect(Conv2d, conv);
    for (const norm of norms) this.#expect(BatchNorm, norm);
    return this.#weighted(this.#path(conv), input, folded(shapeOf(conv), conv, norms));
  }

  #linear(linear: Linear, input: ValueId, norms: readonly BatchNorm[]): ValueId {
    this.#expect(Linear, linear);
    for (const norm of norms) this.#expect(BatchNorm, norm);
    const shape = { outChannels: linear.weight.shape[0]!, kernel: 1, stride: 1, padding: 0, groups: 1 };
    return this.#weighted(this.#path(linear), input, folded(shape, linear, norms));
  }

  /** A linear layer over a whole map, channels innermost: a convolution as large as the map. */
  #readMap(linear: Linear, input: ValueId): ValueId {
    this.#expect(Linear, linear);
    const [H, W, C] = this.#values[input]!.shape;
    const outChannels = linear.weight.shape[0]!;
    const weight = new Float32Array(linear.weight.size);
    const from = linear.weight.data;
    for (let n = 0; n < outChannels; n++) {
      for (let pixel = 0; pixel < H * W; pixel++) {
        for (let c = 0; c < C; c++) weight[(n * C + c) * H * W + pixel] = from[(n * H * W + pixel) * C + c]!;
      }
    }
    const bias = linear.bias === null ? null : Float32Array.from(linear.bias.data);
    return this.#weighted(this.#path(linear), input, {
      outChannels,
      kernel: H,
      stride: 1,
      padding: 0,
      groups: 1,
      weight,
      bias,
    });
  }

  #weighted(layer: string, input: ValueId, weights: ConvolutionWeights): ValueId {
    checkFinite(layer, weights);
    const [H, W] = this.#values[input]!.shape;
    const { kernel, stride, padding, outChannels } = weights;
    const size = (length: number): number => Math.floor((length + 2 * padding - kernel) / stride) + 1;
    const output = this.#value(layer, [size(H), size(W), outChannels], 0);
    this.#operations.push({ kind: "convolution", layer, input, output, weights });
    return output;
  }

  #add(module: Module, a: ValueId, b: ValueId): ValueId {
    const layer = this.#path(module);
    const output = this.#value(layer, this.#values[a]!.shape, 0);
    this.#operations.push({ kind: "add", layer, a, b, output });
    return output;
  }

  #fire(neurons: NeuronLayer, input: ValueId): ValueId {
    const layer = this.#path(neurons);
    const dynamics = dynamicsOf(neurons, layer);
    const levels = dynamics.kind === "lif" ? 1 : dynamics.levels;
    const output = this.#value(layer, this.#values[input]!.shape, levels);
    this.#operations.push({ kind: "neuron", layer, input, dynamics, output });
    return output;
  }
}

function checkFinite(layer: string, { weight, bias }: ConvolutionWeights): void {
  for (const numbers of bias === null ? [weight] : [weight, bias]) {
    let sum = 0;
    for (let i = 0; i < numbers.length; i++) sum += Math.abs(numbers[i]!);
    if (!Number.isFinite(sum))
      throw new ArgumentError(`compile: expected finite weights, got others at ${layer}`);
  }
}

/** The constants of a layer of neurons. */
function dynamicsOf(neurons: NeuronLayer, layer: string): NeuronDynamics {
  if (neurons instanceof IntegerLif) {
    return { kind: "integer-lif", keep: neurons.keep, levels: neurons.levels };
  }
  if (neurons instanceof Lif) return lifOf(1 / (neurons.options.tau ?? 2), neurons.options);
  if (neurons instanceof ParametricLif) {
    return lifOf(1 / (1 + Math.exp(-neurons.leakLogit.item())), neurons.options);
  }
  throw new UnsupportedError(
    `compile: expected neurons that are known, got ${neurons.constructor.name} at ${layer}`,
  );
}

function lifOf(decay: number, options: Omit<LifOptions, "tau">): NeuronDynamics {
  const { decayInput = true, firingThreshold = 1, reset = "hard", resetPotential = 0 } = options;
  return { kind: "lif", decay, decayInput, firingThreshold, reset, resetPotential };
}

type Affine = { readonly scale: Float32Array; readonly shift: Float32Array };

function identity(channels: number): Affine {
  return { scale: new Float32Array(channels).fill(1), shift: new Float32Array(channels) };
}

/** Batch normalisation by running statistics as scale·x + shift. */
function affineOf(norm: BatchNorm): Affine {
  const { weight, runningVariance, epsilon } = norm;
  const scale = Float32Array.from(weight.data, (w, c) => w / Math.sqrt(runningVariance.data[c]! + epsilon));
  const response = norm.responseToZero();
  const shift = Float32Array.from(response.data);
  response.dispose();
  return { scale, shift };
}

/** `second` after `first`. */
function compose(first: Affine, second: Affine): Affine {
  return {
    scale: first.scale.map((scale, c) => scale * second.scale[c]!),
    shift: first.shift.map((shift, c) => shift * second.scale[c]! + second.shift[c]!),
  };
}

/** Weights `[Co, ...]` times a factor for each output channel. */
function scaled(weights: ArrayLike<number>, scale: Float32Array): Float32Array {
  const perOutput = weights.length / scale.length;
  const result = new Float32Array(weights);
  for (let n = 0; n < scale.length; n++) {
    const end = (n + 1) * perOutput;
    for (let i = n * perOutput; i < end; i++) result[i]! *= scale[n]!;
  }
  return result;
}

type ConvolutionShape = Omit<ConvolutionWeights, "weight" | "bias">;

function shapeOf({ weight, stride, padding, groups }: Conv2d): ConvolutionShape {
  return { outChannels: weight.shape[0]!, kernel: weight.shape[2]!, stride, padding, groups };
}

/** Weights and bias with the normalisations behind them folded in. */
function folded(
  shape: ConvolutionShape,
  layer: { readonly weight: Linear["weight"]; readonly bias: Linear["bias"] },
  norms: readonly BatchNorm[],
): ConvolutionWeights {
  const { scale, shift } = norms.map(affineOf).reduce(compose, identity(shape.outChannels));
  const bias =
    layer.bias === null && norms.length === 0
      ? null
      : shift.map((b, n) => b + (layer.bias === null ? 0 : layer.bias.data[n]! * scale[n]!));
  return { ...shape, weight: scaled(layer.weight.data, scale), bias };
}
