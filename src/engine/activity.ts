/** What a network did in a forward pass: who fired, and which operations that caused. */
import { backend } from "../backend/index.ts";
import { type Module, observe } from "../nn/index.ts";
import { Tensor } from "../tensor/index.ts";

/** Operations of one layer over all watched passes. */
export type LayerOperations = {
  readonly layer: string;
  /** Multiply-accumulates that a dense network of the same shape does. */
  readonly denseMacs: number;
  /** Multiply-accumulates done: those of layers that real numbers drive. */
  readonly macs: number;
  /** Accumulates done: those of layers that spikes drive, dense MACs × spikes per input. */
  readonly acs: number;
};

/** Firing of one layer of neurons. */
export type LayerFiring = {
  readonly layer: string;
  /** Spikes per neuron and time step, for each step: mean of the passes since the number of steps last changed. */
  readonly ratePerStep: readonly number[];
};

type Counts = { denseMacs: number; macs: number; acs: number };
type Firing = { sums: Float64Array; passes: number };

/**
 * Watches the forward passes of a model until {@link ActivityMonitor.close}. ACs follow the papers' rule: the dense
 * MACs of a layer times the measured firing rate of its input; a layer that real numbers reach (the stem, and the 1×1
 * behind a depthwise convolution) counts MACs. A RepConv counts as the one 3×3 convolution that it is at inference.
 */
export class ActivityMonitor {
  readonly #operations = new Map<string, Counts>();
  readonly #firing = new Map<string, Firing>();
  readonly #rasters: ReadonlyMap<string, (spikes: Tensor) => void>;
  readonly #stop: () => void;

  /**
   * @param model - the model to watch
   * @param rasters - called with the spikes `[T, ...]` of the layers named here, which live only during the call
   */
  constructor(model: Module, rasters: ReadonlyMap<string, (spikes: Tensor) => void> = new Map()) {
    this.#rasters = rasters;
    this.#stop = observe(model, (layer, observation) => {
      if (observation.kind === "neuron") this.#fired(layer, observation.spikes);
      else this.#driven(layer, observation.macs, observation.input);
    });
  }

  /** Operations by layer, in the order in which the layers first ran. */
  operations(): LayerOperations[] {
    return [...this.#operations].map(([layer, counts]) => ({ layer, ...counts }));
  }

  /** Sum over the layers. */
  total(): Omit<LayerOperations, "layer"> {
    const sum = { denseMacs: 0, macs: 0, acs: 0 };
    for (const { denseMacs, macs, acs } of this.#operations.values()) {
      sum.denseMacs += denseMacs;
      sum.macs += macs;
      sum.acs += acs;
    }
    return sum;
  }

  /** Firing by layer of neurons, in the order in which they first ran. */
  firing(): LayerFiring[] {
    return [...this.#firing].map(([layer, { sums, passes }]) => ({
      layer,
      ratePerStep: Array.from(sums, (sum) => sum / passes),
    }));
  }

  /** Stops watching. */
  close(): void {
    this.#stop();
  }

  #fired(layer: string, spikes: Tensor): void {
    const timeSteps = spikes.shape[0]!;
    const neurons = spikes.size / timeSteps;
    const known = this.#firing.get(layer);
    const firing =
      known?.sums.length === timeSteps ? known : { sums: new Float64Array(timeSteps), passes: 0 };
    this.#firing.set(layer, firing);
    stepSums(spikes, timeSteps).forEach((sum, t) => (firing.sums[t]! += sum / neurons));
    firing.passes++;
    this.#rasters.get(layer)?.(spikes);
  }

  #driven(layer: string, macs: number, input: Tensor): void {
    const counts = this.#operations.get(layer) ?? { denseMacs: 0, macs: 0, acs: 0 };
    this.#operations.set(layer, counts);
    counts.denseMacs += macs;
    if (input.spikeLevels > 0) counts.acs += macs * (stepSums(input, 1)[0]! / input.size);
    else counts.macs += macs;
  }
}

/** Sums of `steps` equal parts of a tensor. */
function stepSums(x: Tensor, steps: number): number[] {
  const sums = Tensor.empty([steps]);
  backend().sum(sums.data, x.data, steps, x.size / steps, 1);
  const result = Array.from(sums.data);
  sums.dispose();
  return result;
}
