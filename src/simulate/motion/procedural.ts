/** Motions without motion capture: seeded, endless in variety, smooth. */
import { ArgumentError, Random } from "../../core/index.ts";
import {
  capsuleEnd,
  type Capsule,
  JOINTS,
  type Motion,
  poseJoints,
  restJoints,
  SHAPE_COEFFICIENTS,
  surface,
} from "../../body/index.ts";
import { ACTIONS, MOTION_KINDS, type MotionKind } from "./actions.ts";
import { smoothStep } from "./curves.ts";
import { type Action, type Channel, CHANNELS, poseOfPosture, type Posture, STANDING } from "./posture.ts";

/** What to generate: from a seed, or by drawing from a generator. */
export type MotionOptions = ({ readonly seed: number | string } | { readonly random: Random }) & {
  /** Length, in (0, 3600] s. */
  readonly seconds: number;
  /** Poses a second, in (0, 10000] Hz. */
  readonly frameRateHz: number;
  /** One kind throughout; otherwise kinds follow each other at random. */
  readonly kind?: MotionKind;
  /** Shape of the body that moves, `[10]`: decides the length of steps and the height of the pelvis. */
  readonly shape?: ArrayLike<number>;
};

/** Time over which one action passes into the next, seconds. */
const BLEND_SECONDS = 0.8;
/** Shortest and longest time that one action is kept in a mixture, seconds. */
const SEGMENT_SECONDS = [2.2, 5] as const;
/** Heights at which a foot shares the contact with the lowest one, metres. */
const CONTACT_SOFTNESS = 0.012;
/** Time over which the speed of the body follows that of the standing foot, seconds. */
const SPEED_SMOOTHING_SECONDS = 0.04;

/**
 * Generates a motion of the built-in body on the floor y = 0. Actions are curves of anatomical angles, blended where
 * they change; the pelvis is as high as the standing foot demands, and moves so that this foot stays where it is.
 * Angles and translation have continuous velocities. The same seed gives the same motion on every platform, up to the
 * last digits of sine and cosine.
 *
 * @throws ArgumentError for a length or rate out of range
 */
export function generateMotion(options: MotionOptions): Motion {
  const { seconds, frameRateHz, kind, shape = new Float64Array(SHAPE_COEFFICIENTS) } = options;
  if (!(seconds > 0 && seconds <= 3600 && frameRateHz > 0 && frameRateHz <= 10_000)) {
    throw new ArgumentError(
      `generateMotion: expected seconds in (0, 3600] and a rate in (0, 10000] Hz, got ${seconds}, ${frameRateHz}`,
    );
  }
  const random = "random" in options ? options.random : new Random(options.seed);
  const frames = Math.max(1, Math.round(seconds * frameRateHz));
  const timeline = makeTimeline(random, frames / frameRateHz, kind);
  return rooted(timeline, shape, frames, frameRateHz, random.uniform(-Math.PI, Math.PI));
}

type Timeline = (seconds: number) => Posture;

/** Actions one after the other, each blended into the next, with slow noise of the performer's own on top. */
function makeTimeline(random: Random, seconds: number, kind: MotionKind | undefined): Timeline {
  const segments: { start: number; action: Action }[] = [];
  const longest = kind === undefined ? SEGMENT_SECONDS : ([Infinity, Infinity] as const);
  for (let start = -BLEND_SECONDS; start < seconds;) {
    segments.push({ start, action: ACTIONS[kind ?? random.pick(MOTION_KINDS)](random) });
    start += kind === undefined ? random.uniform(...longest) : Infinity;
  }
  const style = makeStyle(random);
  return (time) => {
    const posture = { ...STANDING };
    for (const channel of CHANNELS) posture[channel] = 0;
    segments.forEach(({ start, action }, i) => {
      const end = segments[i + 1]?.start;
      const rise = i === 0 ? 1 : smoothStep(time, start, start + BLEND_SECONDS);
      const weight = rise * (end === undefined ? 1 : 1 - smoothStep(time, end, end + BLEND_SECONDS));
      if (weight === 0) return;
      const values: Posture = { ...STANDING, ...action(time - start) };
      for (const channel of CHANNELS) posture[channel] += weight * values[channel];
    });
    style(time, posture);
    return posture;
  };
}

/** Channels that style may disturb, with the size of the disturbance in degrees. */
const STYLE: readonly (readonly [Channel, number])[] = [
  ["lean", 1.5],
  ["bend", 2.5],
  ["side", 2],
  ["twist", 2.5],
  ["nod", 4],
  ["headTurn", 6],
  ["leftArm", 4],
  ["rightArm", 4],
  ["leftArmOut", 3],
  ["rightArmOut", 3],
  ["leftElbow", 5],
  ["rightElbow", 5],
  ["leftWrist", 6],
  ["rightWrist", 6],
  ["leftHipOut", 1],
  ["rightHipOut", 1],
];

/** A constant habit and a slow sum of two sines for each channel. */
function makeStyle(random: Random): (seconds: number, posture: Posture) => void {
  const terms = STYLE.map(([channel, size]) => ({
    channel,
    habit: random.normal(0, size / 2),
    waves: [random.uniform(0.1, 0.4), random.uniform(0.4, 0.9)].map((rate) => ({
      rate,
      size: random.uniform(0, size / 2),
      phase: random.uniform(0, 2 * Math.PI),
    })),
  }));
  return (seconds, posture) => {
    for (const { channel, habit, waves } of terms) {
      posture[channel] += habit;
      for (const { rate, size, phase } of waves) {
        posture[channel] += size * Math.sin(2 * Math.PI * rate * seconds + phase);
      }
    }
  };
}

/** Sole points relative to the pelvis, `[N, 3]`, and how much each bears. */
function contacts(pose: Float64Array, rest: Float64Array, soles: readonly Capsule[]) {
  const transforms = poseJoints(rest, pose);
  const points = soles.flatMap((capsule) => {
    const [ax, ay, az] = capsuleEnd(transforms, capsule, "a");
    const [bx, by, bz] = capsuleEnd(transforms, capsule, "b");
    return [
      [ax, ay - capsule.radiusA, az],
      [bx, by - capsule.radiusB, bz],
    ];
  });
  const lowest = Math.min(...points.map((p) => p[1]!));
  const shares = points.map((p) => Math.exp((lowest - p[1]!) / CONTACT_SOFTNESS));
  const total = shares.reduce((a, b) => a + b, 0);
  const weights = shares.map((share) => share / total);
  const height = points.reduce((sum, p, i) => sum + weights[i]! * p[1]!, 0);
  return { points, weights, height };
}

/** Samples a timeline and gives it a place: heading, height and way of the pelvis. */
function rooted(
  timeline: Timeline,
  shape: ArrayLike<number>,
  frames: number,
  frameRateHz: number,
  startHeading: number,
): Motion {
  const rest = restJoints(shape);
  const soles = surface(shape).filter((capsule) => capsule.part === "foot");
  const pose = new Float64Array(frames * JOINTS * 3);
  const translation = new Float64Array(frames * 3);
  const step = 1 / frameRateHz;
  const speed = [0, 0];
  const place = [0, 0];
  let heading = startHeading;
  let before: ReturnType<typeof contacts> | undefined;
  for (let f = 0; f < frames; f++) {
    const posture = timeline(f * step);
    const angles = poseOfPosture(posture, heading);
    const now = contacts(angles, rest, soles);
    const held = Math.exp(-posture.lift / 0.02); // 1 on the ground, 0 in the air
    const follow = f === 1 ? 1 : 1 - Math.exp((-held * step) / SPEED_SMOOTHING_SECONDS);
    for (const [i, axis] of [0, 2].entries()) {
      let stance = 0;
      if (before !== undefined) {
        for (let k = 0; k < now.points.length; k++) {
          const weight = (now.weights[k]! + before.weights[k]!) / 2;
          stance -= (weight * (now.points[k]![axis]! - before.points[k]![axis]!)) / step;
        }
      }
      speed[i]! += follow * (stance - speed[i]!);
      place[i]! += speed[i]! * step;
    }
    pose.set(angles, f * JOINTS * 3);
    translation.set([place[0]!, posture.lift - now.height, place[1]!], 3 * f);
    heading += ((posture.turnRate * Math.PI) / 180) * step;
    before = now;
  }
  return { frameRateHz, pose, translation };
}
