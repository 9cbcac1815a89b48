/** Learns a task from batches, one step at a time. */
import { gradients } from "../autograd/index.ts";
import { CheckpointError } from "../core/index.ts";
import type { BatchSource } from "../data/index.ts";
import {
  Adam,
  clipGradientNorm,
  constantRate,
  cosineRate,
  type Optimizer,
  type Schedule,
  Sgd,
  stepRate,
} from "../nn/index.ts";
import { scope, type Tensor } from "../tensor/index.ts";
import type { Checkpoint, StoredTensors } from "./checkpoint.ts";
import type { RunConfig } from "./run-config.ts";
import type { Task } from "./task.ts";

/** What one step did. */
export type StepReport = {
  /** Steps taken, this one included. */
  readonly step: number;
  readonly loss: number;
  readonly terms: Readonly<Record<string, number>>;
  readonly gradientNorm: number;
  readonly rate: number;
};

/** Parts of a run's configuration that say how its parameters move. */
export type Optimization = Pick<RunConfig, "optimizer" | "rate" | "schedule" | "clipNorm">;

/** See the head of this file. Everything it does follows from its configuration, its task and its batches. */
export class Trainer<Batch> {
  readonly task: Task<Batch>;
  readonly #config: RunConfig;
  readonly #batches: BatchSource<Batch>;
  readonly #optimizer: Optimizer;
  readonly #schedule: Schedule;
  readonly #totalSteps: number;

  /**
   * @param config - what the run is; a checkpoint is refused by a run of another
   * @param totalSteps - length of the run, which the schedule and some losses need
   */
  constructor(config: RunConfig, task: Task<Batch>, batches: BatchSource<Batch>, totalSteps: number) {
    this.task = task;
    this.#config = config;
    this.#batches = batches;
    this.#optimizer = optimizerOf(config, task.parameters);
    this.#schedule = scheduleOf(config, totalSteps);
    this.#totalSteps = totalSteps;
  }

  /** Steps taken. */
  get steps(): number {
    return this.#optimizer.steps;
  }

  /**
   * Takes one step on the next batch.
   * @throws CheckpointError when the loss or a gradient is no longer finite; parameters are left as they were
   */
  async step(): Promise<StepReport> {
    const batch = await this.#batches.next();
    const rate = this.#schedule(this.steps);
    this.task.train();
    return scope(() => {
      const { total, terms } = this.task.loss(batch, this.steps / this.#totalSteps);
      const slopes = gradients(total, this.task.parameters);
      const norm = clipGradientNorm(slopes, this.#config.clipNorm ?? Infinity);
      if (!Number.isFinite(total.item()) || !Number.isFinite(norm)) {
        throw new CheckpointError(
          `training: expected a finite loss and gradient at step ${this.steps + 1}, got ${total.item()} and ${norm}`,
        );
      }
      this.#optimizer.step(slopes, rate);
      const values = Object.fromEntries(Object.entries(terms).map(([name, term]) => [name, term.item()]));
      return { step: this.steps, loss: total.item(), terms: values, gradientNorm: norm, rate };
    });
  }

  /** All that the next step depends on. */
  save(): Checkpoint {
    const tensors = new Map<string, Tensor>();
    for (const [prefix, module] of Object.entries(this.task.modules)) {
      for (const [name, tensor] of module.namedTensors()) tensors.set(`${prefix}.${name}`, tensor);
    }
    for (const [name, tensor] of this.#optimizer.state()) tensors.set(`optimizer.${name}`, tensor);
    return { tensors, state: { config: this.#config, steps: this.steps, batches: this.#batches.save() } };
  }

  /**
   * Takes over the parameters and statistics of a checkpoint, perhaps of another run, and nothing else of it.
   * @throws CheckpointError when they do not fit the model
   */
  start(tensors: StoredTensors): void {
    for (const [prefix, module] of Object.entries(this.task.modules)) {
      const stored = below(`${prefix}.`, tensors);
      // A run without what is used in training alone leaves nothing for it; then it starts afresh.
      if (prefix === "model" || stored.size > 0) module.load(stored);
    }
  }

  /**
   * Goes on from a checkpoint with the same bits.
   * @throws CheckpointError when it does not fit this configuration
   */
  restore(stored: { readonly tensors: StoredTensors; readonly state: Checkpoint["state"] }): void {
    if (JSON.stringify(stored.state.config) !== JSON.stringify(this.#config)) {
      throw new CheckpointError(
        "resume: expected the configuration that the run was started with, got another",
      );
    }
    this.start(stored.tensors);
    const moments = below("optimizer.", stored.tensors);
    for (const [name, tensor] of this.#optimizer.state()) {
      const value = moments.get(name);
      if (value?.data.length !== tensor.size) {
        throw new CheckpointError(
          `resume: expected ${tensor.size} numbers in optimizer.${name}, got ${value?.data.length ?? "none"}`,
        );
      }
      tensor.data.set(value.data);
    }
    this.#optimizer.steps = stored.state.steps;
    this.#batches.restore(stored.state.batches);
  }

  /** Frees the modules and the optimiser's state. */
  dispose(): void {
    for (const module of Object.values(this.task.modules)) module.dispose();
    this.#optimizer.dispose();
  }
}

/** The tensors whose names start with a prefix, without it. */
function below(prefix: string, tensors: StoredTensors): StoredTensors {
  return new Map(
    [...tensors].flatMap(([name, value]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), value] as const] : [],
    ),
  );
}

function optimizerOf({ optimizer }: Optimization, parameters: readonly Tensor[]): Optimizer {
  if (optimizer.kind === "sgd") return new Sgd(parameters, optimizer);
  const { weightDecay } = optimizer;
  return new Adam(parameters, { weightDecay, decoupled: optimizer.kind === "adamw" });
}

function scheduleOf({ rate, schedule }: Optimization, steps: number): Schedule {
  switch (schedule.kind) {
    case "cosine":
      return cosineRate(rate, steps, schedule);
    case "step":
      return stepRate(rate, schedule.milestones, schedule.factor);
    case "constant":
      return constantRate(rate);
  }
}
