/** What `saccade profile` tells: the object of `--json`, and what the page shows. Plain data. */
import type { SessionProfile, StepProfile } from "../../src/engine/index.ts";

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
  readonly total: SessionProfile["total"];
  readonly steps: readonly StepProfile[];
  /** Reasons not to believe the numbers. */
  readonly warnings: readonly string[];
};
