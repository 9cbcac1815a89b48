/**
 * TensorBoard event files with scalars: TFRecord framing (TensorFlow, record_writer.h) around `Event` messages
 * (TensorFlow, event.proto and summary.proto) in protocol buffers.
 */
import { ArgumentError } from "../core/index.ts";
import { crc32c } from "./crc.ts";

/** One value of one series. */
export type Scalar = {
  /** Name of the series; slashes make groups, for example `"loss/train"`. */
  readonly tag: string;
  readonly value: number;
  /** Step of the training run, a non-negative integer below 2^53. */
  readonly step: number;
  /** Seconds since 1970, UTC. */
  readonly wallTime: number;
};

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** The record that an event file begins with. */
export function encodeEventFileHeader(wallTime: number): Uint8Array {
  // Event: wall_time = 1, file_version = 3.
  return encodeRecord(message(double(1, wallTime), delimited(3, utf8("brain.Event:2"))));
}

/**
 * A scalar as one record of an event file. The value is rounded to float32.
 *
 * @throws ArgumentError if the step is not a non-negative integer below 2^53
 */
export function encodeScalarEvent({ tag, value, step, wallTime }: Scalar): Uint8Array {
  if (!Number.isSafeInteger(step) || step < 0) {
    throw new ArgumentError(`encodeScalarEvent: expected a non-negative integer step, got ${step}`);
  }
  // Summary.Value: tag = 1, simple_value = 2. Summary: value = 1. Event: wall_time = 1, step = 2, summary = 5.
  const summary = delimited(1, message(delimited(1, utf8(tag)), float(2, value)));
  return encodeRecord(message(double(1, wallTime), integer(2, step), delimited(5, summary)));
}

/** A TFRecord: length (uint64), masked CRC of the length, data, masked CRC of the data; little-endian. */
export function encodeRecord(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(data.length + 16);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc(data), true);
  return record;
}

/** The mask keeps the CRC of data that itself holds CRCs from being trivial. */
function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function message(...fields: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(fields.reduce((sum, field) => sum + field.length, 0));
  let at = 0;
  for (const field of fields) {
    bytes.set(field, at);
    at += field.length;
  }
  return bytes;
}

function key(field: number, wireType: number): Uint8Array {
  return new Uint8Array([(field << 3) | wireType]);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return new Uint8Array([...bytes, rest]);
}

function integer(field: number, value: number): Uint8Array {
  return message(key(field, VARINT), varint(value));
}

function delimited(field: number, bytes: Uint8Array): Uint8Array {
  return message(key(field, BYTES), varint(bytes.length), bytes);
}

function double(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return message(key(field, FIXED64), bytes);
}

function float(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return message(key(field, FIXED32), bytes);
}
