/** Learns poses from clips of events, one step at a time. */
import { gradients } from "../autograd/index.ts";
import { CheckpointError, Random } from "../core/index.ts";
import type { MeanPose, PoseBatch, PoseBatches } from "../data/index.ts";
import { poseFeatures, SpikeVideoFormer } from "../models/index.ts";
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
import { scaleResiduals } from "../snn/index.ts";
import { scope, type Tensor, tensor } from "../tensor/index.ts";
import type { PoseOutputs } from "../track/index.ts";
import type { Checkpoint, StoredTensors } from "./checkpoint.ts";
import { JointBins } from "./joint-bins.ts";
import type { PoseTraining } from "./pose-config.ts";
import { poseLoss, type PoseLossWeights } from "./pose-loss.ts";

/** What one step did. */
export type StepReport = {
  /** Steps taken, this one included. */
  readonly step: number;
  readonly loss: number;
  readonly terms: Readonly<Record<keyof PoseLossWeights, number>>;
  readonly gradientNorm: number;
  readonly rate: number;
};

/** See the head of this file. Everything it does follows from its configuration and its clips. */
export class PoseTrainer {
  readonly model: SpikeVideoFormer;
  readonly config: PoseTraining;
  readonly #bins: JointBins | null;
  readonly #batches: PoseBatches;
  readonly #parameters: readonly Tensor[];
  readonly #optimizer: Optimizer;
  readonly #schedule: Schedule;

  constructor(config: PoseTraining, batches: PoseBatches) {
    this.config = config;
    this.model = new SpikeVideoFormer(config.model, new Random(config.seed).fork("model"));
    scaleResiduals(this.model, config.residualScale);
    this.#bins = jointBins(config);
    this.#batches = batches;
    this.#parameters = [...this.model.parameters(), ...(this.#bins?.parameters() ?? [])];
    this.#optimizer = optimizerOf(config, this.#parameters);
    this.#schedule = scheduleOf(config);
  }

  /** Steps taken. */
  get steps(): number {
    return this.#optimizer.steps;
  }

  /** Starts the head at a mean, so that it learns departures. */
  startFromMean({ pose6d, shape, translation }: MeanPose): void {
    const tensors = this.model.namedTensors();
    tensors.get("head.pose.bias")!.data.set(pose6d);
    tensors.get("head.shape.bias")!.data.set(shape);
    tensors.get("head.translation.bias")!.data.set(translation);
  }

  /**
   * Takes one step on the next batch.
   * @throws CheckpointError when the loss or a gradient is no longer finite; parameters are left as they were
   */
  step(): StepReport {
    const batch = this.#batches.next();
    const rate = this.#schedule(this.steps);
    this.model.train();
    return scope(() => {
      const video = tensor(batch.video, videoShape(batch), { spikeLevels: 1 });
      const { outputs, spikes } = this.model.forwardWithSpikes(video);
      const bins = this.#bins?.loss(spikes, batch);
      const { total, terms } = poseLoss(outputs as PoseOutputs, batch, this.config.loss, bins);
      const slopes = gradients(total, this.#parameters);
      const norm = clipGradientNorm(slopes, this.config.clipNorm ?? Infinity);
      if (!Number.isFinite(total.item()) || !Number.isFinite(norm)) {
        throw new CheckpointError(
          `training: expected a finite loss and gradient at step ${this.steps + 1}, got ${total.item()} and ${norm}`,
        );
      }
      this.#optimizer.step(slopes, rate);
      const values = Object.fromEntries(Object.entries(terms).map(([name, term]) => [name, term.item()]));
      return {
        step: this.steps,
        loss: total.item(),
        terms: values as StepReport["terms"],
        gradientNorm: norm,
        rate,
      };
    });
  }

  /** All that the next step depends on. */
  save(): Checkpoint {
    const tensors = new Map<string, Tensor>();
    for (const [name, tensor] of this.model.namedTensors()) tensors.set(`model.${name}`, tensor);
    for (const [name, tensor] of this.#bins?.namedTensors() ?? []) tensors.set(`bins.${name}`, tensor);
    for (const [name, tensor] of this.#optimizer.state()) tensors.set(`optimizer.${name}`, tensor);
    return { tensors, state: { config: this.config, steps: this.steps, batches: this.#batches.save() } };
  }

  /**
   * Takes over the parameters and statistics of a checkpoint, perhaps of another run, and nothing else of it.
   * @throws CheckpointError when they do not fit the model
   */
  start(tensors: StoredTensors): void {
    this.model.load(below("model.", tensors));
    const bins = below("bins.", tensors);
    // A run without the auxiliary task leaves nothing for it; then it starts afresh.
    if (bins.size > 0) this.#bins?.load(bins);
  }

  /**
   * Goes on from a checkpoint with the same bits.
   * @throws CheckpointError when it does not fit this configuration
   */
  restore(stored: { readonly tensors: StoredTensors; readonly state: Checkpoint["state"] }): void {
    if (JSON.stringify(stored.state.config) !== JSON.stringify(this.config)) {
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

  /** Frees the model and the optimiser's state. */
  dispose(): void {
    this.model.dispose();
    this.#bins?.dispose();
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

/** The auxiliary task, if the configuration gives it weight. */
function jointBins({ loss, model, seed }: PoseTraining): JointBins | null {
  if (loss.bins === 0 || model.head.kind !== "pose") return null;
  return new JointBins(new Random(seed).fork("bins"), poseFeatures(model.embedDims, model.head.inputSize));
}

/** `[T, B, C, H, W]` of a batch. */
export function videoShape({ timeSteps, batch, channels, size }: PoseBatch): number[] {
  return [timeSteps, batch, channels, size, size];
}

function optimizerOf({ optimizer }: PoseTraining, parameters: readonly Tensor[]): Optimizer {
  if (optimizer.kind === "sgd") return new Sgd(parameters, optimizer);
  const { weightDecay } = optimizer;
  return new Adam(parameters, { weightDecay, decoupled: optimizer.kind === "adamw" });
}

function scheduleOf({ rate, steps, schedule }: PoseTraining): Schedule {
  switch (schedule.kind) {
    case "cosine":
      return cosineRate(rate, steps, schedule);
    case "step":
      return stepRate(rate, schedule.milestones, schedule.factor);
    case "constant":
      return constantRate(rate);
  }
}
