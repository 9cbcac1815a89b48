/** Clips for tests. */
import { Random } from "../../src/core/index.ts";
import { generatePoseClip, type PoseClip, type RecordingOptions } from "../../src/data/index.ts";
import { generateMotion, randomScene } from "../../src/simulate/index.ts";

/** Coarse settings, so that a second of recording takes a tenth of one. */
export const COARSE: RecordingOptions = { size: 16, sensorSize: 32, renderHz: 64 };

export function sampleClip(seed: number, seconds: number, options: RecordingOptions = COARSE): PoseClip {
  const random = new Random(seed);
  const scene = randomScene(random);
  const motion = generateMotion({ random, seconds: seconds + 1 / 60, frameRateHz: 60, shape: scene.shape });
  return generatePoseClip({ name: `sample ${seed}`, motion, scene, seed }, options);
}
