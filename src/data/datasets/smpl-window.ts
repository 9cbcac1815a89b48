/** A window of event frames with SMPL poses, read from its files. */
import type { Intrinsics } from "../../body/index.ts";
import { FormatError } from "../../core/index.ts";
import { type NumpyArray, parseNpz } from "../../io/index.ts";
import type { Named } from "../dataset.ts";
import { type Folder, readWhole } from "../folder.ts";

/** A window of event frames and the poses at the edges of its steps. */
export type PoseWindowSample = Named & {
  /** Voxels that saw events, 0 or 1, `[T, C, H, W]`. */
  readonly events: Uint8Array;
  /** `[T, C, H, W]` of `events`. */
  readonly shape: readonly [number, number, number, number];
  /** Axis-angle rotations, `[T + 1, 24, 3]`, radians. */
  readonly pose: Float32Array;
  /** `[T + 1, 3]`, metres. */
  readonly translation: Float32Array;
  /** Shape coefficients, `[T + 1, 10]`. */
  readonly betas: Float32Array;
  /** `[T + 1, 24, 3]`, metres. */
  readonly joints3d: Float32Array;
  /** `[T + 1, 24, 2]`, pixels. */
  readonly joints2d: Float32Array;
};

/** Side of a frame and its channels: two polarities in each half of a frame's time. */
const SIDE = 256;
const CHANNELS = 4;
const FRAME_BYTES = (SIDE * SIDE * CHANNELS) / 8;

/**
 * The camera of all these data sets, as the authors' code has it: the intrinsics of a CeleX-V of 1280 pixels, in pixels
 * of the frames.
 */
export const FRAME_CAMERA: Intrinsics = {
  width: SIDE,
  height: SIDE,
  fx: (1679.3 * SIDE) / 1280,
  fy: (1679.3 * SIDE) / 1280,
  cx: (641 * SIDE) / 1280,
  cy: (641 * SIDE) / 1280,
};

/** Frames from a number on, of a recording. */
export type Window = { readonly path: string; readonly first: number; readonly timeSteps: number };

/**
 * Reads a window.
 *
 * @param gap - frames that are merged into a step
 * @throws FormatError, ArgumentError naming a file that is broken or not there
 */
export async function loadWindow(
  folder: Folder,
  { path, first, timeSteps }: Window,
  gap: number,
): Promise<PoseWindowSample> {
  const number = (frame: number) => String(frame).padStart(4, "0");
  const plane = SIDE * SIDE;
  const events = new Uint8Array(timeSteps * CHANNELS * plane);
  for (let k = 0; k < timeSteps * gap; k++) {
    const file = `${path}/events_frame_04/events_${number(first + k)}.npz`;
    const packed = await readArray(folder, file, "events_frame", FRAME_BYTES);
    const step = Math.floor(k / gap) * CHANNELS * plane;
    // Bits, the first in the highest: [H, W, C].
    for (let byte = 0; byte < FRAME_BYTES; byte++) {
      for (let bits = packed[byte]!, bit = 7; bits !== 0; bit--, bits &= (1 << (bit + 1)) - 1) {
        if (((bits >> bit) & 1) === 0) continue;
        const at = 8 * byte + 7 - bit;
        events[step + (at % CHANNELS) * plane + Math.floor(at / CHANNELS)] = 1;
      }
    }
  }
  const edges = timeSteps + 1;
  const sample = {
    name: `${path}#${first}`,
    events,
    shape: [timeSteps, CHANNELS, SIDE, SIDE] as const,
    pose: new Float32Array(edges * 72),
    translation: new Float32Array(edges * 3),
    betas: new Float32Array(edges * 10),
    joints3d: new Float32Array(edges * 72),
    joints2d: new Float32Array(edges * 48),
  };
  for (let edge = 0; edge < edges; edge++) {
    const file = `${path}/poses/pose_${number(first + edge * gap)}.npz`;
    const arrays = await readArrays(folder, file);
    const take = (key: string, length: number) => numbersOf(arrays, key, length, `${folder.name}/${file}`);
    sample.pose.set(take("body_pose", 72), edge * 72);
    sample.translation.set(take("trans", 3), edge * 3);
    sample.betas.set(take("beta", 10), edge * 10);
    sample.joints3d.set(take("joints3d", 72), edge * 72);
    const flat = arrays.get("joints2d");
    // Some files have a third number, the depth.
    const columns = flat?.shape[flat.shape.length - 1] === 3 ? 3 : 2;
    const joints = take("joints2d", 24 * columns);
    for (let j = 0; j < 24; j++) {
      sample.joints2d.set([joints[columns * j]!, joints[columns * j + 1]!], edge * 48 + 2 * j);
    }
  }
  return sample;
}

async function readArrays(folder: Folder, path: string): Promise<ReadonlyMap<string, NumpyArray>> {
  return parseNpz(await readWhole(folder, path, 1 << 24), {
    file: `${folder.name}/${path}`,
    maxBytes: 1 << 24,
  });
}

async function readArray(
  folder: Folder,
  path: string,
  key: string,
  length: number,
): Promise<ArrayLike<number>> {
  return numbersOf(await readArrays(folder, path), key, length, `${folder.name}/${path}`);
}

function numbersOf(
  arrays: ReadonlyMap<string, NumpyArray>,
  key: string,
  length: number,
  file: string,
): ArrayLike<number> {
  const array = arrays.get(key);
  const good = array !== undefined && array.data.length === length && typeof array.data[0] === "number";
  if (!good) {
    const got = array === undefined ? "none" : `${array.data.length}`;
    throw new FormatError("npz", 0, `expected ${length} numbers in ${key}, got ${got}`, file);
  }
  return array.data as ArrayLike<number>;
}
