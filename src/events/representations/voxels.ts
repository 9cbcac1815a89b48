/** Signed voxel grids, bilinear in time. */
import { ArgumentError } from "../../core/index.ts";
import type { Events } from "../columns.ts";
import { type Placement, placement, type PlacementOptions } from "../placement.ts";
import { elements, type GridShape, pixelOf, positive, positiveTime } from "./grid.ts";
import { phaseOf, type StackOptions } from "./stacks.ts";

/**
 * Where the bins of a {@link BilinearVoxelGrid} lie: `"ends"`, the first at its start and the last at its end
 * [Zhu2019]; `"starts"`, each at the start of one of `bins` equal parts, so that what lies beyond the last fades out (the
 * `ToVoxelGrid` of [Lenz2021]).
 */
export type BinLayout = "ends" | "starts";

/** Options of {@link BilinearVoxelGrid}. */
export type BilinearGridOptions = PlacementOptions & {
  /** Number of bins in time. */
  readonly bins: number;
  /** Time from the first to the last bin, in µs. */
  readonly durationUs: number;
  /** Start, in µs; 0 by default. */
  readonly startUs?: number;
  /** Where the bins lie; `"ends"` by default. */
  readonly layout?: BinLayout;
};

/**
 * Signed voxel grid, `[bins, 1, H, W]`: an event adds +1 (ON) or -1 (OFF), shared linearly between the two bins next to its
 * time [Zhu2019, eq. 1–2]:
 *
 *   V(b, y, x) = Σ (2 on − 1) · max(0, 1 − |b − t*|),   t* = (t − startUs) / durationUs · (bins − 1)
 *
 * or `· bins` with the layout `"starts"`. Events before the start or after the end are passed over.
 */
export class BilinearVoxelGrid {
  readonly shape: GridShape;
  /** The sums so far, `[bins, 1, H, W]`; the array that `add` goes on changing. */
  readonly values: Float32Array<ArrayBuffer>;
  readonly #placement: Placement;
  readonly #durationUs: number;
  readonly #intervals: number;
  #startUs: number;

  /** @throws ArgumentError if an option is out of its range */
  constructor(options: BilinearGridOptions) {
    const { bins, durationUs, startUs = 0, layout = "ends" } = options;
    positive("bins", bins);
    positiveTime("durationUs", durationUs);
    if (!Number.isFinite(startUs)) {
      throw new ArgumentError(`grid: expected a finite startUs, got ${startUs}`);
    }
    this.#placement = placement(options);
    this.shape = [bins, 1, this.#placement.size.height, this.#placement.size.width];
    this.values = new Float32Array(elements(this.shape));
    this.#durationUs = durationUs;
    this.#intervals = layout === "ends" ? bins - 1 : bins;
    this.#startUs = startUs;
  }

  /**
   * Adds the events that lie in the grid and passes over the others.
   *
   * @returns how many were added
   */
  add({ t, x, y, on }: Events): number {
    const phase = phaseOf(this.#startUs, this.#startUs + this.#durationUs);
    let added = 0;
    for (let i = 0; i < t.length; i++) {
      const part = phase(t[i]!);
      const pixel = pixelOf(this.#placement, x[i]!, y[i]!);
      if (pixel < 0 || !(part >= 0 && part <= 1)) continue;
      share(this.values, this.shape, pixel, Math.fround(part * this.#intervals), 2 * on[i]! - 1);
      added++;
    }
    return added;
  }

  /** Starts afresh, at another time if one is given (in µs). */
  clear(startUs = this.#startUs): void {
    this.#startUs = startUs;
    this.values.fill(0);
  }
}

/**
 * A {@link BilinearVoxelGrid} from the first to the last event of a batch, `[bins, H, W]`. Events outside the region count
 * for the first and last time. If these are equal, all lie on the first bin.
 *
 * @throws ArgumentError if an option is out of its range
 */
export function bilinearVoxelGrid(events: Events, options: StackOptions): Float32Array<ArrayBuffer> {
  return overBatch(events, options, "ends");
}

/**
 * The `ToVoxelGrid` of [Lenz2021], `[bins, 1, H, W]`: as {@link bilinearVoxelGrid}, but with the layout `"starts"`, in which
 * the last event adds nothing.
 *
 * @throws ArgumentError if an option is out of its range
 */
export function toVoxelGrid(events: Events, options: StackOptions): Float32Array<ArrayBuffer> {
  return overBatch(events, options, "starts");
}

/**
 * Changes the elements that are not 0, in place, so that their mean is 0 and their (unbiased) deviation is 1, as the
 * hybrid ANN-SNN normalises a voxel grid [Aydin2024]. If all are equal, only the mean is taken off.
 *
 * @returns the same array
 */
export function normalizeNonZero<A extends Float32Array>(values: A): A {
  let count = 0;
  let sum = 0;
  for (const value of values) {
    if (value === 0) continue;
    count++;
    sum += value;
  }
  const mean = count === 0 ? 0 : sum / count;
  let squares = 0;
  for (const value of values) if (value !== 0) squares += (value - mean) ** 2;
  const deviation = count > 1 && squares > 0 ? Math.sqrt(squares / (count - 1)) : 1;
  for (let i = 0; i < values.length; i++) {
    if (values[i] !== 0) values[i] = (values[i]! - mean) / deviation;
  }
  return values;
}

function overBatch(events: Events, options: StackOptions, layout: BinLayout): Float32Array<ArrayBuffer> {
  const { t } = events;
  const firstUs = t[0] ?? 0;
  const lastUs = t[t.length - 1] ?? 0;
  // A duration of 0 would divide by 0; with any other one, all events lie on the first bin.
  const durationUs = lastUs > firstUs ? lastUs - firstUs : 1;
  const grid = new BilinearVoxelGrid({ ...options, startUs: firstUs, durationUs, layout });
  grid.add(events);
  return grid.values;
}

/** Adds a sign to the bins on both sides of a place between them. */
function share(
  values: Float32Array,
  [bins, , H, W]: GridShape,
  pixel: number,
  at: number,
  sign: number,
): void {
  const bin = Math.floor(at);
  const plane = H * W;
  if (bin < bins) values[bin * plane + pixel]! += sign * (1 - (at - bin));
  if (bin + 1 < bins) values[(bin + 1) * plane + pixel]! += sign * (at - bin);
}
