/** Fewer events of every pixel. */
import { defineTransform, keeping, pixelsOf } from "./define.ts";

/**
 * Keeps an event if the one before it at its pixel is more than `periodUs` past (`RefractoryPeriod` of [Lenz2021]). That is
 * the last event, kept or not; without `restart`, the last one that was kept, as in a pixel that is blind for a while
 * after each event that it sends. The first event of a pixel is kept.
 */
export const refractoryPeriod = defineTransform({
  name: "refractoryPeriod",
  summary: "makes every pixel silent for a while after an event",
  options: {
    periodUs: { type: "integer", min: 0, unit: "µs", help: "how long a pixel is silent" },
    restart: {
      type: "boolean",
      default: true,
      help: "whether an event that is dropped starts the silence anew",
    },
  },
  start(sensor, { periodUs, restart }) {
    const last = new Float64Array(pixelsOf("refractoryPeriod", sensor)).fill(Number.NEGATIVE_INFINITY);
    return keeping((t, x, y) => {
      const pixel = y * sensor.width + x;
      const kept = t - last[pixel]! > periodUs;
      if (kept || restart) last[pixel] = t;
      return kept;
    });
  },
});

/** Keeps every n-th event of a pixel, the n-th one first (`Decimation` of [Lenz2021]). */
export const decimate = defineTransform({
  name: "decimate",
  summary: "keeps every n-th event of a pixel",
  options: { n: { type: "integer", min: 1, max: 2 ** 32 - 1, help: "events of which one is kept" } },
  start(sensor, { n }) {
    const counts = new Uint32Array(pixelsOf("decimate", sensor));
    return keeping((_, x, y) => {
      const pixel = y * sensor.width + x;
      if (++counts[pixel]! < n) return false;
      counts[pixel] = 0;
      return true;
    });
  },
});
