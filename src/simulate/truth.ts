/**
 * Ground truth as JSON lines. The first line is a header `{"camera": {"width", "height", "fx", "fy", "cx", "cy"},
 * "sensor": {"width", "height"}, "units": {…}}`; each further line is a body at a time, with the keys that the tracker
 * prints: `tUs`, `joints` `[24][3]`, `pose` `[24][3]`, `shape` `[10]`, `translation` `[3]`, all in camera coordinates
 * (x right, y down, z forward), metres and radians.
 */
import { INTRINSICS, type Intrinsics, JOINTS, type Pose, SHAPE_COEFFICIENTS } from "../body/index.ts";
import { FormatError } from "../core/index.ts";
import type { SensorSize } from "../events/index.ts";

/** A body at a time, in camera coordinates. */
export type TruthFrame = Pose & {
  /** Time, microseconds. */
  readonly tUs: number;
  /** Joints, `[24, 3]`, metres. */
  readonly joints: Float64Array;
};

/** What the header says. */
export type TruthHeader = {
  readonly camera: Intrinsics;
  readonly sensor: SensorSize;
};

const UNITS = { tUs: "microseconds", joints: "metres", pose: "radians", translation: "metres" };
/** Longest line that is parsed, characters; a record takes about 2500. */
const MAX_LINE = 65536;

/** The header line, without the line end. */
export function encodeTruthHeader({ camera, sensor }: TruthHeader): string {
  const intrinsics = Object.fromEntries(INTRINSICS.map((key) => [key, camera[key]]));
  const { width, height } = sensor;
  return JSON.stringify({ camera: intrinsics, sensor: { width, height }, units: UNITS });
}

/** A body at a time of which perhaps only the joints are known. */
export type JointFrame = Pick<TruthFrame, "tUs" | "joints" | "translation"> & {
  readonly [K in "pose" | "shape"]?: TruthFrame[K] | undefined;
};

/**
 * The line of a frame, without the line end; numbers are rounded to 10⁻⁶. One without pose or shape has no such key, and
 * {@link parseTruthFrame} does not take it for truth.
 */
export function encodeTruthFrame({ tUs, joints, pose, shape, translation }: JointFrame): string {
  const row = (values: Float64Array) => Array.from(values, (value) => Math.round(value * 1e6) / 1e6);
  const rows = (values: Float64Array) =>
    Array.from({ length: values.length / 3 }, (_, i) => row(values.subarray(3 * i, 3 * i + 3)));
  return JSON.stringify({
    tUs,
    joints: rows(joints),
    pose: pose && rows(pose),
    shape: shape && row(shape),
    translation: row(translation),
  });
}

/**
 * Reads a header line.
 *
 * @param offset - of the line in its file, for the message
 * @throws FormatError (`truth`) if it is not one
 */
export function parseTruthHeader(line: string, offset = 0): TruthHeader {
  const { camera, sensor } = parseRecord(line, ["camera", "sensor", "units"], offset);
  const intrinsics = readNumbers(camera, "camera", INTRINSICS, offset);
  const size = readNumbers(sensor, "sensor", ["width", "height"], offset);
  for (const side of [intrinsics.width, intrinsics.height, size.width, size.height]) {
    if (!(Number.isInteger(side) && side > 0)) throw fault(offset, "sizes of positive integers", side);
  }
  if (!(intrinsics.fx > 0 && intrinsics.fy > 0)) throw fault(offset, "positive focal lengths", camera);
  return { camera: intrinsics, sensor: size };
}

/**
 * Reads the line of a frame.
 *
 * @param offset - of the line in its file, for the message
 * @throws FormatError (`truth`) if a key is missing or unknown, a shape is wrong or a number is not finite
 */
export function parseTruthFrame(line: string, offset = 0): TruthFrame {
  const record = parseRecord(line, ["tUs", "joints", "pose", "shape", "translation"], offset);
  const { tUs } = record;
  if (!(typeof tUs === "number" && Number.isSafeInteger(tUs))) throw fault(offset, "an integer tUs", tUs);
  return {
    tUs,
    joints: readRows(record["joints"], "joints", offset),
    pose: readRows(record["pose"], "pose", offset),
    shape: readRow(record["shape"], "shape", SHAPE_COEFFICIENTS, offset),
    translation: readRow(record["translation"], "translation", 3, offset),
  };
}

/**
 * Reads a whole file of ground truth.
 *
 * @throws FormatError (`truth`) on the first fault, with its byte offset; also if times do not increase
 */
export function parseTruth(text: string): {
  readonly header: TruthHeader;
  readonly frames: readonly TruthFrame[];
} {
  let offset = 0;
  let header: TruthHeader | undefined;
  const frames: TruthFrame[] = [];
  for (const line of text.replace(/\n$/, "").split("\n")) {
    if (header === undefined) header = parseTruthHeader(line, offset);
    else {
      const frame = parseTruthFrame(line, offset);
      const last = frames.at(-1)?.tUs ?? -Infinity;
      if (frame.tUs <= last) throw fault(offset, `tUs after ${last}`, frame.tUs);
      frames.push(frame);
    }
    offset += new TextEncoder().encode(line).length + 1;
  }
  return { header: header!, frames };
}

function parseRecord(line: string, keys: readonly string[], offset: number): Record<string, unknown> {
  if (line.length > MAX_LINE) throw fault(offset, `a line of ≤ ${MAX_LINE} characters`, line.length);
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw fault(offset, "a line of JSON", line);
  }
  return readObject(value, keys, offset);
}

function readObject(value: unknown, keys: readonly string[], offset: number): Record<string, unknown> {
  const found = value !== null && typeof value === "object" ? Object.keys(value) : [];
  if (Array.isArray(value) || found.length !== keys.length || !keys.every((key) => found.includes(key))) {
    throw fault(offset, `an object of ${keys.join(", ")}`, value);
  }
  return value as Record<string, unknown>;
}

function readNumbers<K extends string>(
  value: unknown,
  name: string,
  keys: readonly K[],
  offset: number,
): Record<K, number> {
  const object = readObject(value, keys, offset);
  for (const key of keys) {
    if (!Number.isFinite(object[key])) throw fault(offset, `a finite ${name}.${key}`, object[key]);
  }
  return object as Record<K, number>;
}

function readRow(value: unknown, name: string, length: number, offset: number): Float64Array {
  if (!Array.isArray(value) || value.length !== length || !value.every((x) => Number.isFinite(x))) {
    throw fault(offset, `${name} of ${length} finite numbers`, value);
  }
  return Float64Array.from(value as number[]);
}

function readRows(value: unknown, name: string, offset: number): Float64Array {
  if (!Array.isArray(value) || value.length !== JOINTS) {
    throw fault(offset, `${name} of ${JOINTS} rows`, value);
  }
  const out = new Float64Array(3 * JOINTS);
  value.forEach((row, i) => out.set(readRow(row, `${name}[${i}]`, 3, offset), 3 * i));
  return out;
}

function fault(offset: number, expected: string, got: unknown): FormatError {
  const shown = JSON.stringify(got) ?? String(got);
  return new FormatError("truth", offset, `expected ${expected}, got ${shown.slice(0, 60)}`);
}
