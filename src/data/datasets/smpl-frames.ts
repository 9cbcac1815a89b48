/** Event frames with SMPL poses as the authors of the pose tracker lay them out: MMHPSD, SynEventHPD [Zou2023]. */
import { FormatError } from "../../core/index.ts";
import { type NumpyArray, parseNpz } from "../../io/index.ts";
import { type Dataset, datasetOf, type Named } from "../dataset.ts";
import { byName, filesIn, type Folder, foldersIn, readWhole } from "../folder.ts";
import { checkSplit, type DatasetKind, missing } from "./kind.ts";

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

/** What is cut out of a recording. */
export type PoseWindowOptions = {
  /** Steps of a window, 8 by default. */
  readonly timeSteps?: number;
  /** Frames that are merged into a step, 2 by default. */
  readonly gap?: number;
  /** Frames from one window to the next; by default those of a window: windows do not overlap. */
  readonly stride?: number;
};

/** Side of a frame and its channels: two polarities in each half of a frame's time. */
const SIDE = 256;
const CHANNELS = 4;
const FRAME_BYTES = (SIDE * SIDE * CHANNELS) / 8;

/** One part of the data: where its folders begin, and whose recordings are for the test. */
type Part = { readonly top: string; readonly isTest: (action: string) => boolean };

/** MMHPSD: 15 people before a CeleX-V camera. */
export const MMHPSD = smplFrames("MMHPSD", {
  top: "mmhpsd_events",
  isTest: (action) => /^subject(01|02|07)_/.test(action),
});

/** The part of SynEventHPD that is made of the videos of Human3.6M. */
export const EVENT_H36M = smplFrames("EventH36M", {
  top: "h36m_events_processed",
  isTest: (action) => /^s_(09|11)/.test(action),
});

/** The part of SynEventHPD that is made of motion capture; for training alone. */
export const EVENT_AMASS = smplFrames("EventAMASS", { top: "amass_events", isTest: () => false });

/** The part of SynEventHPD that is made of the videos of PHSPD; for training alone. */
export const EVENT_PHSPD = smplFrames("EventPHSPD", { top: "phspd_events", isTest: () => false });

function smplFrames(
  title: string,
  { top, isTest }: Part,
): DatasetKind<PoseWindowSample> & {
  open(folder: Folder, split: string, options?: PoseWindowOptions): Promise<Dataset<PoseWindowSample>>;
} {
  const facts = {
    title,
    source: "https://github.com/JimmyZou/HumanPoseTracking_SNN (its links; they come and go)",
    layout: `
${top}/ACTION/events_frame_04/events_0000.npz, …   (events_frame: bits of [256, 256, 4])
${top}/ACTION/poses/pose_0000.npz, …   (body_pose, trans, beta, joints3d, joints2d)`,
    splits: ["train", "test"],
  };
  return {
    ...facts,
    async open(folder: Folder, split: string, options: PoseWindowOptions = {}) {
      const { timeSteps = 8, gap = 2, stride = timeSteps * gap } = options;
      checkSplit(facts, split);
      const windows: { readonly action: string; readonly first: number }[] = [];
      for (const action of (await foldersIn(folder, top)).sort(byName)) {
        if (isTest(action) !== (split === "test")) continue;
        const files = await filesIn(folder, `${top}/${action}/poses`, /^pose_\d+\.npz$/);
        const frames = new Set(files.map((file) => Number(/\d+/.exec(file)![0])));
        const sorted = [...frames].sort((a, b) => a - b);
        for (const first of sorted) {
          if ((first - sorted[0]!) % stride !== 0) continue;
          const edges = Array.from({ length: timeSteps * gap + 1 }, (_, i) => first + i);
          if (edges.every((frame) => frames.has(frame))) windows.push({ action, first });
        }
      }
      if (windows.length === 0)
        throw missing(facts, folder, `${top}/ACTION/poses of ${timeSteps * gap + 1} frames`);
      return datasetOf(title, windows, ({ action, first }) =>
        loadWindow(folder, `${top}/${action}`, first, timeSteps, gap),
      );
    },
  };
}

async function loadWindow(
  folder: Folder,
  path: string,
  first: number,
  timeSteps: number,
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
