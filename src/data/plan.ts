/** Which clips make up a data set: motions cut into pieces, each filmed in several scenes. */
import type { Motion } from "../body/index.ts";
import { hashName, Random } from "../core/index.ts";
import {
  type BvhDocument,
  generateMotion,
  handHeldScene,
  retargetBvh,
  type SensorPhysics,
  sensorPresets,
  varyMotion,
} from "../simulate/index.ts";
import { generatePoseClip, type RecordingOptions } from "./generate.ts";
import type { PoseClip } from "./pose-clip.ts";
import { fromView, viewsAround } from "./views.ts";

/** Longest piece of a motion, seconds: in short pieces the person stays large in the picture. */
const PIECE_SECONDS = 4;
/** Shortest motion that makes a clip, seconds. */
const SHORTEST_SECONDS = 0.25;
const PROCEDURAL_RATE_HZ = 60;

/** A motion that bodies of any shape can perform. */
export type MotionSource = {
  readonly name: string;
  /** The motion of a body with shape coefficients `[10]`; chance comes from the generator alone. */
  readonly perform: (shape: readonly number[], random: Random) => Motion;
};

/** One clip to be made. */
export type ClipPlan = {
  /** Name of its motion and number of the variant; of one of several views its number, too. */
  readonly name: string;
  /** Decides scene, body, cameras and noise. */
  readonly seed: number;
  /** Cameras around the person, and the number of the one that films this clip. */
  readonly views: number;
  readonly view: number;
  readonly source: MotionSource;
  /** The motion that lends its arms to a varied one; null to perform `source` as it is. */
  readonly arms: MotionSource | null;
};

/** Pieces of a motion capture of equal length, at most 4 s each; none if it is shorter than 0.25 s. */
export function bvhSources(name: string, document: BvhDocument): MotionSource[] {
  const { frames, columns, values, frameTimeSeconds } = document;
  const seconds = (frames - 1) * frameTimeSeconds;
  if (seconds < SHORTEST_SECONDS) return [];
  const pieces = Math.ceil(seconds / PIECE_SECONDS - 1e-6);
  return Array.from({ length: pieces }, (_, i) => {
    const first = Math.floor((i * (frames - 1)) / pieces);
    const end = Math.floor(((i + 1) * (frames - 1)) / pieces) + 1;
    const part = {
      ...document,
      frames: end - first,
      values: values.subarray(first * columns, end * columns),
    };
    return { name: pieces === 1 ? name : `${name}.${i}`, perform: (shape) => retargetBvh(part, { shape }) };
  });
}

/** Generated motions of 4 s each that take at least `seconds` together. */
export function proceduralSources(name: string, seconds: number): MotionSource[] {
  return Array.from({ length: Math.ceil(seconds / PIECE_SECONDS) }, (_, i) => ({
    name: `${name}.${i}`,
    perform: (shape, random) =>
      generateMotion({ random, seconds: PIECE_SECONDS, frameRateHz: PROCEDURAL_RATE_HZ, shape }),
  }));
}

/**
 * Films every motion `variants` times. The seed of a clip is a hash of the seed, its name and the variant, so that it
 * does not depend on what else is planned. With `varied`, all variants but the first are motions of their own: see
 * `varyMotion`; any of the sources may lend the arms, so that these clips do depend on the others. With several `views` each
 * of these clips is filmed by as many cameras, see `viewsAround`; they follow one another.
 */
export function planClips(
  sources: readonly MotionSource[],
  options: {
    readonly variants: number;
    readonly seed: number;
    readonly varied?: boolean;
    readonly views?: number;
  },
): ClipPlan[] {
  const { variants, seed, varied = false, views = 1 } = options;
  return sources.flatMap((source) =>
    Array.from({ length: variants }, (_, variant): ClipPlan[] => {
      const name = `${source.name}.v${variant}`;
      const clipSeed = hashName(JSON.stringify([seed, source.name, variant]));
      const arms = varied && variant > 0 ? new Random(clipSeed).fork("arms").pick(sources) : null;
      return Array.from({ length: views }, (_, view) => {
        return { name: views === 1 ? name : `${name}.${view}`, seed: clipSeed, source, arms, views, view };
      });
    }).flat(),
  );
}

/**
 * Makes a planned clip: a random body performs the motion in a `handHeldScene`. Unless `physics` is given, leak and
 * shot noise are at most 30 % of those of the preset `noisy`.
 */
export function generatePlanned(
  { name, seed, source, arms, views, view }: ClipPlan,
  options: RecordingOptions = {},
): PoseClip {
  const random = new Random(seed);
  const scene = handHeldScene(random.fork("scene"));
  const performed = source.perform(scene.shape, random.fork("motion"));
  const motion =
    arms === null
      ? performed
      : varyMotion(performed, {
          arms: arms.perform(scene.shape, random.fork("arms' motion")),
          random: random.fork("variation"),
        });
  const subject = { name, motion, scene, seed: random.fork("sensor").uint32() };
  const cameras = viewsAround(scene.view, views, random.fork("views"));
  const filmed = fromView(subject, cameras[view]!, view);
  return generatePoseClip(filmed, { physics: mildNoise(random.fork("noise")), ...options });
}

function mildNoise(random: Random): SensorPhysics {
  const { noisy } = sensorPresets;
  const share = random.uniform(0, 0.3);
  const { leakRateHz, shotNoiseRateHz } = noisy;
  return { ...noisy, leakRateHz: share * leakRateHz, shotNoiseRateHz: share * shotNoiseRateHz };
}
