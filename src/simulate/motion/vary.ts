/** Other motions made of a captured one: what a small collection does not show. */
import {
  axisAngleToMatrix,
  JOINT_NAMES,
  JOINTS,
  matrixToAxisAngle,
  type Motion,
  multiply3,
} from "../../body/index.ts";
import type { Random } from "../../core/index.ts";
import { wander } from "./curves.ts";
import { motionSeconds, poseAt } from "./sample.ts";

const DEGREE = Math.PI / 180;

/** Deviation of the turn of a joint about each axis at full strength, degrees; sides alike. */
const UNREST: Readonly<Record<string, number>> = {
  pelvis: 8,
  hip: 18,
  knee: 14,
  ankle: 10,
  foot: 5,
  spine1: 6,
  spine2: 6,
  spine3: 6,
  neck: 10,
  head: 8,
  collar: 6,
  shoulder: 45,
  elbow: 28,
  wrist: 15,
  hand: 8,
};

/** Joints whose rotations another motion's arms bring. */
const ARMS = JOINT_NAMES.map((name) => /collar|shoulder|elbow|wrist|hand/.test(name));

/** Share of the motions of which the whole body is turned over. */
const TUMBLING = 0.12;

/**
 * Makes another motion of one: faster or slower (0.75 to 1.35 times), with the arms of `arms` in half of the cases,
 * every joint turned by a random rotation that wanders slowly (from none to 45° at the shoulders), and, rarely, the
 * whole body turned over.
 *
 * @param motion - of a body of any shape
 * @param options.arms - a motion whose arms may be used; it starts again where it is shorter
 * @param options.random - decides all of it; advanced
 */
export function varyMotion(
  motion: Motion,
  { arms, random }: { readonly arms: Motion; readonly random: Random },
): Motion {
  const { frameRateHz } = motion;
  const speed = Math.exp(random.uniform(Math.log(0.75), Math.log(1.35)));
  const seconds = motionSeconds(motion) / speed;
  const frames = Math.max(1, Math.floor(seconds * frameRateHz + 1e-9) + 1);
  const lendsArms = random.uniform() < 0.5;
  const armSeconds = Math.max(motionSeconds(arms), 1 / frameRateHz);
  const armStart = random.uniform(0, armSeconds);
  const turns = jointTurns(random);
  const tumble = random.uniform() < TUMBLING ? randomTumble(random) : null;
  const unused = new Float64Array();
  const pose = new Float64Array(frames * JOINTS * 3);
  const translation = new Float64Array(frames * 3);
  for (let f = 0; f < frames; f++) {
    const time = f / frameRateHz;
    const own = poseAt(motion, time * speed, unused);
    const lent = lendsArms ? poseAt(arms, (armStart + time * speed) % armSeconds, unused) : own;
    for (let j = 0; j < JOINTS; j++) {
      const from = ARMS[j] ? lent : own;
      let rotation = axisAngleToMatrix(from.pose.subarray(3 * j, 3 * j + 3));
      rotation = multiply3(axisAngleToMatrix(turns[j]!.map((turn) => turn(time))), rotation);
      if (j === 0 && tumble !== null) rotation = multiply3(tumble, rotation);
      pose.set(matrixToAxisAngle(rotation), 3 * (f * JOINTS + j));
    }
    translation.set(own.translation, 3 * f);
  }
  return { frameRateHz, pose, translation };
}

/** Axis-angle coordinates over time, for every joint; mostly constant, a third of them wandering. */
function jointTurns(random: Random): ((seconds: number) => number)[][] {
  const strength = random.uniform();
  return JOINT_NAMES.map((name) => {
    const deviation = strength * UNREST[name.replace(/^(left|right)_/, "")]! * DEGREE;
    return Array.from({ length: 3 }, () => {
      const constant = random.normal(0, deviation);
      const moving = random.normal(0, deviation / 2);
      const path = wander(random, random.uniform(0.2, 0.8));
      return (seconds: number) => constant + moving * path(seconds);
    });
  });
}

/** A rotation by up to 180° about a horizontal axis. */
function randomTumble(random: Random): Float64Array {
  const [heading, angle] = [random.uniform(0, 2 * Math.PI), random.uniform(0, Math.PI)];
  return axisAngleToMatrix([angle * Math.cos(heading), 0, angle * Math.sin(heading)]);
}
