/** What the encodings of Prophesee's RAW files share: words behind a text header, and their faults. */
import { ArgumentError, UnsupportedError } from "../../../core/index.ts";
import type { SensorSize } from "../../columns.ts";
import { Faults } from "../../faults.ts";
import { type ReaderOptions, type Recording, recordingOf } from "../../recording.ts";
import type { Trigger } from "../../samples.ts";
import type { ByteSource } from "../../source.ts";
import { readRecords, type RecordDecoder } from "../records.ts";
import { WORD } from "../evt2/layout.ts";
import { encodingOf, endiannessOf, geometryOf, readHeader } from "./header.ts";

/** Columns and rows have 11 bits. */
export const MAX_SIDE = 2048;

/** What a decoder of words works with. */
export type WordContext = {
  readonly sensor: SensorSize;
  readonly faults: Faults;
  readonly onTrigger: ((trigger: Trigger) => void) | undefined;
  /** Whether 64-bit words come upper half first: `endianness=legacy`. */
  readonly swapped: boolean;
};

/** An encoding of words. */
export type WordEncoding = {
  /** Name of its recordings. */
  readonly name: string;
  /** The sensor of a header that names none, where the caller does not either: the first to speak the encoding. */
  readonly sensor: SensorSize;
  decoder(context: WordContext): RecordDecoder;
};

/**
 * Opens a RAW file of one encoding.
 *
 * @throws FormatError for the header from here, for words from the iteration
 * @throws UnsupportedError for big-endian words
 */
export async function openWords(
  source: ByteSource,
  { mode = "strict", file, sensor: given, onTrigger }: ReaderOptions,
  encoding: WordEncoding,
): Promise<Recording> {
  const { name } = encoding;
  const faults = new Faults(name, mode, file);
  const header = await readHeader(source, name, file);
  const found = encodingOf(header);
  if (found.toLowerCase() !== name) {
    throw faults.error(0, `expected a header of ${name.toUpperCase()}, got ${JSON.stringify(found)}`);
  }
  const endianness = endiannessOf(header);
  if (endianness !== "little" && endianness !== "legacy") {
    throw new UnsupportedError(`${name}: expected little-endian words, got ${endianness}-endian ones`);
  }
  const sensor = geometryOf(header) ?? given ?? encoding.sensor;
  const { width, height } = sensor;
  if (!fits(width) || !fits(height)) {
    throw faults.error(0, `expected a geometry of 1 to ${MAX_SIDE} pixels a side, got ${width}x${height}`);
  }
  await source.skip(header.bytes);
  const decoder = encoding.decoder({ sensor, faults, onTrigger, swapped: endianness === "legacy" });
  return recordingOf(name, sensor, faults, source, readRecords(source, decoder, faults));
}

function fits(side: number): boolean {
  return Number.isInteger(side) && side >= 1 && side <= MAX_SIDE;
}

/** The header of a RAW file, for writing. */
export function headerOf(encoding: string, version: string, { width, height }: SensorSize): Uint8Array {
  return new TextEncoder().encode(
    `% evt ${version}\n% format ${encoding};height=${height};width=${width}\n% geometry ${width}x${height}\n% end\n`,
  );
}

/** @throws ArgumentError if a sensor has more pixels a side than words can say */
export function checkSensor(where: string, { width, height }: SensorSize, most: number): void {
  if (!(width <= most && height <= most)) {
    throw new ArgumentError(`${where}: expected at most ${most} pixels a side, got ${width}x${height}`);
  }
}

/**
 * Meets an event that cannot be delivered: it lies outside the sensor, or before one already delivered. Events before
 * the first time or row cannot be placed: recordings cut out of a live stream start so, and it is no fault.
 *
 * @param offset - of the word
 * @param placed - whether time and row are known
 * @param last - time of the last event delivered, µs
 */
export function rejectEvent(
  { faults, sensor }: WordContext,
  offset: number,
  event: { readonly placed: boolean; readonly x: number; readonly y: number; readonly t: number },
  last: number,
): void {
  const { width, height } = sensor;
  const { placed, x, y, t } = event;
  if (!placed) {
    faults.droppedEvents++;
  } else if (x >= width || y >= height) {
    faults.meet(offset, `expected an event within ${width}x${height}, got (${x}, ${y})`, { events: 1 });
  } else {
    faults.meet(offset, `expected a time of ${last} µs or later, got ${t}`, { events: 1 });
  }
}

/** An edge on an external input. */
export function externalTrigger(tUs: number, value: number, channel: number): Trigger {
  return { tUs, kind: value === 1 ? "external-rising" : "external-falling", channel };
}

/**
 * Meets a word of 32 bits, or the upper half of one of 64, that is no event and no time: a trigger, or one to pass over.
 *
 * @param base - upper part of the time, µs; below 0 before the first
 * @param bytes - of the whole word
 */
export function passWord(
  { faults, onTrigger }: WordContext,
  word: number,
  base: number,
  { offset, bytes }: { readonly offset: number; readonly bytes: number },
): void {
  const type = word >>> 28;
  if (type === WORD.externalTrigger) {
    if (base >= 0) onTrigger?.(externalTrigger(base + ((word >>> 22) & 63), word & 1, (word >>> 8) & 31));
  } else if (type !== WORD.others && type !== WORD.continued) {
    faults.meet(offset, `expected a word of a known type, got type ${type}`, { bytes });
  }
}
