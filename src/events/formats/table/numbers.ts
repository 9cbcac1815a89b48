/** Numbers of any type, from raw bytes. */
import type { NumpyDtype } from "../../../io/index.ts";
import type { TimeUnit } from "./layout.ts";

/** Types of numbers that columns may have, by kind and width. */
const TYPES = new Set(["f8", "f4", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "b1"]);

/** Whether a column may be of this type: not of half precision, which holds neither times nor places. */
export function isColumnType({ kind, itemBytes }: NumpyDtype): boolean {
  return TYPES.has(kind + itemBytes);
}

/**
 * Reads `count` numbers that lie `stride` bytes apart. 64-bit integers above 2^53 are rounded, and stay above it.
 *
 * @param view - the bytes, all of them within the view
 * @param out - gets the numbers
 */
export function readNumbers(
  view: DataView,
  { kind, itemBytes, bigEndian }: NumpyDtype,
  offset: number,
  stride: number,
  count: number,
  out: Float64Array,
): void {
  const little = !bigEndian;
  let at = offset;
  switch (kind + itemBytes) {
    case "f8":
      for (let i = 0; i < count; i++, at += stride) out[i] = view.getFloat64(at, little);
      break;
    case "f4":
      for (let i = 0; i < count; i++, at += stride) out[i] = view.getFloat32(at, little);
      break;
    case "i8":
    case "u8": {
      const signed = kind === "i";
      const [low, high] = little ? [0, 4] : [4, 0];
      for (let i = 0; i < count; i++, at += stride) {
        const upper = signed ? view.getInt32(at + high, little) : view.getUint32(at + high, little);
        out[i] = upper * 4294967296 + view.getUint32(at + low, little);
      }
      break;
    }
    case "i4":
      for (let i = 0; i < count; i++, at += stride) out[i] = view.getInt32(at, little);
      break;
    case "u4":
      for (let i = 0; i < count; i++, at += stride) out[i] = view.getUint32(at, little);
      break;
    case "i2":
      for (let i = 0; i < count; i++, at += stride) out[i] = view.getInt16(at, little);
      break;
    case "u2":
      for (let i = 0; i < count; i++, at += stride) out[i] = view.getUint16(at, little);
      break;
    case "i1":
      for (let i = 0; i < count; i++, at += stride) out[i] = view.getInt8(at);
      break;
    default:
      for (let i = 0; i < count; i++, at += stride) out[i] = view.getUint8(at);
  }
}

/** Unit of the times of a column of this type. */
export function unitOf({ kind }: NumpyDtype): TimeUnit {
  return kind === "f" ? "s" : "us";
}

/** Turns times into whole microseconds, in place: the nearest, halves up. */
export function toMicroseconds(times: Float64Array, count: number, unit: TimeUnit): void {
  const factor = unit === "s" ? 1e6 : 1;
  for (let i = 0; i < count; i++) times[i] = Math.round(times[i]! * factor);
}
