/** Leaving events out: at random, in a time, in an area, in a run. */
import type { Random } from "../../core/index.ts";
import type { Events } from "../columns.ts";
import { indexAtTime } from "../filter.ts";
import { joinEvents, sliceEvents } from "../join.ts";
import { defineTransform, IDENTITY, keeping, onWhole, pixelsOf } from "./define.ts";

const chance = (help: string) => ({ type: "number", min: 0, max: 1, help }) as const;
const ratio = (help: string) => ({ type: "number", default: 0.2, min: 0, max: 1, help }) as const;
const lower = {
  type: "number",
  optional: true,
  min: 0,
  max: 1,
  help: "if given, the ratio is drawn from here on",
} as const;

/**
 * Leaves every event out with the chance p. The `DropEvent` of [Lenz2021] leaves out exactly the part p of a recording,
 * which a stream cannot: here it is p on average.
 */
export const dropEvent = defineTransform({
  name: "dropEvent",
  summary: "leaves events out at random",
  options: { p: chance("chance of an event to be left out") },
  start(_, { p }, random) {
    const source = random();
    return keeping(() => source.uniform() >= p);
  },
});

/**
 * Leaves out the events of a time that is `durationRatio` of the recording's and starts where it is drawn
 * (`DropEventByTime` of [Lenz2021] and [Gu2021], whose recordings start at 0; here it is the first event).
 */
export const dropEventByTime = defineTransform({
  name: "dropEventByTime",
  summary: "leaves out the events of a time that is drawn",
  options: { durationRatio: ratio("part of the recording's time"), minRatio: lower },
  wholeRecording: true,
  start(_, { durationRatio, minRatio = durationRatio }, random) {
    return onWhole((events) => {
      const part = random().uniform(minRatio, durationRatio);
      const first = events.t[0]!;
      const span = events.t[events.t.length - 1]! - first;
      const from = first + random().uniform(0, span * (1 - part));
      const to = from + span * part;
      // Times are whole: the first one after `to`.
      return without(events, indexAtTime(events, from), indexAtTime(events, Math.floor(to) + 1));
    });
  },
});

/**
 * Leaves out the events of a box of floor(`areaRatio` · W) by floor(`areaRatio` · H) pixels at a place that is drawn
 * (`DropEventByArea` of [Lenz2021] and [Gu2021]; the ratio is of the sides).
 */
export const dropEventByArea = defineTransform({
  name: "dropEventByArea",
  summary: "leaves out the events of a box that is drawn",
  options: { areaRatio: ratio("part of the sensor's sides"), minRatio: lower },
  start({ width, height }, { areaRatio, minRatio = areaRatio }, random) {
    const part = random().uniform(minRatio, areaRatio);
    const columns = Math.floor(width * part);
    const rows = Math.floor(height * part);
    const left = random().integer(0, width - columns + 1);
    const top = random().integer(0, height - rows + 1);
    return keeping((_, x, y) => x < left || x >= left + columns || y < top || y >= top + rows);
  },
});

/** Leaves out a run of floor(`ratio` · N) consecutive events that starts where it is drawn. */
export const dropChunk = defineTransform({
  name: "dropChunk",
  summary: "leaves out a run of consecutive events that is drawn",
  options: { ratio: ratio("part of the recording's events") },
  wholeRecording: true,
  start: (_, options, random) => onWhole((events) => withoutRun(events, options.ratio, random())),
});

/** Leaves out all events of pixels that are drawn with the chance p (`RandomDropPixel` of [Lenz2021]). */
export const randomDropPixel = defineTransform({
  name: "randomDropPixel",
  summary: "leaves out all events of pixels that are drawn",
  options: { p: chance("chance of a pixel to be left out") },
  start(sensor, { p }, random) {
    const source = random();
    const dropped = Uint8Array.from({ length: pixelsOf("randomDropPixel", sensor) }, () =>
      source.uniform() < p ? 1 : 0,
    );
    return keeping((_, x, y) => dropped[y * sensor.width + x] === 0);
  },
});

/**
 * One of four, drawn: nothing; {@link dropEventByTime} and {@link dropEvent} of 0.1, 0.2 … 0.9; {@link dropEventByArea} of
 * 0.05, 0.1 … 0.25 [Gu2021] (`EventDrop` of [Lenz2021]).
 */
export const eventDrop = defineTransform({
  name: "eventDrop",
  summary: "drops nothing, a time, an area or single events, as is drawn",
  options: {},
  wholeRecording: true,
  start(sensor, _, random) {
    const source = random();
    const kind = source.integer(0, 4);
    if (kind === 0) return IDENTITY;
    return onWhole((events) => {
      const recording = { sensor, events };
      if (kind === 1) {
        return dropEventByTime.batch(recording, { durationRatio: source.integer(1, 10) / 10 }, source).events;
      }
      if (kind === 2) {
        return dropEventByArea.batch(recording, { areaRatio: source.integer(1, 6) / 20 }, source).events;
      }
      return dropEvent.batch(recording, { p: source.integer(1, 10) / 10 }, source).events;
    });
  },
});

function withoutRun(events: Events, part: number, random: Random): Events {
  const count = Math.floor(events.t.length * part);
  const start = random.integer(0, events.t.length - count + 1);
  return without(events, start, start + count);
}

function without(events: Events, start: number, end: number): Events {
  return joinEvents([sliceEvents(events, 0, start), sliceEvents(events, end, events.t.length)]);
}
