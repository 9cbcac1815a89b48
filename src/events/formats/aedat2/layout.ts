/**
 * The layout of AEDAT 2.0 (docs.inivation.com, "AEDAT 2.0"; jAER's DavisChip, DavisBaseCamera, DVS128 and IMUSample): after
 * the header, records of a 32-bit address and a 32-bit time in µs, big-endian.
 */
import type { Addressing } from "../aedat/cameras.ts";

/** Bytes of a record. */
export const RECORD_BYTES = 8;

/** Where an address holds an event. `special` marks words that are none; ON is where the bit of polarity equals `on`. */
export type AddressLayout = {
  readonly xShift: number;
  readonly xMask: number;
  readonly yShift: number;
  readonly yMask: number;
  readonly polarityShift: number;
  readonly on: 0 | 1;
  readonly special: number;
};

/**
 * The layouts by camera. iniVation's page gives the DVS128 the other polarity; jAER and dv-processing, which drive the
 * camera, read a clear bit as ON.
 */
export const ADDRESSES: Readonly<Record<Addressing, AddressLayout>> = {
  dvs128: { xShift: 1, xMask: 0x7f, yShift: 8, yMask: 0x7f, polarityShift: 0, on: 0, special: 1 << 15 },
  davis: { xShift: 12, xMask: 0x3ff, yShift: 22, yMask: 0x1ff, polarityShift: 11, on: 1, special: 1 << 10 },
};

/** Types of the words of a DAVIS that have bit 31 set, bits 10 and 11. */
export const APS_TYPE = { reset: 0, signal: 1, imu: 3 } as const;

/** What an external event of a DAVIS says, by its bits 0 to 2; older firmware leaves them 0. */
export const EXTERNAL_KINDS: Readonly<Record<number, string>> = {
  2: "external-falling",
  3: "external-rising",
  4: "external-pulse",
};
