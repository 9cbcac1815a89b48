/** What models learn, and how well: what all runs of training and evaluation have in common. */
import type { BatchSource } from "../data/index.ts";
import type { Json } from "../io/index.ts";
import type { ConfiguredModel } from "../models/index.ts";
import type { Module } from "../nn/index.ts";
import type { Tensor } from "../tensor/index.ts";

/** A loss of one element, and the terms that it is the weighted sum of, by name; what is only told weighs nothing. */
export type Loss = { readonly total: Tensor; readonly terms: Readonly<Record<string, Tensor>> };

/** Numbers that tell how well, by name; {@link Measure.columns} are shown. */
export type Metrics = Readonly<Record<string, Json>>;

/** Metrics of the model, and of baselines that know less: always "model" first. */
export type Evaluation = { readonly model: Metrics; readonly [baseline: string]: Metrics };

/** A metric that tables and curves show. */
export type MetricColumn = {
  /** Key of {@link Metrics}. */
  readonly key: string;
  readonly label: string;
  readonly digits: number;
  /** Factor from the metric to what is shown: 100 for per cent; 1 by default. */
  readonly scale?: number;
};

/** Sums what a model makes of batches, and of what baselines make of them. */
export interface Meter<Batch> {
  add(batch: Batch): void;
  evaluation(): Evaluation;
}

/** How well models of a task do. */
export interface Measure<Batch> {
  /** Of most columns: "mm", "%", "px". */
  readonly unit: string;
  readonly columns: readonly MetricColumn[];
  /** Key of the metric by which models are compared, and whether it should be low or high. */
  readonly headline: { readonly key: string; readonly better: "low" | "high" };
  /** @param model - in evaluation mode */
  meter(model: Module): Meter<Batch>;
}

/**
 * Ties a model to what it learns: how a batch becomes a loss, which modules learn, how well is measured, and what its file holds
 * besides weights and configuration.
 */
export interface Task<Batch> {
  /** `model`, and what is used in training alone, by name. */
  readonly modules: { readonly model: ConfiguredModel; readonly [name: string]: Module };
  /** What learns of the modules; the rest stays as it is. */
  readonly parameters: readonly Tensor[];
  readonly measure: Measure<Batch>;
  /** Readies a fresh model to learn from its data: biases at means, for example. */
  prepare(): void;
  /** Switches modules to training; what does not learn may stay in evaluation. */
  train(): void;
  /**
   * Runs the model on a batch.
   * @param progress - steps taken as a share of the run, from 0 to below 1
   * @throws ShapeError, ArgumentError
   */
  loss(batch: Batch, progress: number): Loss;
  /** What the model's file holds besides weights, configuration and the run, by key. */
  metadata(): Readonly<Record<string, string>>;
}

/** What a task is learned from and measured by. */
export type TaskData<Batch> = {
  readonly training: BatchSource<Batch>;
  /** Samples of an epoch. */
  readonly samples: number;
  /** Batches of the validation data, from the first on at each call. */
  validation(): AsyncIterable<Batch> | Iterable<Batch>;
};

/**
 * Runs a model over batches; afterwards it is in evaluation mode.
 * @param onBatch - called after each batch
 */
export async function evaluate<Batch>(
  measure: Measure<Batch>,
  model: Module,
  batches: AsyncIterable<Batch> | Iterable<Batch>,
  onBatch: () => void = () => {},
): Promise<Evaluation> {
  model.eval();
  const meter = measure.meter(model);
  for await (const batch of batches) {
    meter.add(batch);
    onBatch();
  }
  return meter.evaluation();
}

/** An evaluation as a file records it. */
export function evaluationJson(evaluation: Evaluation): Json {
  return JSON.parse(JSON.stringify(evaluation)) as Json;
}
