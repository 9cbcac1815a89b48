/** Transforms of time. */
import { defineTransform, IDENTITY, onWhole, retiming } from "./define.ts";
import { happens } from "./flips.ts";

/**
 * t' = round(coefficient · t + offsetUs) (`TimeSkew` of [Lenz2021]).
 *
 * Throws an ArgumentError while it is read where a time falls below 0.
 */
export const timeSkew = defineTransform({
  name: "timeSkew",
  summary: "multiplies times and adds to them",
  options: {
    coefficient: { type: "number", min: 0, help: "factor of times" },
    offsetUs: { type: "number", default: 0, unit: "µs", help: "added to times" },
  },
  start: (_, { coefficient, offsetUs }) =>
    retiming("timeSkew", (t) => Math.floor(coefficient * t + offsetUs + 0.5)),
});

/** Takes the time of the first event off all times (`TimeAlignment` of [Lenz2021]). */
export const timeAlignment = defineTransform({
  name: "timeAlignment",
  summary: "makes the first event's time 0",
  options: {},
  start() {
    let first: number | undefined;
    return retiming("timeAlignment", (t) => t - (first ??= t));
  },
});

/**
 * Runs a recording backwards, t' = t_first + t_last − t, with the chance p; what became brighter then becomes darker, so
 * polarities flip as well unless `flipPolarities` is false (`RandomTimeReversal` of [Lenz2021], where p is 0.5 and
 * t' = t_last − t: the same for a recording that starts at 0).
 */
export const timeReversal = defineTransform({
  name: "timeReversal",
  summary: "runs the recording backwards",
  options: {
    p: { type: "number", default: 1, min: 0, max: 1, help: "chance that it is done at all" },
    flipPolarities: { type: "boolean", default: true, help: "whether ON becomes OFF and the reverse" },
  },
  wholeRecording: true,
  start: (_, { p, flipPolarities }, random) =>
    happens(p, random)
      ? onWhole(({ t, x, y, on }) => {
          const sum = t[0]! + t[t.length - 1]!;
          return {
            t: t.map((time) => sum - time).reverse(),
            x: x.slice().reverse(),
            y: y.slice().reverse(),
            on: on.map((value) => (flipPolarities ? 1 - value : value)).reverse(),
          };
        })
      : IDENTITY,
});

/**
 * Changes the speed of a recording as it runs: time is a line in pieces, t' = t'_k + f_k (t − t_k) with a factor f_k drawn
 * from 1 − strength to 1 + strength; the first piece starts at the first event, each other one at the first event
 * `periodUs` or more after the start of the piece before.
 */
export const timeWarp = defineTransform({
  name: "timeWarp",
  summary: "changes the speed of the recording as it runs",
  options: {
    strength: { type: "number", min: 0, max: 1, help: "largest change of speed, as a part of it" },
    periodUs: { type: "integer", min: 1, default: 100_000, unit: "µs", help: "how long a speed lasts" },
  },
  start(_, { strength, periodUs }, random) {
    const source = random();
    let piece: { readonly from: number; readonly to: number; readonly factor: number } | undefined;
    const warped = (t: number) => (piece === undefined ? t : piece.to + piece.factor * (t - piece.from));
    return retiming("timeWarp", (t) => {
      if (piece === undefined || t - piece.from >= periodUs) {
        piece = { from: t, to: warped(t), factor: source.uniform(1 - strength, 1 + strength) };
      }
      return Math.floor(warped(t) + 0.5);
    });
  },
});
