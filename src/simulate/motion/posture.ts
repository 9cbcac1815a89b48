/** A posture in anatomical angles, from which poses are made: easier to write motions in than axis-angle. */
import {
  axisRotation,
  JOINTS,
  jointIndex,
  type JointName,
  matrixToAxisAngle,
  multiply3,
} from "../../body/index.ts";

/** Range of each channel of the trunk, degrees unless said; postures are held within softly. */
const TRUNK_LIMITS = {
  /** Pelvis tipped forward, rolled to the left, turned to the left. */
  lean: [-30, 80],
  roll: [-25, 25],
  pelvisTurn: [-45, 45],
  /** Spine bent forward, to the left, twisted to the left, in sum over three joints. */
  bend: [-25, 75],
  side: [-35, 35],
  twist: [-60, 60],
  /** Head forward, turned to the left. */
  nod: [-35, 40],
  headTurn: [-65, 65],
  /** Height above the ground that the legs do not explain, metres. */
  lift: [0, 1],
  /** Change of the heading to the left, degrees a second. */
  turnRate: [-200, 200],
} as const;

/** Ranges for one limb, degrees; `Out` means away from the middle. */
const LIMB_LIMITS = {
  /** Thigh forward of the vertical, outwards, turned outwards. */
  Hip: [-35, 120],
  HipOut: [-15, 60],
  HipTurn: [-30, 45],
  Knee: [0, 140],
  /** Pitch of the sole against the ground, toes up. */
  Foot: [-80, 40],
  Toe: [-30, 50],
  /** Shoulder raised; arm forward of hanging, outwards from hanging, turned outwards about its length. */
  Shrug: [-10, 30],
  Arm: [-55, 175],
  ArmOut: [0, 150],
  ArmTurn: [-75, 90],
  Elbow: [0, 145],
  Wrist: [-60, 60],
} as const;

/** Dorsiflexion that an ankle can reach, degrees, whatever the sole is asked to do. */
const ANKLE_LIMITS = [-55, 35] as const;

type TrunkChannel = keyof typeof TRUNK_LIMITS;
type LimbChannel = keyof typeof LIMB_LIMITS;

/** Side of the body. */
export type Side = "left" | "right";

/** A channel of a posture, for example `bend` or `leftKnee`. */
export type Channel = TrunkChannel | `${Side}${LimbChannel}`;

/** A value for each channel: degrees, `lift` in metres, `turnRate` in degrees a second. */
export type Posture = Record<Channel, number>;

/** Channels that an action sets at a time in seconds; the others stay as when standing. */
export type Action = (seconds: number) => Partial<Posture>;

const LIMITS: ReadonlyMap<Channel, readonly [number, number]> = new Map<Channel, readonly [number, number]>([
  ...(Object.entries(TRUNK_LIMITS) as [TrunkChannel, readonly [number, number]][]),
  ...(Object.entries(LIMB_LIMITS) as [LimbChannel, readonly [number, number]][]).flatMap(
    ([name, range]) =>
      [
        [`left${name}`, range],
        [`right${name}`, range],
      ] as [Channel, readonly [number, number]][],
  ),
]);

/** Names of all channels. */
export const CHANNELS: readonly Channel[] = [...LIMITS.keys()];

/** Standing at ease, arms hanging. */
export const STANDING: Readonly<Posture> = {
  ...(Object.fromEntries(CHANNELS.map((channel) => [channel, 0])) as Posture),
  ...bothSides({ Hip: 1, HipOut: 2, HipTurn: 6, Knee: 4, Arm: 2, ArmOut: 9, Elbow: 14 }),
};

/** The same values for the left and for the right limbs. */
export function bothSides(values: Partial<Record<LimbChannel, number>>): Partial<Posture> {
  return { ...oneSide("left", values), ...oneSide("right", values) };
}

/** Values for the limbs of one side. */
export function oneSide(side: Side, values: Partial<Record<LimbChannel, number>>): Partial<Posture> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${side}${name}`, value]));
}

/** The other side. */
export function otherSide(side: Side): Side {
  return side === "left" ? "right" : "left";
}

/** x where it is well inside [low, high]; bends smoothly (C1) so as never to leave it. */
function softClamp(x: number, [low, high]: readonly [number, number]): number {
  const margin = (high - low) / 20;
  if (x > high - margin) return high - margin + margin * Math.tanh((x - high + margin) / margin);
  if (x < low + margin) return low + margin - margin * Math.tanh((low + margin - x) / margin);
  return x;
}

const RADIANS = Math.PI / 180;
const turn = (axis: "X" | "Y" | "Z", degrees: number) => axisRotation(axis, degrees * RADIANS);
const chain = (...rotations: Float64Array[]) => rotations.reduce((a, b) => multiply3(a, b));

/**
 * Axis-angle rotations of a posture, `[24, 3]` radians, for our joints.
 *
 * @param heading - direction that the body faces, radians from +z towards +x
 */
export function poseOfPosture(posture: Posture, heading: number): Float64Array {
  const matrices = new Float64Array(9 * JOINTS);
  for (let j = 0; j < JOINTS; j++) matrices.set([1, 0, 0, 0, 1, 0, 0, 0, 1], 9 * j);
  const set = (joint: JointName, matrix: Float64Array) => matrices.set(matrix, 9 * jointIndex(joint));
  const at = (channel: Channel) => softClamp(posture[channel], LIMITS.get(channel)!);
  const lean = at("lean");
  const roll = at("roll");
  const pelvisTurn = at("pelvisTurn");
  set("pelvis", chain(axisRotation("Y", heading), turn("Y", pelvisTurn), turn("Z", -roll), turn("X", lean)));
  const third = chain(turn("Y", at("twist") / 3), turn("Z", -at("side") / 3), turn("X", at("bend") / 3));
  for (const joint of ["spine1", "spine2", "spine3"] as const) set(joint, third);
  set("neck", chain(turn("Y", at("headTurn") / 2), turn("X", at("nod") / 2)));
  set("head", chain(turn("Y", at("headTurn") / 2), turn("X", at("nod") / 2)));
  // Legs are given against the vertical and the heading: undo what the pelvis does.
  const upright = chain(turn("X", -lean), turn("Z", roll), turn("Y", -pelvisTurn));
  for (const side of ["left", "right"] as const) {
    const sign = side === "left" ? 1 : -1;
    const hip = at(`${side}Hip`);
    const knee = at(`${side}Knee`);
    const thigh = chain(
      turn("X", -hip),
      turn("Z", sign * at(`${side}HipOut`)),
      turn("Y", sign * at(`${side}HipTurn`)),
    );
    set(`${side}_hip`, chain(upright, thigh));
    set(`${side}_knee`, turn("X", knee));
    set(`${side}_ankle`, turn("X", -softClamp(at(`${side}Foot`) - hip + knee, ANKLE_LIMITS)));
    set(`${side}_foot`, turn("X", -at(`${side}Toe`)));
    set(`${side}_collar`, turn("Z", sign * at(`${side}Shrug`)));
    const hanging = turn("Z", sign * (at(`${side}ArmOut`) - 90));
    set(`${side}_shoulder`, chain(turn("X", -at(`${side}Arm`)), hanging, turn("X", -at(`${side}ArmTurn`))));
    set(`${side}_elbow`, turn("Y", -sign * at(`${side}Elbow`)));
    set(`${side}_wrist`, turn("Z", sign * at(`${side}Wrist`)));
  }
  return matrixToAxisAngle(matrices);
}
