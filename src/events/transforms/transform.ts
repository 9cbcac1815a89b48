/** What a transform of events is: a name, options that are checked, and streams in and out. */
import type { Random } from "../../core/index.ts";
import type { Events, EventStream, SensorSize } from "../columns.ts";

/** An option that is a number; `"integer"` ones are whole. */
export type NumberOption = {
  readonly type: "number" | "integer";
  /** One line for a list of options. */
  readonly help: string;
  /** What is counted in, for example `"µs"`. */
  readonly unit?: string;
  /** Value if it is left out. */
  readonly default?: number;
  /** Whether it may be left out without a value taking its place. */
  readonly optional?: true;
  /** Smallest value. */
  readonly min?: number;
  /** Largest value. */
  readonly max?: number;
};

/** An option that is true or false. */
export type BooleanOption = { readonly type: "boolean"; readonly help: string; readonly default: boolean };

/** An option that is one of some words. */
export type ChoiceOption = {
  readonly type: "choice";
  readonly help: string;
  readonly choices: readonly string[];
  readonly default?: string;
};

/** An option of a transform. It must be given unless it has a default or is `optional`. */
export type TransformOption = NumberOption | BooleanOption | ChoiceOption;

/** Options by name. */
export type OptionSpecs = Readonly<Record<string, TransformOption>>;

/** Values of options by name, as a command line or a recipe gives them. */
export type OptionValues = Readonly<Record<string, number | boolean | string | undefined>>;

/** A transform as a list of them has it: what `transforms` is made of. */
export type Transform = {
  /** One line. */
  readonly summary: string;
  readonly options: OptionSpecs;
  /** Whether it holds the whole recording; if not, its memory does not grow with the recording. */
  readonly wholeRecording: boolean;
  /**
   * The transformed stream. Options are checked at once, before anything is read.
   *
   * @param stream - read once
   * @param options - by name; those left out take their default
   * @param random - for transforms that draw; the same seed gives the same events, however they are batched
   * @throws ArgumentError that names the transform and the option
   */
  apply(stream: EventStream, options: OptionValues, random: Random): EventStream;
};

/** Events together with the size of their sensor. */
export type EventBatch = { readonly sensor: SensorSize; readonly events: Events };
