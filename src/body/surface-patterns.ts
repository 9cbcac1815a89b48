/** The table of capsules that make the surface of the built-in body. */
import type { JointName } from "./kinematics.ts";
import type { Vec3 } from "./matrix3.ts";

/** Part of the body that a capsule belongs to; its side follows from its joint. */
export type BodyPart =
  | "head"
  | "hair"
  | "neck"
  | "chest"
  | "abdomen"
  | "pelvis"
  | "upperArm"
  | "forearm"
  | "hand"
  | "thigh"
  | "shin"
  | "foot";

/** How the radii of a capsule follow the shape coefficients: relative change per unit. */
export type Girth = Readonly<Partial<Record<number, number>>>;

const TORSO: Girth = { 0: 0.03, 5: 0.07, 9: -0.02 };
const BELLY: Girth = { 0: 0.03, 5: 0.07, 9: 0.1 };
const PELVIS: Girth = { 0: 0.03, 4: 0.03, 5: 0.05, 9: 0.02 };
const NECK: Girth = { 0: 0.03, 5: 0.03 };
const LIMB: Girth = { 0: 0.03, 6: 0.07 };
const HEAD: Girth = { 0: 0.03, 7: 0.03 };
const EXTREMITY: Girth = { 0: 0.03, 7: 0.02 };

/**
 * One capsule of the mean body. Its ends are `along · (rest position of towards − rest position of joint) + offset`,
 * so that they follow the bones; the offset grows with the girth, as the radii do.
 */
export type Pattern = {
  readonly joint: JointName;
  readonly towards?: JointName;
  readonly along?: readonly [number, number];
  readonly a?: Vec3;
  readonly b?: Vec3;
  readonly radii: readonly [number, number];
  readonly girth: Girth;
  readonly part: BodyPart;
};

/** Capsules of the mean body. Limbs are listed for the left side; the right mirrors x. */
export const PATTERNS: readonly Pattern[] = [
  {
    joint: "head",
    a: [0, 0.075, 0.012],
    b: [0, 0.015, 0.035],
    radii: [0.09, 0.062],
    girth: HEAD,
    part: "head",
  },
  {
    joint: "head",
    a: [0, 0.092, -0.006],
    b: [0, 0.05, -0.022],
    radii: [0.091, 0.082],
    girth: HEAD,
    part: "hair",
  },
  { joint: "neck", towards: "head", along: [-0.1, 1], radii: [0.06, 0.053], girth: NECK, part: "neck" },
  // Chest: a yoke between the shoulders, and two columns side by side for an oval section.
  {
    joint: "spine3",
    a: [-0.105, 0.125, -0.018],
    b: [0.105, 0.125, -0.018],
    radii: [0.066, 0.066],
    girth: TORSO,
    part: "chest",
  },
  {
    joint: "spine3",
    a: [0.062, 0.07, 0],
    b: [0.05, -0.06, 0.005],
    radii: [0.102, 0.098],
    girth: TORSO,
    part: "chest",
  },
  {
    joint: "spine3",
    a: [-0.062, 0.07, 0],
    b: [-0.05, -0.06, 0.005],
    radii: [0.102, 0.098],
    girth: TORSO,
    part: "chest",
  },
  {
    joint: "spine2",
    a: [-0.05, 0, 0.012],
    b: [0.05, 0, 0.012],
    radii: [0.1, 0.1],
    girth: BELLY,
    part: "abdomen",
  },
  {
    joint: "spine1",
    a: [-0.048, 0.03, 0.022],
    b: [0.048, 0.03, 0.022],
    radii: [0.1, 0.1],
    girth: BELLY,
    part: "abdomen",
  },
  {
    joint: "pelvis",
    a: [-0.058, 0.035, -0.002],
    b: [0.058, 0.035, -0.002],
    radii: [0.106, 0.106],
    girth: PELVIS,
    part: "pelvis",
  },
  {
    joint: "pelvis",
    a: [-0.07, -0.045, -0.012],
    b: [0.07, -0.045, -0.012],
    radii: [0.104, 0.104],
    girth: PELVIS,
    part: "pelvis",
  },
  {
    joint: "left_collar",
    towards: "left_shoulder",
    along: [0, 0.95],
    radii: [0.055, 0.06],
    girth: LIMB,
    part: "chest",
  },
  {
    joint: "left_shoulder",
    towards: "left_elbow",
    along: [0, 1],
    radii: [0.057, 0.041],
    girth: LIMB,
    part: "upperArm",
  },
  {
    joint: "left_elbow",
    towards: "left_wrist",
    along: [0, 1],
    radii: [0.042, 0.027],
    girth: LIMB,
    part: "forearm",
  },
  {
    joint: "left_wrist",
    towards: "left_hand",
    along: [0.1, 1.1],
    a: [0, 0, 0.004],
    radii: [0.027, 0.031],
    girth: EXTREMITY,
    part: "hand",
  },
  {
    joint: "left_hand",
    towards: "left_hand",
    a: [0.005, 0, -0.004],
    b: [0.075, -0.006, 0.002],
    radii: [0.024, 0.014],
    girth: EXTREMITY,
    part: "hand",
  },
  {
    joint: "left_wrist",
    a: [0.025, -0.004, 0.018],
    b: [0.07, -0.012, 0.052],
    radii: [0.018, 0.012],
    girth: EXTREMITY,
    part: "hand",
  },
  {
    joint: "left_hip",
    towards: "left_knee",
    along: [0, 1],
    radii: [0.09, 0.057],
    girth: LIMB,
    part: "thigh",
  },
  {
    joint: "left_knee",
    towards: "left_ankle",
    along: [0, 0.3],
    b: [0, 0, -0.012],
    radii: [0.055, 0.058],
    girth: LIMB,
    part: "shin",
  },
  {
    joint: "left_knee",
    towards: "left_ankle",
    along: [0.3, 1],
    a: [0, 0, -0.012],
    radii: [0.058, 0.037],
    girth: LIMB,
    part: "shin",
  },
  {
    joint: "left_ankle",
    towards: "left_foot",
    along: [0, 1],
    a: [0, -0.044, -0.035],
    b: [0, 0, 0],
    radii: [0.036, 0.03],
    girth: EXTREMITY,
    part: "foot",
  },
  {
    joint: "left_foot",
    a: [0, 0.005, 0],
    b: [0.004, -0.001, 0.06],
    radii: [0.036, 0.024],
    girth: EXTREMITY,
    part: "foot",
  },
];
