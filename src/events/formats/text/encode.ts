/** Writing events as text. */
import { checkEvents } from "../../check.ts";
import type { Events, SensorSize } from "../../columns.ts";

/** Events that are turned into one chunk of bytes. */
const SLICE = 1 << 13;

/**
 * Writes events as comma-separated values: a row of names, `t,x,y,p`, then a line an event, with times in microseconds
 * and polarities of 0 and 1.
 *
 * @param sensor - size of the sensor, for the check of the events; the file does not say it
 * @param batches - events in order of time
 * @returns the file, piece by piece
 * @throws ArgumentError if an event lies outside the sensor or time goes back
 */
export async function* encodeCsv(
  sensor: SensorSize,
  batches: AsyncIterable<Events> | Iterable<Events>,
): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode("t,x,y,p\n");
  yield* encodeLines("encodeCsv", sensor, batches, ",", String);
}

/**
 * Writes events as the Robotics and Perception Group of Zurich does in its `events.txt`: `t x y p` a line, between blanks,
 * without names, times in seconds with six decimals.
 *
 * @param sensor - size of the sensor, for the check of the events; the file does not say it
 * @param batches - events in order of time
 * @returns the file, piece by piece
 * @throws ArgumentError if an event lies outside the sensor or time goes back
 */
export async function* encodeTxt(
  sensor: SensorSize,
  batches: AsyncIterable<Events> | Iterable<Events>,
): AsyncGenerator<Uint8Array> {
  yield* encodeLines("encodeTxt", sensor, batches, " ", seconds);
}

async function* encodeLines(
  where: string,
  sensor: SensorSize,
  batches: AsyncIterable<Events> | Iterable<Events>,
  separator: string,
  timeOf: (t: number) => string,
): AsyncGenerator<Uint8Array> {
  let last = 0;
  for await (const events of batches) {
    last = checkEvents(where, sensor, events, last);
    const { t, x, y, on } = events;
    for (let start = 0; start < t.length; start += SLICE) {
      let text = "";
      for (let i = start; i < Math.min(start + SLICE, t.length); i++) {
        text += timeOf(t[i]!) + separator + x[i] + separator + y[i] + separator + on[i] + "\n";
      }
      yield new TextEncoder().encode(text);
    }
  }
}

/** Microseconds as seconds, by their digits. */
function seconds(t: number): string {
  return `${Math.floor(t / 1e6)}.${String(t % 1e6).padStart(6, "0")}`;
}
