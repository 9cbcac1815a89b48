/** Writing recordings: one function for all formats. */
import type { Events, SensorSize } from "./columns.ts";
import { ENCODERS } from "./formats/index.ts";

/** Bytes that replace others already written, where a format knows something only at its end. */
export type Patch = { readonly at: number; readonly bytes: Uint8Array };

/** A piece of a file: bytes to append, or a patch. */
export type FilePiece = Uint8Array | Patch;

/** A format that can be written. */
export type Encoder = {
  /** Ending of its files' names. */
  readonly extension: string;
  /** Events, batch by batch in order of time, to the pieces of a file. */
  encode(
    sensor: SensorSize,
    batches: AsyncIterable<Events> | Iterable<Events>,
    options?: object,
  ): AsyncIterable<FilePiece>;
};

/** Name of a format that can be written. */
export type WriteFormat = keyof typeof ENCODERS;

/** Names of the formats that can be written. */
export const writeFormats = Object.keys(ENCODERS) as WriteFormat[];

/** Options of writing in one format, as its own function takes them. */
export type EncodeOptions<F extends WriteFormat> = Parameters<(typeof ENCODERS)[F]["encode"]>[2];

/**
 * Writes events as a recording.
 *
 * @param sensor - size of the sensor
 * @param batches - events in order of time
 * @returns the file, piece by piece; formats that are not written from front to back end with patches
 * @throws ArgumentError if an event does not fit the sensor or the format, or time goes back
 */
export function encodeEvents<F extends WriteFormat>(
  format: F,
  sensor: SensorSize,
  batches: AsyncIterable<Events> | Iterable<Events>,
  options?: EncodeOptions<F>,
): AsyncIterable<FilePiece> {
  return (ENCODERS[format] as Encoder).encode(sensor, batches, options ?? {});
}

/** Ending of the names of a format's files, for example `".aedat4"`. */
export function writeEndingOf(format: WriteFormat): string {
  return ENCODERS[format].extension;
}

/** The format whose files end like this one, by its name; undefined for `.raw` too, which several share. */
export function writeFormatOf(path: string): WriteFormat | undefined {
  const name = path.toLowerCase();
  const fit = writeFormats.filter((format) => name.endsWith(ENCODERS[format].extension));
  return fit.length === 1 ? fit[0] : undefined;
}
