/** Checks of events that a caller hands in. */
import { ArgumentError } from "../core/index.ts";
import type { Events, SensorSize } from "./columns.ts";

/**
 * Checks a batch: columns of one length, places on the sensor, integer times that never fall.
 *
 * @param where - the operation, for the message
 * @param sensor - size of the sensor
 * @param events - the batch
 * @param last - time of the event before the batch, in µs
 * @returns time of the last event, or `last` if the batch is empty
 * @throws ArgumentError
 */
export function checkEvents(where: string, sensor: SensorSize, events: Events, last: number): number {
  const { t, x, y, on } = events;
  if (x.length !== t.length || y.length !== t.length || on.length !== t.length) {
    const lengths = [t, x, y, on].map((column) => column.length).join(", ");
    throw new ArgumentError(`${where}: expected columns t, x, y, on of one length, got ${lengths}`);
  }
  let before = last;
  for (let i = 0; i < t.length; i++) {
    const time = t[i]!;
    if (!(time >= before && Number.isSafeInteger(time))) {
      throw new ArgumentError(`${where}: expected an integer time of ${before} µs or later, got ${time}`);
    }
    if (x[i]! >= sensor.width || y[i]! >= sensor.height || on[i]! > 1) {
      const size = `${sensor.width}x${sensor.height}`;
      throw new ArgumentError(
        `${where}: expected events within ${size} and on of 0 or 1, got (${x[i]}, ${y[i]}) and ${on[i]}`,
      );
    }
    before = time;
  }
  return before;
}
