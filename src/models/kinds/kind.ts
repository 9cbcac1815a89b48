/** What the registry knows of a kind of model. */
import type { z } from "zod";
import { ArgumentError, type Random } from "../../core/index.ts";
import type { Module } from "../../nn/index.ts";
import type { Tensor } from "../../tensor/index.ts";
import type { Outputs } from "../spikevideoformer.ts";

/** What a model is for: a class a clip, 3D poses, heatmaps of joints in the picture, a class a pixel. */
export type TaskName = "classification" | "pose" | "heatmaps" | "segmentation";

/**
 * How far a model is checked. `equal to code`: outputs and gradients agree with the authors' code on golden vectors; `as
 * described`: built from its paper, with the paper's counts beside ours; `reproduced`: a published result was reached.
 */
export type ModelStatus = "equal to code" | "as described" | "reproduced";

/** Tensors by the names of a model's inputs. */
export type Inputs = Readonly<Record<string, Tensor>>;

/** A configuration of type `C`, and the model of type `M` that it describes. */
export type ModelKind<C, M extends Module = Module> = {
  readonly title: string;
  /** Source, with its key in `docs/papers.md`. */
  readonly paper: string;
  readonly status: ModelStatus;
  /** What else there is to know, a sentence. */
  readonly note?: string;
  readonly presets: Readonly<Record<string, C>>;
  /** Preset of configurations that name none. */
  readonly preset: string;
  /** Learned numbers of the model of each preset. */
  readonly parameters: Readonly<Record<string, number>>;
  /** What each field of a configuration may be; see {@link Fields}. */
  readonly fields: Readonly<Record<string, z.ZodType>>;
  /** All that the kind can be for. */
  readonly tasks: readonly TaskName[];
  /** Inputs by name, and their axes. */
  readonly inputs: Readonly<Record<string, string>>;
  /** What a configuration is for. */
  taskOf(config: C): TaskName;
  /** Looks at fields together. @throws ArgumentError naming the field */
  check?(config: C): void;
  /** Fewer parameters than the model has, from its largest matrices; so that one without end is never begun. */
  leastParameters(config: C): number;
  /** The model, with initial parameters. @throws ArgumentError */
  create(config: C, random?: Random): M;
  /** Outputs by name from inputs by name. @throws ShapeError, ArgumentError */
  run(model: M, inputs: Inputs): Outputs;
  /** The name of a tensor of ours in the released code; left out where none was released under names of its own. */
  officialName?(own: string): string;
};

/** A check of every field of a configuration but `model`, and of no other. */
export type Fields<C> = { readonly [F in Exclude<keyof C, "model">]-?: z.ZodType<C[F]> };

/** Runs a model whose only input is `input`. */
export function runOnInput(model: { forward(input: Tensor): Outputs }, { input }: Inputs): Outputs {
  return model.forward(input!);
}

/**
 * Checks that a number divides into parts.
 *
 * @param field - the field that is at fault otherwise, for the message
 * @throws ArgumentError
 */
export function checkDivisor(field: string, divisor: number, of: string, value: number): void {
  if (value % divisor === 0) return;
  throw new ArgumentError(
    `model configuration: ${field}: expected a divisor of ${of}, got ${divisor} for ${value}`,
  );
}
