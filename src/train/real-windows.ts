/** Windows of real events without labels: the other domain of a training run. */
import { ArgumentError, type Random } from "../core/index.ts";
import {
  type Augmentation,
  type BatchSource,
  type BatchState,
  changePixels,
  drawChange,
  type PoseBatch,
  restoreRandom,
  UNCHANGED,
} from "../data/index.ts";
import { type Events, indexAtTime, sliceEvents } from "../events/index.ts";
import { voxelGrid } from "../track/index.ts";
import type { HeldRecording } from "./recordings.ts";

/** What {@link RealWindows} are made of. */
export type RealWindowOptions = {
  /** H = W */
  readonly size: number;
  /** T */
  readonly timeSteps: number;
  /** Lengths of windows, drawn from with equal chances. */
  readonly windowSeconds: readonly number[];
  /** B */
  readonly batch: number;
  /** Advanced by each batch. */
  readonly random: Random;
  /** As the labelled clips are changed: else the changes would tell the domains apart. */
  readonly augment: Augmentation | null;
};

/** Windows of real events. */
export type RealBatch = {
  /** 1 where a voxel saw events enough, else 0, `[T, B, 4, H, W]`, as `trackPoses` has it. */
  readonly video: Float32Array;
  /** Seed of what chance decides in the loss of this batch. */
  readonly seed: number;
};

/** Two polarities in each half of a step. */
const CHANNELS = 4;

/**
 * Endless random windows of recordings, each at a random time of one that is drawn in proportion to its length. Where the
 * length drawn does not fit, the window is the whole recording. The generator is all the state.
 */
export class RealWindows implements BatchSource<RealBatch> {
  readonly #recordings: readonly HeldRecording[];
  readonly #options: RealWindowOptions;
  /** Microseconds up to the end of each recording. */
  readonly #ends: readonly number[];

  /** @throws ArgumentError if there is no recording, or one is shorter than a microsecond for each half of a step */
  constructor(recordings: readonly HeldRecording[], options: RealWindowOptions) {
    const shortest = 2 * options.timeSteps;
    const short = recordings.find(({ events }) => lengthUs(events) < shortest);
    if (recordings.length === 0 || short !== undefined) {
      const got = short === undefined ? "none" : `${lengthUs(short.events)} µs in ${short.name}`;
      throw new ArgumentError(`RealWindows: expected recordings of ${shortest} µs or more, got ${got}`);
    }
    let end = 0;
    this.#ends = recordings.map(({ events }) => (end += lengthUs(events)));
    this.#recordings = recordings;
    this.#options = options;
  }

  /** The next batch. */
  next(): RealBatch {
    const { timeSteps, batch, size, random } = this.#options;
    const step = CHANNELS * size * size;
    const video = new Float32Array(timeSteps * batch * step);
    for (let b = 0; b < batch; b++) {
      const window = this.#draw();
      for (let t = 0; t < timeSteps; t++) {
        video.set(window.subarray(t * step, (t + 1) * step), (t * batch + b) * step);
      }
    }
    return { video, seed: random.uint32() };
  }

  save(): BatchState {
    return { random: this.#options.random.save() };
  }

  /** Goes on from a saved state. @throws CheckpointError if it is another */
  restore(state: BatchState): void {
    restoreRandom(this.#options.random, state);
  }

  /** The voxels of one window, `[T, 4, H, W]`. */
  #draw(): Float32Array {
    const { timeSteps, size: inputSize, windowSeconds, random, augment } = this.#options;
    const at = random.uniform(0, this.#ends.at(-1));
    const { sensor, events } = this.#recordings[this.#ends.findIndex((end) => at < end)]!;
    const longest = lengthUs(events);
    const windowUs = Math.min(longest, Math.max(2 * timeSteps, Math.round(random.pick(windowSeconds) * 1e6)));
    const startUs = events.t[0]! + random.integer(0, longest - windowUs + 1);
    const grid = voxelGrid(sensor, { windowUs, timeSteps, inputSize, inChannels: CHANNELS });
    grid.clear(startUs);
    const [from, to] = [indexAtTime(events, startUs), indexAtTime(events, startUs + windowUs)];
    grid.add(sliceEvents(events, from, to));
    const change = drawChange(random, augment);
    if (change === UNCHANGED) return grid.values;
    const centre = { width: inputSize, height: inputSize, cx: inputSize / 2, cy: inputSize / 2 };
    return changed(grid.values, changePixels({ ...centre, fx: inputSize, fy: inputSize }, change));
  }
}

/** From the first event to behind the last, µs. */
function lengthUs({ t }: Events): number {
  return t.at(-1)! - t[0]! + 1;
}

/** Planes whose pixels come from others, or from outside where they are 0. */
function changed(values: Float32Array, from: Int32Array): Float32Array {
  return values.map((_, i) => {
    const pixel = i % from.length;
    const source = from[pixel]!;
    return source === from.length ? 0 : values[i - pixel + source]!;
  });
}

/** Labelled synthetic samples, and as many unlabelled windows of real events. */
export type AdaptationBatch = PoseBatch & { readonly real: RealBatch };

/** Batches of two sources side by side. */
export class AdaptationBatches implements BatchSource<AdaptationBatch> {
  readonly #labelled: BatchSource<PoseBatch>;
  readonly #real: BatchSource<RealBatch>;

  /** @param real - of the same T, B, H and W */
  constructor(labelled: BatchSource<PoseBatch>, real: BatchSource<RealBatch>) {
    this.#labelled = labelled;
    this.#real = real;
  }

  async next(): Promise<AdaptationBatch> {
    return { ...(await this.#labelled.next()), real: await this.#real.next() };
  }

  save(): BatchState {
    return { labelled: this.#labelled.save(), real: this.#real.save() };
  }

  /** Goes on from a saved state. @throws CheckpointError if it is another */
  restore({ labelled, real }: BatchState): void {
    this.#labelled.restore((labelled ?? {}) as BatchState);
    this.#real.restore((real ?? {}) as BatchState);
  }
}
