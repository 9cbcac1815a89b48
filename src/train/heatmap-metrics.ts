/** How well joints are found in a picture, in pixels. */
import { decodeHeatmaps, meanPixelError } from "../body/index.ts";
import { ShapeError, show } from "../core/index.ts";
import type { HeatmapPrediction } from "./heatmap-loss.ts";

/** 2D MPJPE in pixels of the picture [Aydin2024, eq. 8 and table 1]. */
export type HeatmapMetrics = {
  /** Mean over the steps: the table's average. */
  readonly mpjpe: number;
  /** After the last step: the table's last bin. */
  readonly lastBin: number;
  /** After each step, `[T]`. */
  readonly perStep: readonly number[];
  /** Samples of which a joint is known. */
  readonly samples: number;
};

/**
 * Sums errors of heatmaps as they come. A joint is where its heatmap is largest; what is known of it counts by the pixel
 * that it lies in, as in the released code. The mean is first over the known joints of a sample, then over the samples.
 */
export class HeatmapErrors {
  /** Of each step. */
  #sums: Float64Array | undefined;
  #counts: Float64Array | undefined;

  /**
   * Adds the errors of a batch.
   *
   * @throws ShapeError if it has other steps than those before
   */
  add({ heatmaps, joints2d }: HeatmapPrediction): void {
    const [steps, samples, joints, height, width] = heatmaps.shape as [
      number,
      number,
      number,
      number,
      number,
    ];
    if (this.#sums !== undefined && this.#sums.length !== steps) {
      const expected = `[${this.#sums.length}, B, J, H, W]`;
      throw new ShapeError(`HeatmapErrors: expected heatmaps ${expected}, got ${show(heatmaps.shape)}`);
    }
    const area = height * width;
    const places = new Float64Array(2 * joints * steps * samples);
    for (let i = 0; i < steps * samples; i++) {
      const maps = heatmaps.data.subarray(i * joints * area, (i + 1) * joints * area);
      places.set(decodeHeatmaps(maps, { width, height }), 2 * joints * i);
    }
    this.addPlaces(places, joints2d, { steps, samples });
  }

  /**
   * Adds the errors of joints that were found otherwise.
   *
   * @param places - `[T, B, J, 2]`
   * @param joints2d - the same, what is true
   */
  addPlaces(
    places: Float64Array,
    joints2d: Float32Array,
    { steps, samples }: { readonly steps: number; readonly samples: number },
  ): void {
    this.#sums ??= new Float64Array(steps);
    this.#counts ??= new Float64Array(steps);
    const row = places.length / (steps * samples);
    for (let i = 0; i < steps * samples; i++) {
      const [from, to] = [row * i, row * (i + 1)];
      const error = meanPixelError(places.subarray(from, to), joints2d.subarray(from, to).map(Math.trunc));
      if (Number.isNaN(error)) continue;
      const step = Math.floor(i / samples);
      this.#sums[step]! += error;
      this.#counts[step]!++;
    }
  }

  /** The means so far; not a number before the first sample. */
  metrics(): HeatmapMetrics {
    const counts = this.#counts ?? new Float64Array(1);
    const perStep = Array.from(counts, (count, t) => (this.#sums?.[t] ?? 0) / count);
    return {
      mpjpe: perStep.reduce((sum, error) => sum + error, 0) / perStep.length,
      lastBin: perStep.at(-1)!,
      perStep,
      samples: Math.max(...counts),
    };
  }
}
