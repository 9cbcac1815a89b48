/**
 * Conversion of a trained ReLU network into one of spikes whose rates stand for its activations [Diehl2015],
 * [Rueckauer2017]: the ANN2SNN of [Zou2023, table III].
 */
import { add, affine, maxPool2d, mean, permute, reshape, slice, stack } from "../autograd/index.ts";
import { ArgumentError, Random } from "../core/index.ts";
import { Conv2d, Module } from "../nn/index.ts";
import { lif, NeuronLayer } from "../snn/index.ts";
import { full, Tensor, withoutGradients } from "../tensor/index.ts";
import { Backbone, PoseNetwork } from "./pose-network.ts";
import { ResidualStage } from "./residual-stages.ts";
import type { NormedConv, ResidualBlock, ResNet } from "./resnet.ts";

/** Options of {@link convertToSpiking}. */
export type ConversionOptions = {
  /** Steps for which each frame is shown; more make rates finer. */
  readonly steps?: number;
  /** Share of a layer's positive activations, in percent, that lie below the neurons' threshold. */
  readonly percentile?: number;
};

/**
 * Integrate-and-fire: v += x, and where v ≥ θ a spike, v −= θ. From v = θ/2 a constant current x fires round(S·x/θ) times
 * in S steps, where 0 ≤ x ≤ θ.
 */
export class IntegrateAndFire extends NeuronLayer {
  readonly firingThreshold: number;

  constructor(firingThreshold: number) {
    super();
    this.firingThreshold = firingThreshold;
  }

  protected fire(current: Tensor): Tensor {
    const { firingThreshold } = this;
    const initial = full(current.shape.slice(1), firingThreshold / 2);
    return lif(current, { tau: Infinity, decayInput: false, reset: "soft", firingThreshold, initial }).spikes;
  }
}

/** A residual block of spikes: weights are scaled by what the spikes that they meet stand for. */
class ConvertedBlock extends Module {
  readonly units: Conv2d[];
  readonly innerNeurons: IntegrateAndFire[];
  readonly shortcut: Conv2d | null;
  readonly neurons: IntegrateAndFire;
  /** What a spike of the input stands for. */
  readonly inputScale: number;

  constructor(block: ResidualBlock, inputScale: number, thresholds: readonly number[]) {
    super();
    const scales = [inputScale, ...thresholds.slice(0, -1)];
    this.units = block.units.map((unit, i) => folded(unit, scales[i]!));
    this.innerNeurons = thresholds.slice(0, -1).map((threshold) => new IntegrateAndFire(threshold));
    this.shortcut = block.shortcut === null ? null : folded(block.shortcut, inputScale);
    this.neurons = new IntegrateAndFire(thresholds.at(-1)!);
    this.inputScale = inputScale;
  }

  forward(spikes: Tensor): Tensor {
    const inner = this.innerNeurons.reduce(
      (u, neurons, i) => neurons.forward(this.units[i]!.forward(u)),
      spikes,
    );
    const branch = this.units.at(-1)!.forward(inner);
    const shortcut = this.shortcut === null ? affine(spikes, this.inputScale) : this.shortcut.forward(spikes);
    return this.neurons.forward(add(branch, shortcut));
  }
}

/**
 * A {@link ResNet} as spikes: convolutions with their normalisations folded in and times what a spike of their input stands
 * for, IF neurons for ReLUs, thresholds for the activations that a spike in every step stands for. Each frame is shown for
 * some steps by itself, as a constant current into the first layer; features are mean rates times their threshold, of the
 * shape of the ResNet's. It is for inference and takes no gradients.
 */
export class ConvertedResNet extends Backbone {
  readonly stem: Conv2d;
  readonly stemNeurons: IntegrateAndFire;
  readonly stages: ResidualStage<ConvertedBlock>[];
  readonly channels: number;
  readonly steps: number;

  /** @param thresholds - of the neurons, in the order in which the ResNet's ReLUs run */
  constructor(resNet: ResNet, thresholds: readonly number[], steps: number) {
    super();
    this.stem = folded(resNet.stem, 1);
    this.stemNeurons = new IntegrateAndFire(thresholds[0]!);
    let used = 1;
    this.stages = resNet.stages.map((stage) => {
      const blocks = stage.blocks.map((block) => {
        const own = thresholds.slice(used, used + block.units.length);
        const converted = new ConvertedBlock(block, thresholds[used - 1]!, own);
        used += block.units.length;
        return converted;
      });
      return new ResidualStage(blocks);
    });
    this.channels = resNet.channels;
    this.steps = steps;
  }

  forward(clip: Tensor): Tensor {
    // Frame by frame, so that memory grows with the steps of one only.
    const frames = Array.from({ length: clip.shape[0]! }, (_, t) =>
      withoutGradients(() => this.#show(reshape(slice(clip, 0, t, t + 1), clip.shape.slice(1)))),
    );
    return stack(frames);
  }

  /** `[B, H, W, Ci]` → rates times the threshold, `[B, H/32, W/32, C]` */
  #show(frame: Tensor): Tensor {
    const current = this.stem.forward(frame);
    const shown = stack(Array<Tensor>(this.steps).fill(current));
    const pooled = maxPoolRates(this.stemNeurons.forward(shown));
    const spikes = this.stages.reduce((u, stage) => stage.forward(u), pooled);
    return affine(mean(spikes, [0]), this.stages.at(-1)!.blocks.at(-1)!.neurons.firingThreshold);
  }
}

/**
 * Max-pooling 3×3 stride 2 of rates [Rueckauer2017, §2.2.6]: so far as many spikes as the neuron of the window has that
 * fired most. Counts grow by one at most, so that a step gives one spike or none. `[S, N, H, W, C]` → `[S, N, H/2, W/2, C]`.
 */
export function maxPoolRates(spikes: Tensor): Tensor {
  const S = spikes.shape[0]!;
  const step = (t: number) => reshape(slice(spikes, 0, t, t + 1), spikes.shape.slice(1));
  let counts = step(0);
  let most = maxPool2d(counts, 3, { stride: 2, padding: 1 });
  const pooled = Tensor.empty([S, ...most.shape], { spikeLevels: 1 });
  pooled.data.set(most.data);
  for (let t = 1; t < S; t++) {
    counts = add(counts, step(t));
    const next = maxPool2d(counts, 3, { stride: 2, padding: 1 });
    const at = t * next.size;
    for (let i = 0; i < next.size; i++) pooled.data[at + i] = next.data[i]! - most.data[i]!;
    most = next;
  }
  return pooled;
}

/**
 * Converts the ResNet of a network of poses by threshold balancing: a layer's threshold is a percentile of its positive
 * activations over some clips, the largest of these clips' percentiles. What follows the ResNet (the GRU, the regressors)
 * stays as it is and is shared with `network`, whose batch statistics are those of inference.
 *
 * @param network - trained, switched to evaluation
 * @param clips - on which activations are measured, `[T, B, C, H, W]` each
 * @param options - `steps` 32; `percentile` 99.9
 * @throws ArgumentError without clips, when an option is out of range, or when the network is in training
 */
export function convertToSpiking<C extends { readonly inChannels: number }>(
  network: PoseNetwork<C, ResNet>,
  clips: readonly Tensor[],
  { steps = 32, percentile = 99.9 }: ConversionOptions = {},
): PoseNetwork<C, ConvertedResNet> {
  if (!(Number.isInteger(steps) && steps >= 1)) {
    throw new ArgumentError(`convertToSpiking: expected a whole number of steps from 1, got ${steps}`);
  }
  if (!(percentile > 0 && percentile <= 100)) {
    throw new ArgumentError(`convertToSpiking: expected a percentile above 0 up to 100, got ${percentile}`);
  }
  if (clips.length === 0) throw new ArgumentError("convertToSpiking: expected clips, got none");
  if (network.training) throw new ArgumentError("convertToSpiking: expected a network in evaluation");
  const thresholds = activationPercentiles(network.backbone, clips, percentile);
  const backbone = new ConvertedResNet(network.backbone, thresholds, steps);
  const { config, temporal, regressor } = network;
  return new PoseNetwork(config, { backbone, temporal, regressor }).eval();
}

/** A percentile of the positive results of every ReLU; 1 where there are none. */
function activationPercentiles(resNet: ResNet, clips: readonly Tensor[], percentile: number): number[] {
  const largest: number[] = [];
  for (const clip of clips) {
    let layer = 0;
    const stop = resNet.watchActivations((activation) => {
      const value = percentileOf(activation.data, percentile);
      largest[layer] = Math.max(largest[layer] ?? 0, value);
      layer++;
    });
    try {
      withoutGradients(() => resNet.forward(permute(clip, [0, 1, 3, 4, 2])));
    } finally {
      stop();
    }
  }
  return largest.map((value) => (value > 0 ? value : 1));
}

/** The number below which lie so many percent of the positive ones; 0 where there are none. */
function percentileOf(values: ArrayLike<number>, percentile: number): number {
  const positive = Float64Array.from(values).filter((value) => value > 0);
  if (positive.length === 0) return 0;
  positive.sort();
  return positive[Math.ceil((percentile / 100) * positive.length) - 1]!;
}

/**
 * A convolution and the normalisation behind it as one: weights w·γ/σ, bias β − μγ/σ.
 * @param inputScale - what a spike of the input stands for; multiplies the weights
 */
function folded({ conv, norm }: NormedConv, inputScale: number): Conv2d {
  const [outChannels, inChannels, kernel] = conv.weight.shape as [number, number, number];
  const { stride, padding } = conv;
  const made = new Conv2d(new Random(0), inChannels, outChannels, kernel, { stride, padding, bias: true });
  const perOutput = conv.weight.size / outChannels;
  for (let c = 0; c < outChannels; c++) {
    const deviation = Math.sqrt(norm.runningVariance.data[c]! + norm.epsilon);
    const gain = (inputScale * norm.weight.data[c]!) / deviation;
    for (let i = c * perOutput; i < (c + 1) * perOutput; i++)
      made.weight.data[i] = gain * conv.weight.data[i]!;
  }
  made.bias!.data.set(norm.responseToZero().data);
  for (const tensor of [made.weight, made.bias!]) tensor.requiresGrad = false;
  return made;
}
