/** Exercises: jumping, squatting, kicking, punching. */
import type { Random } from "../../core/index.ts";
import { plateau, softArc, wave } from "./curves.ts";
import { type Action, bothSides, oneSide, otherSide, type Side } from "./posture.ts";

/** Jumps off both feet, 0.15 to 0.4 m high, again and again. */
export function jump(random: Random): Action {
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

/** Bends the knees, arms forward. */
export function squat(random: Random): Action {
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

/** Kicks with one leg and then the other. */
export function kick(random: Random): Action {
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

/** Boxes: two straights of one hand, then one of the other. */
export function punch(random: Random): Action {
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
