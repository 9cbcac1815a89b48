/** Small random shifts of every event, in space and in time. */
import { ArgumentError } from "../../core/index.ts";
import { emptyEvents, sliceEvents } from "../join.ts";
import { defineTransform, mapping, ROW } from "./define.ts";
import { ReorderBuffer } from "./reorder.ts";

/**
 * Adds to the place of every event a shift that is drawn from a normal distribution with the covariance
 * [[varX, sigmaXY], [sigmaXY, varY]], and rounds to the nearest pixel (`SpatialJitter` of [Lenz2021], which rounds towards
 * 0). Events beyond the border are put on it, or left out with `clipOutliers`.
 */
export const spatialJitter = defineTransform({
  name: "spatialJitter",
  summary: "shifts every event by a place that is drawn",
  options: {
    varX: { type: "number", default: 1, min: 0, unit: "px²", help: "variance along x" },
    varY: { type: "number", default: 1, min: 0, unit: "px²", help: "variance along y" },
    sigmaXY: { type: "number", default: 0, unit: "px²", help: "covariance of x and y" },
    clipOutliers: { type: "boolean", default: false, help: "leave out events that fall off the sensor" },
  },
  size(sensor, { varX, varY, sigmaXY }) {
    if (sigmaXY * sigmaXY > varX * varY) {
      throw new ArgumentError(
        `spatialJitter: expected sigmaXY² of ${varX * varY} (varX · varY) or less, got ${sigmaXY * sigmaXY}`,
      );
    }
    return sensor;
  },
  start({ width, height }, { varX, varY, sigmaXY, clipOutliers }, random) {
    // Cholesky factors of the covariance.
    const alongX = Math.sqrt(varX);
    const shared = varX > 0 ? sigmaXY / alongX : 0;
    const alongY = Math.sqrt(Math.max(0, varY - shared * shared));
    const source = random();
    return mapping((_, x, y) => {
      const first = source.normal();
      const second = source.normal();
      const column = Math.floor(x + alongX * first + 0.5);
      const row = Math.floor(y + shared * first + alongY * second + 0.5);
      const inside = column >= 0 && column < width && row >= 0 && row < height;
      if (!inside && clipOutliers) return -1;
      return clamp(row, height - 1) * ROW + clamp(column, width - 1);
    });
  },
});

/** Jitter of time is cut off here, in standard deviations: one event in two million. */
const FARTHEST = 5;

/**
 * Adds to the time of every event a shift that is drawn from a normal distribution, rounded to µs, and puts events in
 * order again (`TimeJitter` of [Lenz2021] with `sort_timestamps`). Shifts end at 5 standard deviations, so that no event
 * has to be held back for longer than 10. Times before 0 are left out, or become 0 without `clipNegative`.
 */
export const timeJitter = defineTransform({
  name: "timeJitter",
  summary: "shifts every event by a time that is drawn",
  options: {
    stdUs: { type: "number", min: 0, max: 1e9, unit: "µs", help: "standard deviation" },
    clipNegative: { type: "boolean", default: true, help: "leave out events before 0" },
  },
  start(_, { stdUs, clipNegative }, random) {
    const source = random();
    const farthest = Math.round(FARTHEST * stdUs);
    const buffer = new ReorderBuffer();
    return {
      add({ t, x, y, on }) {
        const part = emptyEvents(t.length);
        let n = 0;
        for (let i = 0; i < t.length; i++) {
          const shift = Math.floor(stdUs * source.normal() + 0.5);
          const time = t[i]! + Math.max(-farthest, Math.min(shift, farthest));
          if (time < 0 && clipNegative) continue;
          part.t[n] = Math.max(0, time);
          part.x[n] = x[i]!;
          part.y[n] = y[i]!;
          part.on[n] = on[i]!;
          n++;
        }
        const last = t.length === 0 ? Number.NEGATIVE_INFINITY : t[t.length - 1]!;
        return [buffer.add(sliceEvents(part, 0, n), last - farthest)];
      },
      end: () => [buffer.end()],
    };
  },
});

function clamp(value: number, largest: number): number {
  return Math.max(0, Math.min(value, largest));
}
