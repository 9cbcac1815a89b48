/** Recordings with poses, of our own data sets and of published ones, as clips that pose models learn from. */
import { INTRINSICS, type Intrinsics, JOINTS } from "../body/index.ts";
import { ArgumentError } from "../core/index.ts";
import { BinaryVoxelGrid, type Events, indexAtTime, type SensorSize, sliceEvents } from "../events/index.ts";
import { poseAt } from "../simulate/index.ts";
import type { Named } from "./dataset.ts";
import type { LabelledClip } from "./labelled-clip.ts";
import { gridCamera, packBits, type PoseClip } from "./pose-clip.ts";

/** Events of one person whose poses are known at some times. Everything of the body is in camera coordinates, metres. */
export type PoseRecording = Named & {
  readonly sensor: SensorSize;
  /** In order of time. */
  readonly events: Events;
  /** Times of the poses, `[F]`, microseconds, each above the one before. */
  readonly times: ArrayLike<number>;
  /** Axis-angle rotations, `[F, 24, 3]`, radians. */
  readonly pose: Float32Array;
  /** Position of the pelvis, `[F, 3]`. */
  readonly translation: Float32Array;
  /** Shape coefficients of the built-in body, `[10]`. */
  readonly shape: Float32Array;
  /** In pixels of the sensor. */
  readonly camera: Intrinsics;
};

/** How {@link poseClipOf} bins events. */
export type PoseClipOptions = {
  /** Side of the grid in voxels, a multiple of 8; the whole sensor lies on it, in its middle. */
  readonly size: number;
  /** Length of a bin, microseconds, a whole number. */
  readonly binUs: number;
  /** Events in a voxel and bin that set its bit; see `voxelThreshold`. */
  readonly threshold: number;
};

/** Labels of shards that poses are made of. */
const LABELS = ["pose", "shape", "translation", "camera"] as const;

/**
 * A clip of a data set that `saccade generate` has made.
 * @throws ArgumentError naming the labels that it lacks
 */
export function recordingOfClip(clip: LabelledClip): PoseRecording {
  const { name, sensor, events, times, pose, shape, translation, camera } = clip;
  if (pose === undefined || shape === undefined || translation === undefined || camera === undefined) {
    const lacking = LABELS.filter((label) => clip[label] === undefined).join(", ");
    throw new ArgumentError(
      `shards: expected the labels ${LABELS.join(", ")} in ${name}, got none of ${lacking}`,
    );
  }
  return { name, sensor, events, times, pose, shape, translation, camera: camera.intrinsics };
}

/**
 * A recording as a clip, from its first pose to its last, less what does not fill a bin. At the edges of bins rotations are
 * interpolated along the shortest arc and the position linearly; at the times of poses they are the poses.
 *
 * @throws ArgumentError if an option is out of its range, poses do not span a bin, or one is not finite
 */
export function poseClipOf(recording: PoseRecording, { size, binUs, threshold }: PoseClipOptions): PoseClip {
  const { name, sensor, events, times, shape, camera } = recording;
  const fail = (expected: string, got: unknown): never => {
    throw new ArgumentError(`poseClipOf: expected ${expected}, got ${String(got)} (${name})`);
  };
  if (!(Number.isInteger(binUs) && binUs > 0)) fail("whole microseconds in a bin", binUs);
  if (size % 8 !== 0) fail("a multiple of 8 as size", size);
  const startUs = times[0] ?? 0;
  const seen = (times[times.length - 1] ?? 0) - startUs;
  const bins = Math.floor(seen / binUs);
  if (bins < 1) fail(`poses over ${binUs} µs or more`, seen);
  for (const values of [recording.pose, recording.translation, shape, INTRINSICS.map((key) => camera[key])]) {
    const odd = values.find((value) => !Number.isFinite(value));
    if (odd !== undefined) fail("poses and a camera of finite numbers", odd);
  }
  return {
    name,
    seconds: (bins * binUs) / 1e6,
    binUs,
    bins,
    size,
    frames: bitsOf(events, { sensor, startUs, bins, size, binUs, threshold }),
    ...posesAt(
      recording,
      Array.from({ length: bins + 1 }, (_, edge) => startUs + edge * binUs),
    ),
    shape,
    camera: gridCamera(camera, size),
  };
}

/** Bits of all bins, `[bins, 2, size, size / 8]`. */
function bitsOf(
  events: Events,
  {
    sensor,
    startUs,
    bins,
    size,
    binUs,
    threshold,
  }: PoseClipOptions & { sensor: SensorSize; startUs: number; bins: number },
): Uint8Array {
  const grid = new BinaryVoxelGrid({
    sensor,
    size: { width: size, height: size },
    fit: "contain",
    timeSteps: 1,
    durationUs: binUs,
    threshold,
  });
  const bytes = (2 * size * size) / 8;
  const frames = new Uint8Array(bins * bytes);
  for (let bin = 0; bin < bins; bin++) {
    const fromUs = startUs + bin * binUs;
    grid.clear(fromUs);
    grid.add(sliceEvents(events, indexAtTime(events, fromUs), indexAtTime(events, fromUs + binUs)));
    packBits(grid.values, frames, bin * bytes);
  }
  return frames;
}

/** Poses and places at some times in order, within those of the recording. */
function posesAt(recording: PoseRecording, edges: readonly number[]): Pick<PoseClip, "pose" | "translation"> {
  const { times } = recording;
  const [turns, places] = [Float64Array.from(recording.pose), Float64Array.from(recording.translation)];
  const pose = new Float32Array(edges.length * 3 * JOINTS);
  const translation = new Float32Array(edges.length * 3);
  let from = 0;
  edges.forEach((timeUs, edge) => {
    while (from + 2 < times.length && times[from + 1]! <= timeUs) from++;
    const between = {
      frameRateHz: 1e6 / (times[from + 1]! - times[from]!),
      pose: turns.subarray(3 * JOINTS * from, 3 * JOINTS * (from + 2)),
      translation: places.subarray(3 * from, 3 * (from + 2)),
    };
    const body = poseAt(between, (timeUs - times[from]!) / 1e6, new Float64Array());
    pose.set(body.pose, edge * 3 * JOINTS);
    translation.set(body.translation, edge * 3);
  });
  return { pose, translation };
}
