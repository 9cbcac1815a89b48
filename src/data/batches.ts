/** Batches for training and evaluation, cut from clips. */
import { forwardKinematics, type Intrinsics, JOINTS, restJoints, SHAPE_COEFFICIENTS } from "../body/index.ts";
import { ArgumentError, type Random, type RandomState } from "../core/index.ts";
import {
  type Augmentation,
  changeBody,
  changeCamera,
  changePixels,
  drawChange,
  type PictureChange,
  UNCHANGED,
} from "./augment.ts";
import { type BatchSource, type BatchState, restoreRandom } from "./batch-source.ts";
import { bodyAt, type PoseClip } from "./pose-clip.ts";

/** Halves of a step times polarities. */
const CHANNELS = 4;

/** Where a window's poses are wanted: at the ends of its T steps, or at the T + 1 edges of them. */
export type PoseTimes = "ends" | "edges";

/** Samples with their targets, time first. There are P poses of a window: T at the ends of its steps, or T + 1 at their edges. */
export type PoseBatch = {
  /** T */
  readonly timeSteps: number;
  /** P */
  readonly poses: number;
  /** B */
  readonly batch: number;
  /** C = 4: channel = 2 · (half of the step) + polarity (0 = OFF, 1 = ON). */
  readonly channels: number;
  /** H = W */
  readonly size: number;
  /** 1 where a voxel saw events, else 0, `[T, B, 4, H, W]`. */
  readonly video: Float32Array;
  /** Rotation matrices relative to the parent joint, the root in camera coordinates, `[P, B, 24, 9]`. */
  readonly pose: Float64Array;
  /** Shape coefficients, `[P, B, 10]`. */
  readonly shape: Float64Array;
  /** Position of the pelvis in camera coordinates, `[P, B, 3]`, metres. */
  readonly translation: Float64Array;
  /** Joints of the built-in body in camera coordinates, `[P, B, 24, 3]`, metres. */
  readonly joints: Float64Array;
  /** Joints in the picture, `[P, B, 24, 2]`: u / W and v / H. */
  readonly joints2d: Float64Array;
  /** Camera of each sample, `[B]`, in pixels of the grid. */
  readonly cameras: readonly Intrinsics[];
};

/** Options of {@link PoseBatches}. */
export type PoseBatchesOptions = {
  /** T; 8 by default. */
  readonly timeSteps?: number;
  /** Lengths of windows, drawn from with equal chances. */
  readonly windowSeconds: readonly number[];
  readonly batch: number;
  /** Advanced by each batch. */
  readonly random: Random;
  /** None by default. */
  readonly augment?: Augmentation | null;
  /** `"ends"` by default. */
  readonly times?: PoseTimes;
};

/** Options of {@link evaluationBatches}: T of 8, windows of 1 s, 8 of them at once and poses at `"ends"` by default. */
export type EvaluationOptions = {
  readonly timeSteps?: number;
  readonly windowSeconds?: number;
  readonly batch?: number;
  readonly times?: PoseTimes;
};

/** State of {@link PoseBatches}, as JSON. */
export type PoseBatchesState = { readonly random: RandomState };

/** One sample: steps of `2 · halfBins` bins from bin `start` on. */
type Sample = {
  readonly clip: PoseClip;
  readonly start: number;
  readonly halfBins: number;
  readonly change: PictureChange;
};

/**
 * Endless random batches. Each sample is a window of one of the given lengths, at a random place of a clip that is
 * drawn in proportion to its length. Windows lie within their clip: where the length drawn does not fit, the longest
 * that does is used, and clips shorter than 2 · T bins (0.25 s for 8 steps of the usual bins) are left out. A window is
 * a whole number of bins for each half of a step; lengths are rounded to that.
 *
 * The generator is all its state: a run that restores it sees the same batches.
 */
export class PoseBatches implements BatchSource<PoseBatch> {
  readonly #clips: readonly PoseClip[];
  /** Seconds up to the end of each clip. */
  readonly #ends: readonly number[];
  readonly #timeSteps: number;
  readonly #times: PoseTimes;
  readonly #windowSeconds: readonly number[];
  readonly #batch: number;
  readonly #random: Random;
  readonly #augment: Augmentation | null;

  /**
   * @param clips - all of one size of grid
   * @throws ArgumentError if no clip is long enough, or a number is out of range
   */
  constructor(clips: readonly PoseClip[], options: PoseBatchesOptions) {
    const { timeSteps = 8, windowSeconds, batch, random, augment = null, times = "ends" } = options;
    check(timeSteps, batch, windowSeconds);
    this.#clips = usableClips(clips, timeSteps);
    if (this.#clips.length === 0) {
      throw new ArgumentError(`PoseBatches: expected clips of ${2 * timeSteps} bins or more, got none`);
    }
    let end = 0;
    this.#ends = this.#clips.map(({ seconds }) => (end += seconds));
    this.#timeSteps = timeSteps;
    this.#times = times;
    this.#windowSeconds = windowSeconds;
    this.#batch = batch;
    this.#random = random;
    this.#augment = augment;
  }

  /** The next batch. */
  next(): PoseBatch {
    return assemble(
      Array.from({ length: this.#batch }, () => this.#draw()),
      this.#timeSteps,
      this.#times,
    );
  }

  /** All that the next batch depends on, besides the options. */
  save(): PoseBatchesState {
    return { random: this.#random.save() };
  }

  /** Goes on from a saved state. @throws CheckpointError if it is another */
  restore(state: BatchState): void {
    restoreRandom(this.#random, state);
  }

  #draw(): Sample {
    const random = this.#random;
    const at = random.uniform(0, this.#ends.at(-1));
    const clip = this.#clips[this.#ends.findIndex((end) => at < end)]!;
    const halfBins = halfBinsOf(clip, this.#timeSteps, random.pick(this.#windowSeconds));
    const start = random.integer(0, clip.bins - 2 * this.#timeSteps * halfBins + 1);
    return { clip, start, halfBins, change: drawChange(random, this.#augment) };
  }
}

/**
 * The windows of clips, one after the other without overlap and unchanged, in batches; the last batch may be smaller.
 * What is left over at the end of a clip is not covered. A clip shorter than a window gives one, the longest that fits,
 * unless it is shorter than 2 · T bins.
 *
 * @throws ArgumentError if a number is out of range
 */
export function* evaluationBatches(
  clips: readonly PoseClip[],
  options: EvaluationOptions = {},
): Generator<PoseBatch, void, void> {
  const { timeSteps = 8, windowSeconds = 1, batch = 8, times = "ends" } = options;
  check(timeSteps, batch, [windowSeconds]);
  let samples: Sample[] = [];
  for (const clip of usableClips(clips, timeSteps)) {
    const halfBins = halfBinsOf(clip, timeSteps, windowSeconds);
    const windowBins = 2 * timeSteps * halfBins;
    for (let start = 0; start + windowBins <= clip.bins; start += windowBins) {
      samples.push({ clip, start, halfBins, change: UNCHANGED });
      if (samples.length < batch) continue;
      yield assemble(samples, timeSteps, times);
      samples = [];
    }
  }
  if (samples.length > 0) yield assemble(samples, timeSteps, times);
}

function check(timeSteps: number, batch: number, windowSeconds: readonly number[]): void {
  const counts = [timeSteps, batch].every((n) => Number.isInteger(n) && n > 0);
  if (counts && windowSeconds.length > 0 && windowSeconds.every((s) => s > 0 && s < Infinity)) return;
  throw new ArgumentError(
    `batches: expected positive timeSteps, batch and windowSeconds, got ${timeSteps}, ${batch} and [${windowSeconds.join(", ")}]`,
  );
}

function usableClips(clips: readonly PoseClip[], timeSteps: number): PoseClip[] {
  const size = clips[0]?.size;
  const other = clips.find((clip) => clip.size !== size);
  if (other !== undefined) {
    throw new ArgumentError(`batches: expected clips of size ${size}, got ${other.size} in ${other.name}`);
  }
  return clips.filter(({ bins }) => bins >= 2 * timeSteps);
}

/** Bins of half a step for a window of some length, at least one and as many as fit. */
function halfBinsOf({ bins, binUs }: PoseClip, timeSteps: number, windowSeconds: number): number {
  const wanted = Math.round((windowSeconds * 1e6) / binUs / (2 * timeSteps));
  return Math.max(1, Math.min(wanted, Math.floor(bins / (2 * timeSteps))));
}

function assemble(samples: readonly Sample[], timeSteps: number, times: PoseTimes): PoseBatch {
  const batch = samples.length;
  const size = samples[0]!.clip.size;
  const first = times === "edges" ? 0 : 1;
  const poses = timeSteps + 1 - first;
  const rows = poses * batch;
  const out = {
    video: new Float32Array(timeSteps * batch * CHANNELS * size * size),
    pose: new Float64Array(rows * JOINTS * 9),
    shape: new Float64Array(rows * SHAPE_COEFFICIENTS),
    translation: new Float64Array(rows * 3),
    joints: new Float64Array(rows * JOINTS * 3),
    joints2d: new Float64Array(rows * JOINTS * 2),
  };
  const cameras = samples.map(({ clip, change }) => changeCamera(clip.camera, change));
  samples.forEach((sample, b) => {
    drawVideo(sample, timeSteps, (t) => t * batch + b, out.video);
    const { clip, start, halfBins, change } = sample;
    const rest = restJoints(clip.shape);
    const camera = cameras[b]!;
    for (let p = 0; p < poses; p++) {
      const edge = start + 2 * halfBins * (p + first);
      const row = p * batch + b;
      const body = changeBody(bodyAt(clip, edge), change);
      const { joints } = forwardKinematics(rest, body.rotations, body.translation);
      out.pose.set(body.rotations, row * JOINTS * 9);
      out.shape.set(clip.shape, row * SHAPE_COEFFICIENTS);
      out.translation.set(body.translation, row * 3);
      out.joints.set(joints, row * JOINTS * 3);
      for (let j = 0; j < JOINTS; j++) {
        const [x, y, z] = [joints[3 * j]!, joints[3 * j + 1]!, joints[3 * j + 2]!];
        const at = 2 * (row * JOINTS + j);
        out.joints2d[at] = ((camera.fx * x) / z + camera.cx) / camera.width;
        out.joints2d[at + 1] = ((camera.fy * y) / z + camera.cy) / camera.height;
      }
    }
  });
  return { timeSteps, poses, batch, channels: CHANNELS, size, ...out, cameras };
}

/** Unites the bins of each half of a step and writes their pixels. */
function drawVideo(
  { clip, start, halfBins, change }: Sample,
  timeSteps: number,
  rowOf: (t: number) => number,
  video: Float32Array,
): void {
  const { frames, size } = clip;
  const pixels = size * size;
  const planeBytes = pixels / 8;
  const from = change === UNCHANGED ? null : changePixels(clip.camera, change);
  // One pixel more than the picture, always 0: what lies outside.
  const plane = new Float32Array(pixels + 1);
  for (let t = 0; t < timeSteps; t++) {
    for (let channel = 0; channel < CHANNELS; channel++) {
      const first = start + halfBins * (2 * t + (channel >> 1));
      plane.fill(0);
      for (let byte = 0; byte < planeBytes; byte++) {
        let bits = 0;
        for (let bin = first; bin < first + halfBins; bin++) {
          bits |= frames[(2 * bin + (channel & 1)) * planeBytes + byte]!;
        }
        // Most voxels saw nothing.
        if (bits !== 0) for (let i = 0; i < 8; i++) plane[8 * byte + i] = (bits >> (7 - i)) & 1;
      }
      const at = (rowOf(t) * CHANNELS + channel) * pixels;
      if (from === null) video.set(plane.subarray(0, pixels), at);
      else for (let i = 0; i < pixels; i++) video[at + i] = plane[from[i]!]!;
    }
  }
}
