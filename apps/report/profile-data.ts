/** What `saccade profile` tells: the object of `--json`, and what the page shows. Plain data. */

/** The model that was profiled. */
export type ProfiledModel = {
  /** File, or name of a preset. */
  readonly name: string;
  readonly parameters: number;
  /** File of the weights; null where they are as a model is made. */
  readonly weights: string | null;
  /** Score and kind of attention, for example `"hamming, joint"`. */
  readonly attention: string;
};

/** The clip that went through it. */
export type ProfiledInput = {
  /** File, or `"noise"`. */
  readonly name: string;
  /** `[T, B, C, H, W]` */
  readonly shape: readonly number[];
  /** Of a recording: where its window begins, seconds from the first event. */
  readonly fromSeconds?: number;
};

/** On what it ran. */
export type ProfiledMachine = {
  readonly processor: string;
  /** Version of Node, for example `"v24.0.0"`. */
  readonly node: string;
  readonly threads: number;
};

/** Operations of a run. */
export type ProfileOperations = {
  /** Multiply-accumulates of a dense network of the same steps. */
  readonly denseMacs: number;
  /** Multiply-accumulates of steps that reals drive. */
  readonly macs: number;
  /** Accumulates of steps that spikes drive. */
  readonly acs: number;
};

/** Energy by what it goes to, millijoules. */
export type ProfileEnergyParts = {
  readonly synapsesMj: number;
  readonly neuronsMj: number;
  readonly addressesMj: number;
  readonly memoryMj: number;
};

/** Energy at a process node. */
export type ProfileEnergy = {
  /** For example `"45 nm"`. */
  readonly node: string;
  readonly spiking: ProfileEnergyParts;
  readonly dense: ProfileEnergyParts;
};

/** One step of the compiled model. */
export type ProfileStep = ProfileOperations & {
  readonly layer: string;
  /** For example `"conv 3×3"`. */
  readonly kind: string;
  /** `[T, B, H, W, C]` */
  readonly outputShape: readonly number[];
  /** Spikes per neuron and step that drive it; null for reals. */
  readonly firingRate: number | null;
  /** Spikes per neuron and step of its neurons; null without. */
  readonly outputFiringRate: number | null;
  readonly kernel: string;
  /** Nanoseconds that each choice was estimated to take. */
  readonly estimates: readonly { readonly kernel: string; readonly ns: number }[];
  /** Median, milliseconds. */
  readonly ms: number;
  /** Of the sum of the steps, 0 to 1. */
  readonly share: number;
  readonly energy: readonly ProfileEnergy[];
};

/** A profile of a compiled model. */
export type ProfileReport = {
  readonly model: ProfiledModel;
  readonly input: ProfiledInput;
  readonly machine: ProfiledMachine;
  readonly precision: string;
  /** Medians of so many runs. */
  readonly runs: number;
  readonly time: {
    /** Medians. */
    readonly compiledMs: number;
    readonly eagerMs: number;
    /** Of the fastest runs: other work on the machine only ever adds. */
    readonly fastestCompiledMs: number;
    readonly fastestEagerMs: number;
    /** How many times faster the compiled model is, by the fastest runs. */
    readonly speedUp: number;
  };
  readonly total: ProfileOperations & { readonly energy: readonly ProfileEnergy[] };
  readonly steps: readonly ProfileStep[];
  /** Reasons not to believe the numbers. */
  readonly warnings: readonly string[];
};
