/** Dataspaces: the shapes of arrays (specification 3.0, IV.A.2.b). */
import type { Cursor } from "./cursor.ts";

/** The size along each axis, slowest first. A scalar has no axes. */
export type Dataspace = {
  readonly shape: readonly number[];
  /** The size that each axis may grow to; Infinity where there is no limit. */
  readonly maxShape: readonly number[];
};

const MAX_RANK = 32;
const HAS_MAX = 1;
const EMPTY_SPACE = 2;

/**
 * Reads a dataspace; a null one has the shape `[0]`.
 *
 * @throws FormatError if it is broken, or has 2^53 elements or more
 */
export function parseDataspace(cursor: Cursor): Dataspace {
  const start = cursor.address;
  const version = cursor.version("a dataspace", 1, 2);
  const rank = cursor.u8();
  if (rank > MAX_RANK) cursor.fail(`expected at most ${MAX_RANK} axes, got ${rank}`, start);
  const flags = cursor.u8();
  const kind = cursor.u8();
  if (version === 1) cursor.skip(4);
  else if (kind === EMPTY_SPACE) return { shape: [0], maxShape: [0] };
  const sizes = () => Array.from({ length: rank }, () => cursor.length());
  const shape = sizes();
  const unlimited = 2 ** (8 * cursor.storage.lengthBytes) - 1;
  const maxShape = (flags & HAS_MAX) === 0 ? shape : sizes().map((n) => (n >= unlimited ? Infinity : n));
  if (shape.some((n, i) => n > maxShape[i]!)) {
    cursor.fail(`expected a shape within ${maxShape.join("x")}, got ${shape.join("x")}`, start);
  }
  const count = shape.reduce((product, n) => product * n, 1);
  if (!Number.isSafeInteger(count) || shape.some((n) => !Number.isSafeInteger(n))) {
    cursor.fail(`expected an array of less than 2^53 elements, got ${shape.join("x")}`, start);
  }
  return { shape, maxShape };
}
