/** Running a {@link Plan}: buffers laid out once, then steps over them. */
import { backend, planesOf } from "../backend/index.ts";
import {
  ArgumentError,
  DisposedError,
  ShapeError,
  show,
  stridesOf,
  UnsupportedError,
} from "../core/index.ts";
import { Tensor } from "../tensor/index.ts";
import { Buffers } from "./buffers.ts";
import { spikesByPixel } from "./spike-counts.ts";
import type { ValueId } from "./graph.ts";
import { mostTokens, tokensOfStep } from "./attention-limits.ts";
import type { Plan, PlannedStep } from "./plan.ts";
import { type Runner, runnerOf } from "./runners.ts";

/** Called around each step: it must call `run` once. */
export type StepWatch = (step: PlannedStep, run: () => void) => void;

/**
 * Runs a plan. It belongs to the thread that made it and computes while it is called, so two runs cannot overlap.
 * Buffers are allocated once; a run allocates its outputs alone.
 */
export class Session {
  readonly plan: Plan;
  readonly #buffers: Buffers;
  readonly #runners: readonly Runner[];
  /** Steps that attention over all of the past can hold. */
  readonly #mostSteps: number;
  /** Steps since the last reset. */
  #steps = 0;
  /** Whether the buffers hold a run. */
  #ran = false;
  #watch: StepWatch | null = null;
  #inputFired = false;

  /**
   * @param plan - what to run
   * @throws ArgumentError before anything is allocated, with the bytes needed, when they do not fit into memory; on
   * another backend than the plan's
   * @throws DisposedError when the plan was freed
   */
  constructor(plan: Plan) {
    this.plan = plan;
    this.#mostSteps = mostSteps(plan);
    checkPlan(plan);
    this.#buffers = new Buffers(plan);
    const { bytes } = this.#buffers;
    const { available } = plan.kernels;
    if (bytes > available) {
      throw new ArgumentError(
        `session: expected buffers of at most ${available} bytes, got ${bytes}; ` +
          "fewer time steps, smaller pictures or smaller batches need less",
      );
    }
    this.#buffers.allocate();
    this.#runners = plan.steps.map((_, i) => runnerOf(plan, this.#buffers, i));
  }

  /** Bytes of all buffers. */
  get bytes(): number {
    return this.#buffers.bytes;
  }

  /**
   * Runs a clip from rest.
   * @param clip - `[T, B, C, H, W]`; frames of 0 and 1 alone are events, and gathered
   * @returns the outputs by name, as those of the model
   * @throws ShapeError when it is not what the plan was compiled for
   * @throws ArgumentError for numbers that are not finite
   * @throws DisposedError
   */
  run(clip: Tensor): Record<string, Tensor> {
    this.reset();
    return this.#advance(clip);
  }

  /**
   * Goes T steps on from where the last push (or run) ended: membranes are carried, and attention sees the steps
   * before. Memory is constant however long the stream.
   * @param frames - `[T, B, C, H, W]`; leading axes of size 1 may be left out
   * @returns the outputs of these steps
   * @throws UnsupportedError unless the plan was compiled with `stream`
   * @throws ShapeError
   * @throws ArgumentError when so many steps were pushed that sums could leave 32 bits; for numbers that are not finite.
   * The stream is then as it was before
   * @throws DisposedError
   */
  push(frames: Tensor): Record<string, Tensor> {
    if (this.plan.horizon.kind !== "past") {
      throw new UnsupportedError("push: expected a plan compiled with `stream`, got one for whole clips");
    }
    return this.#advance(frames);
  }

  /** Forgets what was pushed: the next step starts from rest. */
  reset(): void {
    this.#steps = 0;
  }

  /** Lets `watch` see every step of the runs that follow; null ends that. */
  watch(watch: StepWatch | null): void {
    this.#watch = watch;
  }

  /**
   * Spikes of a layer of neurons in the last run, `[T, B, H, W, C]`.
   * @throws ArgumentError unless the plan was compiled with `keepSpikes`, has this layer and was run
   * @throws DisposedError
   */
  spikes(layer: string): Tensor {
    const neurons = this.plan.steps.flatMap(({ neuron }) => (neuron === null ? [] : [neuron.spikes]));
    const id = neurons.find((value) => this.plan.value(value).layer === layer);
    if (id === undefined || !this.plan.keepSpikes) {
      throw new ArgumentError(`spikes: expected a layer of neurons of a plan with keepSpikes, got ${layer}`);
    }
    this.#check();
    if (!this.#ran) throw new ArgumentError("spikes: expected a run before, got a session that never ran");
    const { shape, levels } = this.plan.value(id);
    const { timeSteps, batch, kernels } = this.plan;
    const out = Tensor.empty([timeSteps, batch, ...shape], { spikeLevels: levels });
    const rows = timeSteps * batch * shape[0] * shape[1];
    // In place where the numbers are float32, as they are but in gradient checks.
    const numbers = out.data instanceof Float32Array ? out.data : new Float32Array(out.size);
    kernels.unpackSpikes(numbers, this.#buffers.spikes(id), rows, shape[2], planesOf(levels));
    if (numbers !== out.data) out.data.set(numbers);
    return out;
  }

  /** Spikes per neuron and step of a value of the last run, while its buffer lives: in a watch, or with `keepSpikes`. */
  firingRate(value: ValueId): number {
    this.#check();
    const { shape, levels } = this.plan.value(value);
    const rows = this.plan.timeSteps * this.plan.batch * shape[0] * shape[1];
    const spikes = this.#buffers.spikes(value);
    return (
      this.plan.kernels.countSpikes(spikes, rows, shape[2], planesOf(Math.max(1, levels))) / (rows * shape[2])
    );
  }

  /** Spikes of each pixel of a value in the last run, `[H, W]`, sums over T, B and C; see {@link Session.firingRate}. */
  spikeCounts(value: ValueId): Float64Array {
    const { shape, levels } = this.plan.value(value);
    const { timeSteps, batch } = this.plan;
    return spikesByPixel(this.#buffers.spikes(value), timeSteps * batch, shape, Math.max(1, levels));
  }

  /** Whether the frames of the last run held nothing but 0 and 1, and were gathered as spikes. */
  get inputFired(): boolean {
    return this.#inputFired;
  }

  /** Frees the buffers. */
  dispose(): void {
    this.#buffers.release();
  }

  #advance(frames: Tensor): Record<string, Tensor> {
    this.#check();
    const { timeSteps } = this.plan;
    if (this.#steps + timeSteps > this.#mostSteps) {
      throw new ArgumentError(
        `push: expected at most ${this.#mostSteps} steps, after which sums could leave 32 bits, ` +
          `got ${this.#steps + timeSteps}: reset the session, or compile with a window`,
      );
    }
    const binary = this.#load(frames);
    this.#inputFired = binary;
    const turn = { resume: this.#steps > 0, binary };
    if (!turn.resume) this.#buffers.clear();
    this.#runners.forEach((run, i) => {
      if (this.#watch === null) run(turn);
      else this.#watch(this.plan.steps[i]!, () => run(turn));
    });
    this.#buffers.keepHistory();
    this.#steps += timeSteps;
    this.#ran = true;
    return this.#outputs();
  }

  /** @throws DisposedError, ArgumentError */
  #check(): void {
    if (this.#buffers.released) throw new DisposedError("session: used after it was freed");
    checkPlan(this.plan);
  }

  /** Checks and copies the input; returns whether it holds spikes. */
  #load(frames: Tensor): boolean {
    const { timeSteps: T, batch: B, graph, kernels } = this.plan;
    const [H, W, C] = this.plan.value(graph.input).shape;
    const whole = [T, B, C, H, W];
    const missing = whole.slice(0, Math.max(0, 5 - frames.shape.length));
    const given = [...missing.map(() => 1), ...frames.shape];
    if (given.length !== 5 || given.some((size, i) => size !== whole[i])) {
      throw new ShapeError(`session: expected input ${show(whole)}, got ${show(frames.shape)}`);
    }
    const reals = this.#buffers.reals(graph.input);
    backend().permute(reals, frames.data, [T * B, C, H * W], [0, 2, 1]);
    const binary = frames.spikeLevels === 1 || isBinary(reals);
    if (!binary) checkFinite(reals, frames);
    if (binary) kernels.packSpikes(this.#buffers.spikes(graph.input), reals, T * B * H * W, C, 1);
    return binary;
  }

  #outputs(): Record<string, Tensor> {
    const { timeSteps: T, batch: B } = this.plan;
    const entries = this.plan.outputs.map(({ name, value, form }): [string, Tensor] => {
      const [H, W, C] = this.plan.value(value).shape;
      const from = this.#buffers.reals(value);
      switch (form) {
        case "maps": {
          const maps = Tensor.empty([T, B, C, H, W]);
          backend().permute(maps.data, from, [T * B, H * W, C], [0, 2, 1]);
          return [name, maps];
        }
        case "steps": {
          const steps = Tensor.empty([T, B, C]);
          steps.data.set(from);
          return [name, steps];
        }
        case "mean": {
          const mean = Tensor.empty([B, C]);
          backend().sum(mean.data, from, 1, T, B * C);
          backend().affine(mean.data, mean.data, 1 / T, 0);
          return [name, mean];
        }
      }
    });
    return Object.fromEntries(entries);
  }
}

function isBinary(numbers: ArrayLike<number>): boolean {
  for (let i = 0; i < numbers.length; i++) if (numbers[i] !== 0 && numbers[i] !== 1) return false;
  return true;
}

/** @throws ArgumentError naming the first number that is not finite */
function checkFinite(reals: Float32Array<ArrayBuffer>, frames: Tensor): void {
  // A sum over numbers that are not finite is not finite; that over others may be, and has to be looked through.
  const sum = Tensor.empty([1]);
  backend().sum(sum.data, reals, 1, reals.length, 1);
  const finite = Number.isFinite(sum.item());
  sum.dispose();
  if (finite) return;
  const at = frames.data.findIndex((x) => !Number.isFinite(x));
  if (at < 0) return;
  const index = stridesOf(frames.shape).map((stride, axis) => Math.floor(at / stride) % frames.shape[axis]!);
  throw new ArgumentError(`session: expected finite numbers, got ${frames.data[at]} at ${show(index)}`);
}

/** @throws DisposedError, ArgumentError */
function checkPlan(plan: Plan): void {
  if (plan.disposed) throw new DisposedError("session: its plan was used after it was freed");
  if (plan.kernels !== backend().packed) {
    throw new ArgumentError("session: expected the backend that the plan was compiled on, got another");
  }
}

/** Steps that attention over all of the past can hold before its sums could leave 32 bits. */
function mostSteps({ steps, graph, horizon }: Plan): number {
  if (horizon.kind === "clip" || horizon.window !== Infinity) return Infinity;
  return steps.reduce((most, { work }) => {
    if (work.kind !== "attention" || work.extent === "spatial") return most;
    const { values } = graph;
    return Math.min(most, Math.floor(mostTokens(work, values) / tokensOfStep(work, values)));
  }, Infinity);
}
