/** From a motion to a clip that a model can learn from. */
import { type Intrinsics, JOINTS, type Motion } from "../body/index.ts";
import { ArgumentError } from "../core/index.ts";
import { BinaryVoxelGrid } from "../events/index.ts";
import { motionSeconds, type Scene, type SensorPhysics, simulateRecording } from "../simulate/index.ts";
import { gridCamera, packBits, type PoseClip } from "./pose-clip.ts";

/** How clips are recorded. */
export type RecordingOptions = {
  /** Side of the clip's grid in voxels, a multiple of 8; 64 by default. */
  readonly size?: number;
  /** Length of a bin, microseconds; 15,625 (1/64 s) by default. */
  readonly binUs?: number;
  /** Side of the simulated sensor in pixels; 128 by default. */
  readonly sensorSize?: number;
  /** Rendered frames a second, a whole number of them in a bin; 128 by default. */
  readonly renderHz?: number;
  /**
   * Events in a voxel and bin that set its bit; 1 by default. Only then does the union of bins equal a binary voxel grid
   * of the longer time.
   */
  readonly threshold?: number;
  /** Physics of the sensor; the simulator's default if left out. */
  readonly physics?: SensorPhysics;
};

/** What a clip shows. */
export type ClipSubject = {
  readonly name: string;
  /** A motion of a body with the scene's shape. */
  readonly motion: Motion;
  readonly scene: Scene;
  /** Seed of the sensor's mismatch and noise. */
  readonly seed: number;
};

/**
 * Simulates an event camera that watches a motion and bins what it sees. Equal arguments give equal clips. The clip
 * ends with the last whole bin of the motion.
 *
 * @throws ArgumentError if a bin does not hold a whole number of rendered frames, the motion is shorter than a bin, or
 *   a size does not fit
 */
export function generatePoseClip(subject: ClipSubject, options: RecordingOptions = {}): PoseClip {
  const { size = 64, binUs = 15_625, sensorSize = 128, renderHz = 128, threshold = 1, physics } = options;
  const { name, motion, scene, seed } = subject;
  const rendersPerBin = (binUs * renderHz) / 1e6;
  if (!(Number.isInteger(binUs) && Number.isInteger(rendersPerBin) && rendersPerBin >= 1)) {
    throw new ArgumentError(
      `generatePoseClip: expected whole rendered frames in whole microseconds, got ${rendersPerBin} in ${binUs}`,
    );
  }
  if (size % 8 !== 0) throw new ArgumentError(`generatePoseClip: expected a multiple of 8, got size ${size}`);
  // A smaller tolerance than the simulator's, which has to render the last edge.
  const bins = Math.floor((motionSeconds(motion) * 1e6) / binUs + 1e-7 / rendersPerBin);
  if (!(bins >= 1))
    throw new ArgumentError("generatePoseClip: expected a motion of one bin or more, got less");

  const sensor = { width: sensorSize, height: sensorSize };
  const grid = new BinaryVoxelGrid({
    sensor,
    size: { width: size, height: size },
    timeSteps: 1,
    durationUs: binUs,
    threshold,
  });
  const frameBytes = (2 * size * size) / 8;
  const frames = new Uint8Array(bins * frameBytes);
  const pose = new Float32Array((bins + 1) * JOINTS * 3);
  const translation = new Float32Array((bins + 1) * 3);
  let camera: Intrinsics | undefined;
  let rendered = 0;
  const simulation = { motion, scene, sensor, seed, frameRateHz: renderHz, ...(physics && { physics }) };
  for (const shot of simulateRecording(simulation)) {
    camera ??= gridCamera(shot.camera, size);
    grid.add(shot.events);
    if (rendered % rendersPerBin === 0) {
      const edge = rendered / rendersPerBin;
      pose.set(shot.truth.pose, edge * JOINTS * 3);
      translation.set(shot.truth.translation, edge * 3);
      if (edge > 0) packBits(grid.values, frames, (edge - 1) * frameBytes);
      if (edge === bins) break;
      // The simulator's events follow their frame and may fall on the next: bins are open below, closed above.
      grid.clear(edge * binUs + 1);
    }
    rendered++;
  }
  const seconds = (bins * binUs) / 1e6;
  return {
    name,
    seconds,
    binUs,
    bins,
    size,
    frames,
    pose,
    translation,
    shape: Float32Array.from(scene.shape),
    camera: camera!,
  };
}
