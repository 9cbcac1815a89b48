/** Formats that are nothing but records: without a signature, a header or the size of the sensor. */
import type { Events, SensorSize } from "../columns.ts";
import { Faults } from "../faults.ts";
import { type ReaderOptions, type Recording, recordingOf } from "../recording.ts";
import type { ByteSource } from "../source.ts";
import { measuredSensor } from "./extent.ts";
import { readRecords, type RecordDecoder } from "./records.ts";

/** A format of records. */
export type FlatFormat = {
  readonly name: string;
  /** The largest sensor that its coordinates can say. */
  readonly largest: SensorSize;
  decoder(sensor: SensorSize, faults: Faults): RecordDecoder;
};

/**
 * Opens a file of records; for the size of its sensor see `ReaderOptions.sensor`.
 *
 * @throws FormatError if there is no event to tell the sensor from; from the iteration, for records
 * @throws ArgumentError if the sensor is to be measured and the file cannot be held
 */
export async function openFlat(
  input: ByteSource,
  options: ReaderOptions,
  format: FlatFormat,
): Promise<Recording> {
  const { mode = "strict", file } = options;
  const { sensor, source } = await measuredSensor(
    format.name,
    input,
    options,
    (from): AsyncIterable<Events> => {
      const faults = new Faults(format.name, "recover", file);
      return readRecords(from, format.decoder(format.largest, faults), faults);
    },
  );
  const faults = new Faults(format.name, mode, file);
  const decoder = format.decoder(sensor, faults);
  return recordingOf(format.name, sensor, faults, source, readRecords(source, decoder, faults));
}
