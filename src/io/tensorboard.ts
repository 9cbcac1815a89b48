/**
 * TensorBoard event files with scalars: TFRecord framing (TensorFlow, record_writer.h) around `Event` messages
 * (TensorFlow, event.proto and summary.proto) in protocol buffers.
 */
import { ArgumentError } from "../core/index.ts";
import { crc32c } from "./crc.ts";
import { Message } from "./protobuf.ts";

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

/** The record that an event file begins with. */
export function encodeEventFileHeader(wallTime: number): Uint8Array {
  // Event: wall_time = 1, file_version = 3.
  return encodeRecord(new Message().double(1, wallTime).text(3, "brain.Event:2").finish());
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
  const event = new Message().double(1, wallTime).integer(2, step);
  event.message(5, (summary) => summary.message(1, (series) => series.text(1, tag).float(2, value)));
  return encodeRecord(event.finish());
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
