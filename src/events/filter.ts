/** Parts of a recording: a time range, a number of events, a region of interest. */
import { ArgumentError } from "../core/index.ts";
import type { Events, EventStream } from "./columns.ts";
import { emptyEvents, sliceEvents } from "./join.ts";

/** A region of the sensor in pixels: left upper corner and size. */
export type Region = {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
};

/** Index of the first event at `timeUs` or later, by bisection; the number of events if there is none. */
export function indexAtTime({ t }: Events, timeUs: number): number {
  let low = 0;
  let high = t.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (t[middle]! < timeUs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The events from `startUs` up to, and without, `endUs`. Stops reading once the range is past.
 *
 * @throws ArgumentError if the range ends before it starts
 */
export function cut(
  stream: EventStream,
  { startUs = 0, endUs = Number.POSITIVE_INFINITY } = {},
): EventStream {
  if (!(startUs <= endUs))
    throw new ArgumentError(`cut: expected startUs <= endUs, got ${startUs} and ${endUs}`);
  async function* parts(): AsyncGenerator<Events> {
    for await (const events of stream) {
      const part = sliceEvents(events, indexAtTime(events, startUs), indexAtTime(events, endUs));
      if (part.t.length > 0) yield part;
      if (events.t.length > 0 && events.t[events.t.length - 1]! >= endUs) return;
    }
  }
  return { format: stream.format, sensor: stream.sensor, [Symbol.asyncIterator]: parts };
}

/**
 * The first events, `maxEvents` of them at most. Reads no further than to the last.
 *
 * @throws ArgumentError if `maxEvents` is not a whole number, 0 or more
 */
export function limit(stream: EventStream, maxEvents: number): EventStream {
  if (!(Number.isSafeInteger(maxEvents) && maxEvents >= 0)) {
    throw new ArgumentError(`limit: expected maxEvents of 0 or more, got ${maxEvents}`);
  }
  async function* parts(): AsyncGenerator<Events> {
    let left = maxEvents;
    if (left === 0) return;
    for await (const events of stream) {
      yield sliceEvents(events, 0, left);
      left -= events.t.length;
      if (left <= 0) return;
    }
  }
  return { format: stream.format, sensor: stream.sensor, [Symbol.asyncIterator]: parts };
}

/**
 * The events within a region, in coordinates of the region; the sensor of the result has the region's size.
 *
 * @throws ArgumentError if the region is empty or does not lie on the sensor
 */
export function crop(stream: EventStream, region: Region): EventStream {
  const { x: left, y: top, width, height } = region;
  const whole =
    [left, top, width, height].every((n) => Number.isInteger(n) && n >= 0) && width > 0 && height > 0;
  if (!whole || left + width > stream.sensor.width || top + height > stream.sensor.height) {
    const size = `${stream.sensor.width}x${stream.sensor.height}`;
    throw new ArgumentError(
      `crop: expected a region within ${size}, got ${width}x${height} at (${left}, ${top})`,
    );
  }
  async function* parts(): AsyncGenerator<Events> {
    for await (const { t, x, y, on } of stream) {
      const part = emptyEvents(t.length);
      let n = 0;
      for (let i = 0; i < t.length; i++) {
        const column = x[i]! - left;
        const row = y[i]! - top;
        if (column < 0 || column >= width || row < 0 || row >= height) continue;
        part.t[n] = t[i]!;
        part.x[n] = column;
        part.y[n] = row;
        part.on[n] = on[i]!;
        n++;
      }
      if (n > 0) yield sliceEvents(part, 0, n);
    }
  }
  return { format: stream.format, sensor: { width, height }, [Symbol.asyncIterator]: parts };
}

/** Which events of a stream are wanted; all that are not left out by what is given. */
export type StreamPart = {
  readonly startUs?: number | undefined;
  readonly endUs?: number | undefined;
  readonly region?: Region | undefined;
  readonly maxEvents?: number | undefined;
};

/** The part of a stream: cut in time, then cropped, then limited. The stream itself if all of it is wanted. */
export function partOf(stream: EventStream, { startUs, endUs, region, maxEvents }: StreamPart): EventStream {
  let part = stream;
  if (startUs !== undefined || endUs !== undefined) {
    part = cut(part, { ...(startUs !== undefined && { startUs }), ...(endUs !== undefined && { endUs }) });
  }
  if (region !== undefined) part = crop(part, region);
  if (maxEvents !== undefined) part = limit(part, maxEvents);
  return part;
}
