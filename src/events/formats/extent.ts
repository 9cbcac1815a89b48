/** The size of the sensor, for formats that do not state it. */
import { ArgumentError, FormatError } from "../../core/index.ts";
import { unclosed } from "../byte-file.ts";
import type { Events, SensorSize } from "../columns.ts";
import type { ReaderOptions } from "../recording.ts";
import { ByteSource } from "../source.ts";

/**
 * The sensor of a recording that does not name one: that of the options, or else the smallest that holds all events, for
 * which the recording is read twice (a pipe is held in memory).
 *
 * @param read - decodes a source; in recover mode, so that a fault is met where it counts, in the second reading
 * @returns the size, and the source to read: from its start again
 * @throws ArgumentError if the given size is none, or a pipe is too long to be held
 * @throws FormatError if there is no event to tell the size from
 */
export async function measuredSensor(
  format: string,
  source: ByteSource,
  { sensor, file, maxSpoolBytes }: ReaderOptions,
  read: (source: ByteSource) => AsyncIterable<Pick<Events, "x" | "y">>,
): Promise<{ readonly sensor: SensorSize; readonly source: ByteSource }> {
  if (sensor !== undefined) return { sensor: checkedSensor(sensor), source };
  const bytes = await source.asFile(maxSpoolBytes);
  let [width, height] = [0, 0];
  for await (const { x, y } of read(new ByteSource(unclosed(bytes)))) {
    for (let i = 0; i < x.length; i++) {
      if (x[i]! >= width) width = x[i]! + 1;
      if (y[i]! >= height) height = y[i]! + 1;
    }
  }
  if (width === 0) {
    throw new FormatError(format, 0, "expected an event or the option `sensor`, got neither", file);
  }
  return { sensor: { width, height }, source: new ByteSource(bytes) };
}

/**
 * The sensor that the options give.
 *
 * @throws ArgumentError if it is none
 */
export function checkedSensor(sensor: SensorSize): SensorSize {
  const { width, height } = sensor;
  const fits = (side: number) => Number.isInteger(side) && side >= 1 && side <= 65536;
  if (fits(width) && fits(height)) return sensor;
  throw new ArgumentError(
    `openEvents: expected a sensor of 1 to 65536 pixels a side, got ${width}x${height}`,
  );
}
