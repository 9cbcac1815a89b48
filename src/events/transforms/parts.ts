/** The parts of a recording of `filter.ts` as transforms with options by name. */
import { crop, cut, limit } from "../filter.ts";
import { checkOptions } from "./options.ts";
import type { Transform } from "./transform.ts";

const REGION = {
  x: { type: "integer", min: 0, max: 65535, unit: "px", help: "first column" },
  y: { type: "integer", min: 0, max: 65535, unit: "px", help: "first row" },
  width: { type: "integer", min: 1, max: 65536, unit: "px", help: "width of the region" },
  height: { type: "integer", min: 1, max: 65536, unit: "px", help: "height of the region" },
} as const;

const TIMES = {
  startUs: { type: "integer", default: 0, unit: "µs", help: "first time that is kept" },
  endUs: { type: "integer", optional: true, unit: "µs", help: "first time that is not; the end if left out" },
} as const;

const NUMBER = { maxEvents: { type: "integer", min: 0, help: "events that are kept at most" } } as const;

/** `crop`, `cut` and `limit`. */
export const PARTS = {
  crop: {
    summary: "keeps a region of the sensor",
    options: REGION,
    wholeRecording: false,
    apply: (stream, options) => crop(stream, checkOptions("crop", REGION, options)),
  },
  cut: {
    summary: "keeps a range of time",
    options: TIMES,
    wholeRecording: false,
    apply(stream, options) {
      const { startUs, endUs } = checkOptions("cut", TIMES, options);
      return cut(stream, { startUs, ...(endUs !== undefined && { endUs }) });
    },
  },
  limit: {
    summary: "keeps the first events",
    options: NUMBER,
    wholeRecording: false,
    apply: (stream, options) => limit(stream, checkOptions("limit", NUMBER, options).maxEvents),
  },
} as const satisfies Record<string, Transform>;
