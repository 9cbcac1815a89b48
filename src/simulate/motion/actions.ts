/** What a person may do: each action is a smooth posture over time, with its own random tempo and amplitude. */
import type { Random } from "../../core/index.ts";
import { bothSides, type Channel, oneSide, type Posture, type Side } from "./posture.ts";

/** Kinds of motion. */
export const MOTION_KINDS = [
  "idle",
  "walk",
  "run",
  "jump",
  "wave",
  "squat",
  "kick",
  "punch",
  "turn",
  "dance",
] as const;

/** A kind of motion. */
export type MotionKind = (typeof MOTION_KINDS)[number];

/** Channels that an action sets at a time in seconds; the others stay as when standing. */
export type Action = (seconds: number) => Partial<Posture>;

const TAU = 2 * Math.PI;
const wave = (phase: number) => Math.cos(TAU * phase);

/** A bump of height 1 in a cycle of length 1, of standard deviation about `width`; infinitely smooth. */
function bump(phase: number, centre: number, width: number): number {
  return Math.exp((wave(phase - centre) - 1) / (TAU * width) ** 2);
}

/** Rises from 0 to 1 over [from, to] with vanishing first and second derivatives at the ends. */
export function smoothStep(x: number, from: number, to: number): number {
  const s = Math.min(1, Math.max(0, (x - from) / (to - from)));
  return s * s * s * (s * (6 * s - 15) + 10);
}

/** 0 → 1 → 0 within a cycle: rises over [a, b], falls over [c, d]. */
function plateau(phase: number, a: number, b: number, c: number, d: number): number {
  const p = phase - Math.floor(phase);
  return smoothStep(p, a, b) * (1 - smoothStep(p, c, d));
}

/** x, but with zero slope at x = 0: a flight that begins and ends without a jerk. */
function softArc(x: number): number {
  return (1.15 * x * x) / (x + 0.15);
}

const otherSide = (side: Side): Side => (side === "left" ? "right" : "left");

/** A slow wandering in [−1, 1]: three sines of random rate. */
function wander(random: Random, rateHz: number): (seconds: number) => number {
  const waves = [1, 0.6, 0.4].map((size) => ({
    size: size / 2,
    rate: rateHz * random.uniform(0.4, 1.6),
    phase: random.uniform(),
  }));
  return (seconds) =>
    waves.reduce((sum, { size, rate, phase }) => sum + size * wave(rate * seconds + phase), 0);
}

/**
 * A leg in a walk; phase 0 is the heel's contact. Starts from the curves that gait laboratories plot; the harmonics of
 * the hip were then fitted so that the standing foot carries the body at an even speed and hands over to the other.
 */
function walkingLeg(side: Side, p: number, stride: number): Partial<Posture> {
  return oneSide(side, {
    Hip: 7.6 + stride * (22.8 * wave(p) - 2.6 * wave(2 * (p + 0.38)) + 0.6 * wave(3 * (p - 0.07))),
    HipOut: 1 + 1.5 * bump(p, 0.72, 0.1),
    HipTurn: 5,
    Knee: 6.2 + 6.7 * bump(p, 0.13, 0.07) + 58 * stride * bump(p, 0.73, 0.083),
    Foot: 17.8 * stride * bump(p, 0.965, 0.06) - 49 * stride * bump(p, 0.625, 0.082),
    Toe: 26 * stride * bump(p, 0.567, 0.061),
  });
}

function walk(random: Random): Action {
  const rate = random.uniform(0.8, 1.1);
  const stride = random.uniform(0.8, 1.15);
  const swing = random.uniform(10, 26);
  const start = random.uniform();
  const lean = random.uniform(0, 5);
  const elbow = random.uniform(12, 30);
  const steering = wander(random, 0.12);
  const curve = random.uniform(5, 25);
  return (seconds) => {
    const p = rate * seconds + start;
    const arm = (side: Side, q: number) =>
      oneSide(side, { Arm: 4 - swing * wave(q), ArmOut: 8, Elbow: elbow - 0.45 * swing * wave(q - 0.04) });
    return {
      lean,
      roll: 3.5 * Math.sin(TAU * (p - 0.02)),
      pelvisTurn: -5 * wave(p),
      twist: 10 * wave(p),
      side: -3 * Math.sin(TAU * p),
      headTurn: -4 * wave(p),
      turnRate: curve * steering(seconds),
      ...walkingLeg("left", p, stride),
      ...walkingLeg("right", p + 0.5, stride),
      ...arm("left", p),
      ...arm("right", p + 0.5),
    };
  };
}

/** A leg in a run; phase 0 is the contact, toe-off comes at 0.36. Fitted as the walk is. */
function runningLeg(side: Side, p: number, stride: number): Partial<Posture> {
  return oneSide(side, {
    Hip: 7.8 + stride * (32 * wave(p + 0.094) - 1.8 * wave(2 * (p + 0.44)) + 3.6 * wave(3 * (p + 0.164))),
    HipTurn: 3,
    Knee: 15 + 16.7 * bump(p, 0.16, 0.07) + 78 * stride * bump(p, 0.672, 0.108),
    Foot: 6.5 * stride * bump(p, 0.95, 0.06) - 73 * stride * bump(p, 0.447, 0.107),
    Toe: 22 * stride * bump(p, 0.29, 0.058),
  });
}

function run(random: Random): Action {
  const rate = random.uniform(1.25, 1.55);
  const stride = random.uniform(0.8, 1.1);
  const swing = random.uniform(22, 36);
  const start = random.uniform();
  const lean = random.uniform(5, 12);
  const flight = random.uniform(0.04, 0.09);
  const steering = wander(random, 0.15);
  const curve = random.uniform(5, 30);
  return (seconds) => {
    const p = rate * seconds + start;
    const arm = (side: Side, q: number) =>
      oneSide(side, {
        Arm: 2 - swing * wave(q + 0.02),
        ArmOut: 14,
        ArmTurn: -18,
        Elbow: 88 - 16 * wave(q),
        Shrug: 2,
      });
    return {
      lean,
      bend: 4,
      nod: -lean,
      roll: 3 * Math.sin(TAU * p),
      pelvisTurn: -7 * wave(p),
      twist: 15 * wave(p),
      headTurn: -6 * wave(p),
      lift: flight * bump(2 * p, 2 * 0.44, 0.11),
      turnRate: curve * steering(seconds),
      ...runningLeg("left", p, stride),
      ...runningLeg("right", p + 0.5, stride),
      ...arm("left", p),
      ...arm("right", p + 0.5),
    };
  };
}

function jump(random: Random): Action {
  const height = random.uniform(0.15, 0.4);
  const airSeconds = 2 * Math.sqrt((2 * height) / 9.81);
  const period = Math.max(random.uniform(1.7, 2.5), airSeconds / 0.22);
  const depth = random.uniform(0.7, 1.1);
  const reach = random.uniform(60, 150);
  const tuck = random.uniform(0, 40);
  const start = random.uniform();
  const flight = airSeconds / period;
  const off = 0.46;
  const land = off + flight;
  return (seconds) => {
    const p = seconds / period + start - Math.floor(seconds / period + start);
    const crouch = depth * plateau(p, 0.1, 0.34, 0.36, off + 0.01);
    const absorb = 0.75 * depth * plateau(p, land - 0.03, land + 0.09, land + 0.1, land + 0.3);
    const fold = crouch + absorb;
    const push = plateau(p, off - 0.05, off + 0.02, land - 0.06, land + 0.02);
    const air = Math.min(1, Math.max(0, (p - off) / flight));
    const raise = plateau(p, 0.36, off + 0.05, land - 0.05, land + 0.22);
    return {
      lean: 32 * fold,
      bend: 14 * fold,
      nod: -22 * fold,
      lift: height * softArc(Math.sin(Math.PI * air)),
      ...bothSides({
        Hip: 62 * fold + tuck * Math.sin(Math.PI * air) ** 2,
        HipOut: 4,
        HipTurn: 8,
        Knee: 6 + 84 * fold + 1.6 * tuck * Math.sin(Math.PI * air) ** 2,
        Foot: -42 * push,
        Toe: 20 * plateau(p, off - 0.06, off - 0.02, off, off + 0.04),
        Arm: -38 * crouch + reach * raise,
        ArmOut: 12,
        Elbow: 18 + 24 * crouch,
      }),
    };
  };
}

function greet(random: Random): Action {
  const side: Side = random.pick(["left", "right"]);
  const rate = random.uniform(1.1, 2.2);
  const sweep = random.uniform(14, 30);
  const out = random.uniform(70, 115);
  const bow = wander(random, 0.3);
  const sign = side === "left" ? 1 : -1;
  return (seconds) => ({
    side: -4 * sign + 2 * bow(seconds),
    headTurn: 8 * bow(seconds + 9),
    ...oneSide(side, {
      Shrug: 10,
      Arm: 12 + 4 * bow(seconds + 4),
      ArmOut: out,
      ArmTurn: 80,
      Elbow: 62 + sweep * wave(rate * seconds),
      Wrist: 0.6 * sweep * wave(rate * seconds - 0.15),
    }),
    ...oneSide(otherSide(side), { Arm: 4 + 3 * bow(seconds), ArmOut: 9, Elbow: 16 }),
  });
}

function squat(random: Random): Action {
  const period = random.uniform(1.8, 3.2);
  const depth = random.uniform(0.65, 1);
  const reach = random.uniform(40, 90);
  const stance = random.uniform(6, 16);
  const start = random.uniform();
  return (seconds) => {
    const down = depth * plateau(seconds / period + start, 0.05, 0.45, 0.55, 0.95);
    return {
      lean: 34 * down,
      bend: 8 * down,
      nod: -20 * down,
      ...bothSides({
        Hip: 92 * down,
        HipOut: stance,
        HipTurn: 14,
        Knee: 5 + 112 * down,
        Arm: reach * down,
        ArmOut: 10,
        Elbow: 12,
      }),
    };
  };
}

function kick(random: Random): Action {
  const period = random.uniform(1.4, 2.1);
  const height = random.uniform(45, 85);
  const first: Side = random.pick(["left", "right"]);
  const start = random.uniform();
  return (seconds) => {
    const cycle = seconds / period + start;
    const side = Math.floor(cycle) % 2 === 0 ? first : otherSide(first);
    const sign = side === "left" ? 1 : -1;
    const draw = plateau(cycle, 0.08, 0.3, 0.34, 0.5);
    const strike = plateau(cycle, 0.34, 0.5, 0.54, 0.78);
    const chamber = plateau(cycle, 0.12, 0.34, 0.36, 0.5);
    const retract = plateau(cycle, 0.52, 0.62, 0.66, 0.9);
    const busy = plateau(cycle, 0.05, 0.3, 0.7, 0.98);
    return {
      lean: -9 * strike + 4 * draw,
      roll: -5 * sign * busy,
      side: -6 * sign * busy,
      twist: -14 * sign * strike + 8 * sign * draw,
      ...oneSide(side, {
        Hip: 2 - 16 * draw + height * strike,
        HipOut: 4,
        Knee: 6 + 76 * chamber + 42 * retract,
        Foot: -25 * draw + 0.55 * height * strike,
        Arm: -22 * strike,
        ArmOut: 13 + 16 * busy,
        Elbow: 32,
      }),
      ...oneSide(otherSide(side), {
        Hip: 2 + 2 * busy,
        HipOut: 4 - 2 * busy,
        HipTurn: 6 + 6 * busy,
        Knee: 6 + 9 * busy,
        Arm: 34 * strike,
        ArmOut: 13 + 20 * busy,
        Elbow: 32,
      }),
    };
  };
}

function punch(random: Random): Action {
  const period = random.uniform(0.55, 1);
  const front: Side = random.pick(["left", "right"]);
  const height = random.uniform(70, 98);
  const bounce = random.uniform(2, 7);
  const start = random.uniform();
  const sign = front === "left" ? 1 : -1;
  return (seconds) => {
    const cycle = seconds / period + start;
    const hit = plateau(cycle, 0.18, 0.42, 0.5, 0.85);
    const hand = Math.floor(cycle) % 3 === 2 ? otherSide(front) : front;
    const turned = (hand === "left" ? -1 : 1) * hit;
    const arm = (side: Side) => {
      const out = side === hand ? hit : 0;
      return oneSide(side, {
        Shrug: 4 + 4 * out,
        Arm: 34 + (height - 34) * out,
        ArmOut: 14 - 2 * out,
        ArmTurn: -20 - 20 * out,
        Elbow: 124 - 112 * out,
      });
    };
    const dip = bounce * (1 + wave(cycle));
    return {
      lean: 6,
      bend: 8,
      pelvisTurn: -16 * sign + 10 * turned,
      twist: -12 * sign + 26 * turned,
      headTurn: 24 * sign - 26 * turned,
      ...arm("left"),
      ...arm("right"),
      ...oneSide(front, { Hip: 18 + dip, HipOut: 7, HipTurn: 4, Knee: 16 + dip }),
      ...oneSide(otherSide(front), {
        Hip: -10 + dip,
        HipOut: 8,
        HipTurn: 26,
        Knee: 16 + dip,
        Foot: -14,
        Toe: 12,
      }),
    };
  };
}

function turnAround(random: Random): Action {
  const rate = random.uniform(0.75, 1.05);
  const speed = random.uniform(35, 95) * random.pick([-1, 1]);
  const start = random.uniform();
  const step = random.uniform(0.7, 1.2);
  return (seconds) => {
    const p = rate * seconds + start;
    const leg = (side: Side, q: number) =>
      oneSide(side, {
        Hip: 4 + 22 * step * bump(q, 0.25, 0.1),
        HipTurn: 6,
        HipOut: 3,
        Knee: 6 + 44 * step * bump(q, 0.25, 0.1),
        Foot: -14 * step * bump(q, 0.2, 0.08),
      });
    const arm = (side: Side, q: number) => oneSide(side, { Arm: 3 - 9 * wave(q), ArmOut: 9, Elbow: 18 });
    return {
      turnRate: speed * (1 - 0.4 * wave(2 * p)),
      headTurn: 0.2 * speed,
      twist: 0.08 * speed,
      roll: 3 * Math.sin(TAU * p),
      ...leg("left", p),
      ...leg("right", p + 0.5),
      ...arm("left", p + 0.25),
      ...arm("right", p + 0.75),
    };
  };
}

/** Channels that a dance moves, with centre and reach in degrees. */
const DANCE_ARMS = {
  Arm: [30, 45],
  ArmOut: [45, 35],
  ArmTurn: [10, 40],
  Elbow: [60, 40],
  Wrist: [0, 20],
} as const;

function dance(random: Random): Action {
  const beat = random.uniform(0.7, 1.2);
  const groove = random.uniform(0.5, 1);
  const channels: { channel: Channel; centre: number; reach: number; harmonic: number; phase: number }[] = [];
  for (const side of ["left", "right"] as const) {
    for (const [name, [centre, reach]] of Object.entries(DANCE_ARMS)) {
      channels.push({
        channel: `${side}${name}` as Channel,
        centre: centre + random.uniform(-0.5, 0.5) * reach,
        reach: reach * random.uniform(0.3, 1),
        harmonic: random.pick([0.25, 0.5, 0.5, 1]),
        phase: random.uniform(),
      });
    }
  }
  const spin = wander(random, 0.2);
  const start = random.uniform();
  return (seconds) => {
    const p = beat * seconds + start;
    const dip = groove * (1 - wave(p)) * 7;
    const shift = Math.sin(Math.PI * p);
    const leg = (side: Side, load: number) =>
      oneSide(side, {
        Hip: dip + 16 * groove * Math.max(0, -load) ** 2,
        HipOut: 7 + 3 * load * groove,
        HipTurn: 12,
        Knee: 6 + 1.9 * dip + 34 * groove * Math.max(0, -load) ** 2,
        Foot: -12 * groove * Math.max(0, -load) ** 2,
      });
    return {
      roll: 8 * groove * shift,
      side: -14 * groove * shift,
      pelvisTurn: 10 * groove * Math.sin(Math.PI * p + 0.7),
      twist: -16 * groove * Math.sin(Math.PI * p + 0.7),
      bend: 5 + 4 * wave(p),
      nod: 8 * groove * wave(p),
      turnRate: 50 * spin(seconds),
      ...leg("left", shift),
      ...leg("right", -shift),
      ...Object.fromEntries(
        channels.map(({ channel, centre, reach, harmonic, phase }) => [
          channel,
          centre + reach * wave(harmonic * p + phase),
        ]),
      ),
    };
  };
}

function idle(random: Random): Action {
  const sway = wander(random, 0.25);
  const look = wander(random, 0.2);
  const arms = wander(random, 0.3);
  const hands = random.uniform(0, 1);
  return (seconds) => {
    const shift = sway(seconds);
    return {
      roll: 3 * shift,
      side: -4 * shift,
      twist: 5 * look(seconds + 3),
      headTurn: 26 * look(seconds),
      nod: 6 * arms(seconds + 7),
      bend: 2 + 1.2 * wave(0.25 * seconds),
      leftKnee: 6 + 7 * Math.max(0, -shift) ** 2,
      rightKnee: 6 + 7 * Math.max(0, shift) ** 2,
      leftHip: 2 + 4 * Math.max(0, -shift) ** 2,
      rightHip: 2 + 4 * Math.max(0, shift) ** 2,
      ...bothSides({
        ArmOut: 9,
        Arm: 3 + 3 * arms(seconds) + 12 * hands,
        Elbow: 15 + 50 * hands + 4 * arms(seconds),
      }),
    };
  };
}

/** Makes an action of a kind; its parameters are drawn from the generator. */
export const ACTIONS: Readonly<Record<MotionKind, (random: Random) => Action>> = {
  idle,
  walk,
  run,
  jump,
  wave: greet,
  squat,
  kick,
  punch,
  turn: turnAround,
  dance,
};
