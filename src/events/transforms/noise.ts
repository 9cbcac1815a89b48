/** Noise events, added. */
import type { Random } from "../../core/index.ts";
import type { Events, SensorSize } from "../columns.ts";
import { emptyEvents, sliceEvents } from "../join.ts";
import { defineTransform, onWhole, pixelsOf } from "./define.ts";
import { mergeEvents, sortEvents } from "./reorder.ts";

/**
 * Adds a number of events whose time (between the first and the last event), place and polarity are drawn uniformly
 * (`UniformNoise` of [Lenz2021]). A recording without events has no time, and stays so.
 */
export const uniformNoise = defineTransform({
  name: "uniformNoise",
  summary: "adds a number of noise events",
  options: { count: { type: "integer", min: 0, max: 2 ** 28, help: "events that are added" } },
  wholeRecording: true,
  start: (sensor, { count }, random) =>
    onWhole((events) => {
      const first = events.t[0]!;
      const last = events.t[events.t.length - 1]!;
      const noise = emptyEvents(count);
      for (let i = 0; i < count; i++) {
        noise.t[i] = Math.min(last, first + Math.floor(random().uniform() * (last - first + 1)));
        draw(noise, i, sensor, random());
      }
      return mergeEvents(events, sortEvents(noise));
    }),
});

/** Noise events of one batch. */
const BATCH = 4096;

/**
 * Adds to every pixel noise of a mean rate, as a Poisson process from the first to the last event, with polarities drawn
 * at equal chances. Noise comes before an event of the same time.
 */
export const backgroundNoise = defineTransform({
  name: "backgroundNoise",
  summary: "adds noise of a mean rate to every pixel",
  options: {
    rateHz: { type: "number", min: 0, max: 1e6, unit: "Hz", help: "noise events of a pixel in a second" },
  },
  start(sensor, { rateHz }, random) {
    const perUs = (rateHz * pixelsOf("backgroundNoise", sensor)) / 1e6;
    const source = random();
    let next: number | undefined;
    /** Noise up to a time, that time with it, in batches of a bounded size. */
    function* until(timeUs: number): Generator<Events> {
      let batch = emptyEvents(BATCH);
      let n = 0;
      while (next! < timeUs + 1) {
        batch.t[n] = Math.floor(next!);
        draw(batch, n++, sensor, source);
        next! += source.exponential(perUs);
        if (n < BATCH) continue;
        yield batch;
        batch = emptyEvents(BATCH);
        n = 0;
      }
      yield sliceEvents(batch, 0, n);
    }
    return {
      *add(events) {
        const { t } = events;
        if (perUs === 0 || t.length === 0) return yield events;
        next ??= t[0]! + source.exponential(perUs);
        let from = 0;
        for (const noise of until(t[t.length - 1]!)) {
          const upTo = noise.t.length === BATCH ? firstAfter(events, noise.t[BATCH - 1]!) : t.length;
          yield mergeEvents(noise, sliceEvents(events, from, Math.max(from, upTo)));
          from = Math.max(from, upTo);
        }
      },
    };
  },
});

/** Index of the first event at a time or later. */
function firstAfter({ t }: Events, timeUs: number): number {
  let i = 0;
  while (i < t.length && t[i]! < timeUs) i++;
  return i;
}

function draw(noise: Events, i: number, { width, height }: SensorSize, random: Random): void {
  noise.x[i] = random.integer(0, width);
  noise.y[i] = random.integer(0, height);
  noise.on[i] = random.integer(0, 2);
}
