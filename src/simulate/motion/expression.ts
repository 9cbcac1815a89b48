/** Expression: waving, dancing, standing about. */
import type { Random } from "../../core/index.ts";
import { wander, wave } from "./curves.ts";
import { type Action, bothSides, oneSide, otherSide, type Channel, type Side } from "./posture.ts";

/** Waves a raised hand. */
export function greet(random: Random): Action {
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

/** Channels that a dance moves, with centre and reach in degrees. */
const DANCE_ARMS = {
  Arm: [30, 45],
  ArmOut: [45, 35],
  ArmTurn: [10, 40],
  Elbow: [60, 40],
  Wrist: [0, 20],
} as const;

/** Sways and steps to a beat, with arms that follow it. */
export function dance(random: Random): Action {
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

/** Stands, shifts the weight, looks around. */
export function idle(random: Random): Action {
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
