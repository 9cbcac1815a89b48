/** Going somewhere: walking, running, turning. */
import type { Random } from "../../core/index.ts";
import { bump, TAU, wander, wave } from "./curves.ts";
import { type Action, oneSide, type Posture, type Side } from "./posture.ts";

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

/** Walks at 0.7 to 1.7 m/s, along slow curves. */
export function walk(random: Random): Action {
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

/** Runs at 2 to 4 m/s, along slow curves. */
export function run(random: Random): Action {
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

/** Turns on the spot with small steps. */
export function turnAround(random: Random): Action {
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
