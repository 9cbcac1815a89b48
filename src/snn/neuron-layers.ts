/** Neurons as layers of a model. */
import { Module, constantOf } from "../nn/index.ts";
import type { Tensor } from "../tensor/index.ts";
import { integerLif, lif, type LifOptions, type NeuronOutput, parametricLif } from "./neuron.ts";

/** Which neuron a model is built of. */
export type NeuronConfig = Omit<LifOptions, "initial"> & {
  readonly kind?: "lif" | "plif" | "integer-lif";
  /** Largest spike count of the integer neuron. */
  readonly levels?: number;
};

/** A layer of neurons: currents `[T, ...]` in, spikes `[T, ...]` out; at rest before the first step. */
export abstract class NeuronLayer extends Module {
  /** Runs the neurons over all steps. @param current - `[T, ...]` */
  forward(current: Tensor): Tensor {
    const spikes = this.fire(current);
    this.observer?.({ kind: "neuron", spikes });
    return spikes;
  }

  /** Spikes of the current, by the layer's kind of neuron. */
  protected abstract fire(current: Tensor): Tensor;
}

/** A layer of neurons whose membrane potentials can be set before the first step, and read after the last. */
export abstract class LeakyLayer extends NeuronLayer {
  /**
   * Runs the neurons over all steps, and tells where that leaves them.
   *
   * @param current - `[T, ...]`
   * @param initial - membrane potentials before the first step, `[...]`; at rest if left out
   */
  run(current: Tensor, initial?: Tensor): NeuronOutput {
    const output = this.integrate(current, initial);
    this.observer?.({ kind: "neuron", spikes: output.spikes });
    return output;
  }

  protected fire(current: Tensor): Tensor {
    return this.integrate(current).spikes;
  }

  /** What the layer's kind of neuron makes of the current. */
  protected abstract integrate(current: Tensor, initial?: Tensor): NeuronOutput;
}

/** See {@link lif}. */
export class Lif extends LeakyLayer {
  readonly options: LifOptions;

  constructor(options: LifOptions = {}) {
    super();
    this.options = options;
  }

  protected integrate(current: Tensor, initial?: Tensor): NeuronOutput {
    return lif(current, { ...this.options, ...(initial !== undefined && { initial }) });
  }
}

/** See {@link parametricLif}; learns one leak, which starts at 1/τ. */
export class ParametricLif extends LeakyLayer {
  readonly leakLogit: Tensor;
  readonly options: Omit<LifOptions, "tau">;

  constructor({ tau = 2, ...options }: LifOptions = {}) {
    super();
    this.leakLogit = constantOf([], -Math.log(tau - 1));
    this.options = options;
  }

  protected integrate(current: Tensor, initial?: Tensor): NeuronOutput {
    const options = { ...this.options, ...(initial !== undefined && { initial }) };
    return parametricLif(current, this.leakLogit, options);
  }
}

/** See {@link integerLif}. */
export class IntegerLif extends NeuronLayer {
  readonly levels: number;
  /** Share of the membrane potential that a step keeps. */
  readonly keep = 0.25;

  constructor({ levels = 4 } = {}) {
    super();
    this.levels = levels;
  }

  protected fire(current: Tensor): Tensor {
    return integerLif(current, { levels: this.levels, keep: this.keep });
  }
}

/** The layer that a configuration names. */
export function neuronLayer({ kind = "lif", levels = 4, ...options }: NeuronConfig = {}): NeuronLayer {
  switch (kind) {
    case "lif":
      return new Lif(options);
    case "plif":
      return new ParametricLif(options);
    case "integer-lif":
      return new IntegerLif({ levels });
  }
}

/** Makes the neurons behind a layer of so many channels, for kinds that learn something for each. */
export type NeuronFactory = (channels: number) => NeuronLayer;
