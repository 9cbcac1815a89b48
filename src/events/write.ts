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
  /** Options for writing into a file unless the caller has others: what takes patches, and a pipe can do without. */
  readonly inFiles?: object;
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

/** The pieces of a file as one array, patches applied; for browsers and tests. */
export async function assemble(pieces: AsyncIterable<FilePiece>): Promise<Uint8Array> {
  let bytes = new Uint8Array(1 << 16);
  let end = 0;
  for await (const piece of pieces) {
    const patch = piece instanceof Uint8Array ? { at: end, bytes: piece } : piece;
    const reach = patch.at + patch.bytes.length;
    if (reach > bytes.length) {
      const grown = new Uint8Array(Math.max(reach, 2 * bytes.length));
      grown.set(bytes.subarray(0, end));
      bytes = grown;
    }
    bytes.set(patch.bytes, patch.at);
    end = Math.max(end, reach);
  }
  return bytes.slice(0, end);
}

/** As {@link encodeEvents}, for an output that takes patches: with what only such a one can have. */
export function encodeIntoFile<F extends WriteFormat>(
  format: F,
  sensor: SensorSize,
  batches: AsyncIterable<Events> | Iterable<Events>,
  options?: EncodeOptions<F>,
): AsyncIterable<FilePiece> {
  const encoder: Encoder = ENCODERS[format];
  return encoder.encode(sensor, batches, { ...encoder.inFiles, ...options });
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
