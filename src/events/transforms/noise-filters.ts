/** Filters that tell noise from signal by what happens nearby. */
import type { Events } from "../columns.ts";
import { indexAtTime } from "../filter.ts";
import { joinEvents, sliceEvents } from "../join.ts";
import { defineTransform, keeping, pixelsOf, type Step } from "./define.ts";

/** Neighbours that share a side. */
const CROSS = [
  [-1, 0],
  [1, 0],
  [0, -1],
  [0, 1],
] as const;

/** Neighbours that share a side or a corner. */
const RING = [...CROSS, [-1, -1], [1, -1], [-1, 1], [1, 1]] as const;

/**
 * Keeps an event if one of its four neighbours had an event less than `filterTimeUs` before (`Denoise` of [Lenz2021], which
 * also keeps whatever comes before `filterTimeUs`).
 */
export const denoise = defineTransform({
  name: "denoise",
  summary: "drops events without an event at one of the four neighbours shortly before",
  options: {
    filterTimeUs: {
      type: "integer",
      min: 0,
      default: 10_000,
      unit: "µs",
      help: "how long an event supports others",
    },
  },
  start(sensor, { filterTimeUs }) {
    const last = lastTimes("denoise", sensor);
    const { width, height } = sensor;
    return keeping((t, x, y) => {
      last[y * width + x] = t;
      for (const [dx, dy] of CROSS) {
        const column = x + dx;
        const row = y + dy;
        if (column < 0 || column >= width || row < 0 || row >= height) continue;
        if (t - last[row * width + column]! < filterTimeUs) return true;
      }
      return false;
    });
  },
});

/**
 * The background-activity filter [Delbruck2008]: keeps an event if at least `support` of its eight neighbours had an event
 * `filterTimeUs` before or later than that.
 */
export const backgroundActivityFilter = defineTransform({
  name: "backgroundActivityFilter",
  summary: "drops events that too few of the eight neighbours support",
  options: {
    filterTimeUs: {
      type: "integer",
      min: 0,
      default: 2000,
      unit: "µs",
      help: "how long an event supports others",
    },
    support: { type: "integer", min: 1, max: 8, default: 1, help: "neighbours that are needed" },
  },
  start(sensor, { filterTimeUs, support }) {
    const last = lastTimes("backgroundActivityFilter", sensor);
    const { width, height } = sensor;
    return keeping((t, x, y) => {
      last[y * width + x] = t;
      let found = 0;
      for (const [dx, dy] of RING) {
        const column = x + dx;
        const row = y + dy;
        if (column < 0 || column >= width || row < 0 || row >= height) continue;
        if (t - last[row * width + column]! <= filterTimeUs && ++found >= support) return true;
      }
      return false;
    });
  },
});

/**
 * Drops all events of pixels whose rate is above `maxRateHz` (`DropPixel` with `hot_pixel_frequency` of [Lenz2021]): a pixel
 * with more than `maxRateHz` · duration events. The duration is that of the recording, which is held for it; or with
 * `windowUs` the recording is judged window by window from its first event on, and one window is held. A recording of a
 * single time has no rates, and is kept.
 */
export const hotPixelFilter = defineTransform({
  name: "hotPixelFilter",
  summary: "drops the events of pixels that fire too often",
  options: {
    maxRateHz: { type: "number", min: 0, unit: "Hz", help: "highest rate of a pixel that is kept" },
    windowUs: {
      type: "integer",
      optional: true,
      min: 1,
      unit: "µs",
      help: "judge windows of this length; the whole recording if left out",
    },
  },
  wholeRecording: true,
  start(sensor, { maxRateHz, windowUs }): Step {
    const counts = new Uint32Array(pixelsOf("hotPixelFilter", sensor));
    let held: Events[] = [];
    let startUs: number | undefined;
    const judge = (durationUs: number | undefined): Events => {
      const events = joinEvents(held);
      held = [];
      const span = durationUs ?? (events.t[events.t.length - 1] ?? 0) - (events.t[0] ?? 0);
      if (span === 0) return events;
      const most = (maxRateHz * span) / 1e6;
      counts.fill(0);
      const { t, x, y } = events;
      for (let i = 0; i < t.length; i++) counts[y[i]! * sensor.width + x[i]!]!++;
      const [kept] = keeping((_, column, row) => counts[row * sensor.width + column]! <= most).add(events);
      return kept!;
    };
    return {
      *add(events) {
        let rest = events;
        while (windowUs !== undefined && rest.t.length > 0) {
          startUs ??= rest.t[0]!;
          const end = indexAtTime(rest, startUs + windowUs);
          held.push(sliceEvents(rest, 0, end));
          rest = sliceEvents(rest, end, rest.t.length);
          if (rest.t.length === 0) return;
          yield judge(windowUs);
          startUs += Math.floor((rest.t[0]! - startUs) / windowUs) * windowUs;
        }
        held.push(rest);
      },
      *end() {
        yield judge(windowUs);
      },
    };
  },
});

function lastTimes(where: string, sensor: Parameters<typeof pixelsOf>[1]): Float64Array {
  return new Float64Array(pixelsOf(where, sensor)).fill(Number.NEGATIVE_INFINITY);
}
