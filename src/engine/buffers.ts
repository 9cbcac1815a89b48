/** The buffers of a session: what each step needs, for how long, and where it lies. */
import { planesOf, stateChannels, tableSize, wordsOf } from "../backend/index.ts";
import { arrange, type Lifetime } from "./arena.ts";
import type { Step } from "./fuse.ts";
import type { ValueId } from "./graph.ts";
import type { Plan } from "./plan.ts";

/** Lifetime of what is kept between runs. */
const ALWAYS = { from: -1, until: Infinity };

type Request = Lifetime & { readonly key: string };

/** Steps of keys and values that are kept from the runs before: 0 unless attention sees a window of the past. */
export function historySteps({ horizon }: Plan): number {
  return horizon.kind === "past" && horizon.window !== Infinity ? horizon.window : 0;
}

/** The value that a step computes: its membrane, or what its neurons fire on. */
export function currentOf({ membrane, neuron }: Step): ValueId {
  return membrane ?? neuron!.spikes;
}

/** One block of memory with views on it. Views are made anew for each use: they cost nothing beside what they hold. */
export class Buffers {
  readonly bytes: number;
  /** Keys and values that {@link historySteps} steps are kept of. */
  readonly history: ReadonlySet<ValueId>;
  readonly #plan: Plan;
  readonly #requests: readonly Request[];
  readonly #offsets: ReadonlyMap<string, number>;
  #block: Uint8Array<ArrayBuffer> | null = null;

  /** Lays out; {@link Buffers.allocate} allocates. */
  constructor(plan: Plan) {
    this.#plan = plan;
    this.history = historyOf(plan);
    this.#requests = requestsOf(plan, this.history);
    const { offsets, bytes } = arrange(this.#requests);
    this.#offsets = new Map(this.#requests.map(({ key }, i) => [key, offsets[i]!]));
    this.bytes = bytes;
  }

  /** Takes the memory. @throws RangeError when there is none */
  allocate(): void {
    this.#block = this.#plan.kernels.allocate(this.bytes);
  }

  /** Gives the memory back. */
  release(): void {
    if (this.#block !== null) this.#plan.kernels.release(this.#block);
    this.#block = null;
  }

  /** Whether the memory was given back. */
  get released(): boolean {
    return this.#block === null;
  }

  /** Empties what is carried between runs, besides membranes, which start at rest by themselves. */
  clear(): void {
    for (const { key, bytes } of this.#requests) {
      if (key.startsWith("carried ") || key.startsWith("history ")) {
        new Uint8Array(this.#block!.buffer, this.#at(key), bytes).fill(0);
      }
    }
  }

  /** Moves the last steps of keys and values before those of the next run. */
  keepHistory(): void {
    const kept = historySteps(this.#plan);
    for (const id of this.history) {
      const from = this.#plan.timeSteps * this.spikeWords(id);
      const all = this.words(`history ${id}`, (kept + this.#plan.timeSteps) * this.spikeWords(id));
      all.copyWithin(0, from);
    }
  }

  /** Real numbers of a value, `[T, B, H, W, C]`. */
  reals(id: ValueId): Float32Array<ArrayBuffer> {
    return this.floats(`reals ${id}`, realCount(this.#plan, id));
  }

  /** Packed spikes of a value in this run. */
  spikes(id: ValueId): Uint32Array<ArrayBuffer> {
    const kept = this.history.has(id) ? historySteps(this.#plan) : 0;
    return this.spikesFrom(id, kept).subarray(0, this.#plan.timeSteps * this.spikeWords(id));
  }

  /** Packed spikes of a value from a step of its history on; those of this run come last. */
  spikesFrom(id: ValueId, step: number): Uint32Array<ArrayBuffer> {
    const perStep = this.spikeWords(id);
    if (!this.history.has(id)) return this.words(`spikes ${id}`, this.#plan.timeSteps * perStep);
    const steps = historySteps(this.#plan) + this.#plan.timeSteps;
    return this.words(`history ${id}`, steps * perStep).subarray(step * perStep);
  }

  /** Words of the spikes of a value in one step. */
  spikeWords(id: ValueId): number {
    return spikeWords(this.#plan, id);
  }

  floats(key: string, length: number): Float32Array<ArrayBuffer> {
    return new Float32Array(this.#block!.buffer, this.#at(key), length);
  }

  words(key: string, length: number): Uint32Array<ArrayBuffer> {
    return new Uint32Array(this.#block!.buffer, this.#at(key), length);
  }

  ints(key: string, length: number): Int32Array<ArrayBuffer> {
    return new Int32Array(this.#block!.buffer, this.#at(key), length);
  }

  #at(key: string): number {
    return this.#block!.byteOffset + this.#offsets.get(key)!;
  }
}

function historyOf(plan: Plan): ReadonlySet<ValueId> {
  if (historySteps(plan) === 0) return new Set();
  return new Set(
    plan.steps.flatMap(({ work }) =>
      work.kind === "attention" && work.extent !== "spatial" ? [work.k, work.v] : [],
    ),
  );
}

function realCount(plan: Plan, id: ValueId): number {
  const [H, W, C] = plan.value(id).shape;
  return plan.timeSteps * plan.batch * H * W * C;
}

function spikeWords(plan: Plan, id: ValueId): number {
  const { shape, levels } = plan.value(id);
  return plan.batch * shape[0] * shape[1] * planesOf(Math.max(1, levels)) * wordsOf(shape[2]);
}

/** All buffers of a plan. Values live from the step that makes them to the last that reads them. */
function requestsOf(plan: Plan, history: ReadonlySet<ValueId>): Request[] {
  const { timeSteps: T, batch: B, horizon, steps } = plan;
  const last = new Map<ValueId, number>([[plan.graph.input, 0]]);
  steps.forEach(({ work, residual }, i) => {
    for (const id of readBy(work)) last.set(id, i);
    if (residual !== null) last.set(residual, i);
  });
  for (const { value } of plan.outputs) last.set(value, Infinity);
  const spikesUntil = (id: ValueId, made: number): number =>
    plan.keepSpikes ? Infinity : Math.max(made, last.get(id) ?? made);
  const { input } = plan.graph;
  const requests: Request[] = [
    { key: `reals ${input}`, bytes: 4 * realCount(plan, input), from: -1, until: last.get(input)! },
    { key: `spikes ${input}`, bytes: 4 * T * spikeWords(plan, input), from: -1, until: last.get(input)! },
  ];
  steps.forEach((step, i) => {
    const { work, membrane, neuron } = step;
    const now = { from: i, until: i };
    if (membrane !== null) {
      const until = Math.max(i, last.get(membrane) ?? i);
      requests.push({ key: `reals ${membrane}`, bytes: 4 * realCount(plan, membrane), from: i, until });
    }
    if (neuron !== null) {
      const id = neuron.spikes;
      const bytes = 4 * T * spikeWords(plan, id);
      requests.push(
        history.has(id)
          ? { key: `history ${id}`, bytes: bytes + 4 * historySteps(plan) * spikeWords(plan, id), ...ALWAYS }
          : { key: `spikes ${id}`, bytes, from: i, until: spikesUntil(id, i) },
      );
      if (horizon.kind === "past") {
        const [H, W, C] = plan.value(id).shape;
        requests.push({ key: `state ${id}`, bytes: 4 * B * H * W * stateChannels(C), ...ALWAYS });
      }
    }
    const currents = 4 * realCount(plan, currentOf(step));
    switch (work.kind) {
      case "convolution": {
        const { dense, depthwise } = step.weights!;
        if (dense === null && depthwise === null) break;
        requests.push({ key: `current ${i}`, bytes: currents, ...now });
        if (dense !== null && plan.value(work.input).levels > 0) {
          requests.push({ key: `unpacked ${i}`, bytes: 4 * realCount(plan, work.input), ...now });
        }
        break;
      }
      case "mean":
        requests.push({ key: `current ${i}`, bytes: currents, ...now });
        break;
      case "resize": {
        const [h, w] = plan.value(work.input).shape;
        const [H, W, C] = plan.value(membrane!).shape;
        requests.push({ key: `current ${i}`, bytes: 4 * T * B * H * w * C, ...now });
        requests.push({ key: `rows ${i}`, bytes: 4 * H * h, ...ALWAYS });
        requests.push({ key: `columns ${i}`, bytes: 4 * W * w, ...ALWAYS });
        break;
      }
      case "attention": {
        const [H, W, C] = plan.value(work.q).shape;
        const size = 4 * tableSize({ heads: work.heads, channels: C });
        const past = horizon.kind === "past" && work.extent !== "spatial";
        requests.push({ key: `scale ${i}`, bytes: 4 * stateChannels(C), ...ALWAYS });
        requests.push({ key: `shift ${i}`, bytes: 4 * stateChannels(C), ...ALWAYS });
        if (work.extent === "temporal") {
          if (past) requests.push({ key: `carried ${i}`, bytes: B * H * W * size, ...ALWAYS });
          break;
        }
        const groups = past || work.extent === "spatial" ? T : 1;
        requests.push({ key: `tables ${i}`, bytes: groups * B * size, ...now });
        if (past) requests.push({ key: `carried ${i}`, bytes: B * size, ...ALWAYS });
        if (past && historySteps(plan) > 0)
          requests.push({ key: `leaving ${i}`, bytes: T * B * size, ...now });
        break;
      }
      case "value":
        break;
    }
  });
  return requests;
}

/** Values that a step's work reads. */
function readBy(work: Step["work"]): readonly ValueId[] {
  return work.kind === "attention" ? [work.q, work.k, work.v] : [work.input];
}
