/** Batches for networks of heatmaps, cut from windows of events [Aydin2024, §4.1]. */
import { ArgumentError, type Random, type RandomState } from "../core/index.ts";
import {
  countFrames,
  type Events,
  type Fit,
  joinEvents,
  pointPlacement,
  type PlacementOptions,
  type Region,
  type SensorSize,
  sliceEvents,
  stackedHistogram,
} from "../events/index.ts";
import type { Image } from "../video/index.ts";
import { type BatchSource, type BatchState, restoreRandom } from "./batch-source.ts";
import type { Dataset } from "./dataset.ts";
import { HEATMAP_JOINTS, type HeatmapWindow } from "./heatmap-windows.ts";

/** Samples with their targets, time first. */
export type HeatmapBatch = {
  readonly names: readonly string[];
  /** T */
  readonly timeSteps: number;
  /** B */
  readonly batch: number;
  /** W and H, multiples of 32. */
  readonly size: SensorSize;
  /** Counts of events by polarity, 0 = OFF, 1 = ON, `[T, B, 2, H, W]`. */
  readonly events: Float32Array;
  /** What the ANN sees at the start of the window, `[B, C, H, W]`. */
  readonly input: Float32Array;
  /** The same at the end of the window; none where the ANN sees pictures. */
  readonly nextInput?: Float32Array;
  /** Joints at the end of each step, pixels of the picture, `[T, B, J, 2]`; not a number where not known. */
  readonly joints2d: Float32Array;
  /** Joints at the start of the window, `[B, J, 2]`. */
  readonly startJoints2d: Float32Array;
};

/** How a window becomes a sample. */
export type HeatmapBatchOptions = {
  /** Size of the picture, multiples of 32. */
  readonly size: SensorSize;
  /** T, the equal steps of a window: ten of 100 ms are those of the paper at 100 Hz, twenty those at 200 Hz. */
  readonly timeSteps: number;
  /** Samples of a batch. */
  readonly batch: number;
  /**
   * What the ANN sees: `"events"`, the last events before the window in {@link histograms} (C = 2 · histograms, those of
   * polarity 0 first), or `"image"`, red, green and blue from 0 to 1 (C = 3); `"events"` by default.
   */
  readonly input?: "events" | "image";
  /** Histograms that the last events are divided into; 10 by default. */
  readonly histograms?: number;
  /** The part of the sensor that is looked at; all of it by default. The paper's of DHP19 is 256x256 at (34, 2). */
  readonly region?: Region;
  /** How it is laid on the picture; `"contain"` by default. */
  readonly fit?: Fit;
};

/** State of {@link HeatmapBatches}, as JSON. */
export type HeatmapBatchesState = { readonly random: RandomState };

/**
 * Endless random batches: each sample is a window drawn with equal chances, mirrored with a probability. The generator is
 * all the state: a run that restores it sees the same batches.
 */
export class HeatmapBatches implements BatchSource<HeatmapBatch> {
  readonly #windows: Dataset<HeatmapWindow>;
  readonly #options: HeatmapBatchOptions;
  readonly #flip: number;
  readonly #random: Random;

  /**
   * @param options.random - advanced by {@link next}
   * @param options.flip - probability of a mirror image, in which right and left joints are exchanged; 0 by default
   * @throws ArgumentError if there are no windows, or an option is out of range
   */
  constructor(
    windows: Dataset<HeatmapWindow>,
    {
      random,
      flip = 0,
      ...options
    }: HeatmapBatchOptions & { readonly random: Random; readonly flip?: number },
  ) {
    check(options);
    if (windows.length === 0) throw new ArgumentError("HeatmapBatches: expected windows, got none");
    if (!(flip >= 0 && flip <= 1)) {
      throw new ArgumentError(`HeatmapBatches: expected a flip of 0 to 1, got ${flip}`);
    }
    this.#windows = windows;
    this.#options = options;
    this.#flip = flip;
    this.#random = random;
  }

  /**
   * The next batch.
   *
   * @throws ArgumentError if the windows have not what the options ask for; what reading them throws
   */
  async next(): Promise<HeatmapBatch> {
    const draws = Array.from({ length: this.#options.batch }, () => ({
      index: this.#random.integer(0, this.#windows.length),
      mirrored: this.#random.uniform() < this.#flip,
    }));
    const samples: Sample[] = [];
    for (const { index, mirrored } of draws) {
      const sample = sampleOf(await this.#windows.get(index), this.#options);
      samples.push(mirrored ? mirror(sample, this.#options.size) : sample);
    }
    return assemble(samples, this.#options);
  }

  /** All that the next batch depends on, besides the options. */
  save(): HeatmapBatchesState {
    return { random: this.#random.save() };
  }

  /** Goes on from a saved state. @throws CheckpointError if it is another */
  restore(state: BatchState): void {
    restoreRandom(this.#random, state);
  }
}

/**
 * All windows in their order, unchanged; the last batch may be smaller.
 *
 * @throws ArgumentError as {@link HeatmapBatches}
 */
export async function* heatmapEvaluationBatches(
  windows: Dataset<HeatmapWindow>,
  options: HeatmapBatchOptions,
): AsyncGenerator<HeatmapBatch, void, void> {
  check(options);
  for (let first = 0; first < windows.length; first += options.batch) {
    const samples: Sample[] = [];
    for (let i = first; i < Math.min(first + options.batch, windows.length); i++) {
      samples.push(sampleOf(await windows.get(i), options));
    }
    yield assemble(samples, options);
  }
}

function check({ size: { width, height }, timeSteps, batch, histograms = 10 }: HeatmapBatchOptions): void {
  if (![width, height].every((side) => Number.isInteger(side) && side > 0 && side % 32 === 0)) {
    throw new ArgumentError(
      `heatmap batches: expected sides that are multiples of 32, got ${width}x${height}`,
    );
  }
  if (![timeSteps, batch, histograms].every((n) => Number.isInteger(n) && n > 0)) {
    throw new ArgumentError(
      `heatmap batches: expected positive timeSteps, batch and histograms, got ${timeSteps}, ${batch} and ${histograms}`,
    );
  }
}

/** One sample; its arrays as in {@link HeatmapBatch}, without the axis B. */
type Sample = {
  readonly name: string;
  readonly events: Float32Array;
  readonly input: Float32Array;
  readonly nextInput?: Float32Array;
  readonly joints2d: Float32Array;
  readonly startJoints2d: Float32Array;
};

function sampleOf(window: HeatmapWindow, options: HeatmapBatchOptions): Sample {
  const { name, sensor, startUs, durationUs, events, history } = window;
  const { size, timeSteps, region, fit = "contain", histograms = 10, input = "events" } = options;
  const place = { sensor, size, fit, ...(region && { region }) };
  const stack = (last: Events) => stackedHistogram(last, { ...place, bins: histograms, polarityFirst: true });
  const joints = Array.from({ length: timeSteps + 1 }, (_, t) =>
    jointsAt(window, startUs + (t * durationUs) / timeSteps, place),
  );
  return {
    name,
    events: countFrames(events, { ...place, timeSteps, startUs, durationUs }),
    ...(input === "image"
      ? { input: pixels(window, place) }
      : { input: stack(history), nextInput: stack(lastOf([history, events], history.t.length)) }),
    startJoints2d: joints[0]!,
    joints2d: joined(joints.slice(1)),
  };
}

/** The last events of batches. */
function lastOf(batches: readonly Events[], count: number): Events {
  const all = joinEvents(batches);
  return sliceEvents(all, all.t.length - count, all.t.length);
}

/** Joints at a time, linearly between two labels, in pixels of the picture; unknown outside of it. `[J, 2]` */
function jointsAt(
  { name, times, joints2d }: HeatmapWindow,
  timeUs: number,
  place: PlacementOptions & { readonly size: SensorSize },
): Float32Array {
  const next = Array.prototype.findIndex.call(times, (labelUs: number) => labelUs >= timeUs - 0.5);
  const exact = next >= 0 && Math.abs(times[next]! - timeUs) <= 0.5;
  if (next < 0 || (next === 0 && !exact)) {
    throw new ArgumentError(`heatmap batches: expected labels about ${timeUs} µs, got none in ${name}`);
  }
  const numbers = joints2d.length / times.length;
  const label = (i: number) => joints2d.subarray(numbers * i, numbers * (i + 1));
  const part = exact ? 1 : (timeUs - times[next - 1]!) / (times[next]! - times[next - 1]!);
  const [before, after] = [label(exact ? next : next - 1), label(next)];
  const { toGrid } = pointPlacement(place);
  const out = new Float32Array(numbers).fill(Number.NaN);
  for (let j = 0; j < numbers; j += 2) {
    const between = (i: number) => before[i]! + part * (after[i]! - before[i]!);
    const [u, v] = toGrid(between(j), between(j + 1));
    if (u >= 0 && u < place.size.width && v >= 0 && v < place.size.height) out.set([u, v], j);
  }
  return out;
}

/** The picture laid as the events are, `[3, H, W]`, the nearest pixel for each; 0 outside. */
function pixels(
  { name, sensor, image }: HeatmapWindow,
  place: PlacementOptions & { readonly size: SensorSize },
): Float32Array {
  if (image === undefined || image.channels < 3) {
    throw new ArgumentError(`heatmap batches: expected a picture in colours, got none in ${name}`);
  }
  const { width, height } = place.size;
  const { toSensor } = pointPlacement(place);
  const out = new Float32Array(3 * height * width);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = pixelAt(image, sensor, toSensor(x + 0.5, y + 0.5));
      if (at < 0) continue;
      for (let c = 0; c < 3; c++) out[(c * height + y) * width + x] = image.pixels[at + c]! / 255;
    }
  }
  return out;
}

/** Index of the pixel at a place of the sensor; −1 outside. */
function pixelAt(
  { width, height, channels }: Image,
  sensor: SensorSize,
  [u, v]: readonly [number, number],
): number {
  const [x, y] = [Math.floor((u * width) / sensor.width), Math.floor((v * height) / sensor.height)];
  return x >= 0 && x < width && y >= 0 && y < height ? channels * (y * width + x) : -1;
}

/** The sample as a mirror shows it: right is left. */
function mirror(sample: Sample, { width }: SensorSize): Sample {
  const rows = (values: Float32Array) => {
    const out = values.slice();
    for (let at = 0; at < out.length; at += width) out.subarray(at, at + width).reverse();
    return out;
  };
  const joints = (values: Float32Array) =>
    values.map((_, i) => {
      const joint = i >> 1;
      const j = joint % HEATMAP_JOINTS.length;
      // See HEATMAP_JOINTS.
      const other = j === 0 ? joint : j % 2 === 1 ? joint + 1 : joint - 1;
      if (i % 2 === 1) return values[2 * other + 1]!;
      const u = values[2 * other]!;
      // The left edge of a pixel stays within it.
      return Number.isInteger(u) ? width - 1 - u : width - u;
    });
  return {
    name: sample.name,
    events: rows(sample.events),
    input: rows(sample.input),
    ...(sample.nextInput && { nextInput: rows(sample.nextInput) }),
    joints2d: joints(sample.joints2d),
    startJoints2d: joints(sample.startJoints2d),
  };
}

function assemble(samples: readonly Sample[], { size, timeSteps }: HeatmapBatchOptions): HeatmapBatch {
  const next = samples.flatMap(({ nextInput }) => (nextInput === undefined ? [] : [nextInput]));
  return {
    names: samples.map(({ name }) => name),
    timeSteps,
    batch: samples.length,
    size,
    events: timeFirst(
      samples.map(({ events }) => events),
      timeSteps,
    ),
    input: joined(samples.map(({ input }) => input)),
    ...(next.length > 0 && { nextInput: joined(next) }),
    joints2d: timeFirst(
      samples.map(({ joints2d }) => joints2d),
      timeSteps,
    ),
    startJoints2d: joined(samples.map(({ startJoints2d }) => startJoints2d)),
  };
}

/** B times `[T, …]` as `[T, B, …]`. */
function timeFirst(samples: readonly Float32Array[], timeSteps: number): Float32Array {
  const step = samples[0]!.length / timeSteps;
  return joined(
    Array.from({ length: timeSteps }, (_, t) =>
      samples.map((one) => one.subarray(t * step, (t + 1) * step)),
    ).flat(),
  );
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
