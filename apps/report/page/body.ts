/** The 24-joint body of SMPL: names, tree, and the volumes that it is drawn with. */

/** Joint names, in SMPL's order. */
export const NAMES = [
  ["Pelvis", ""],
  ["Hip", "left"],
  ["Hip", "right"],
  ["Lower spine", ""],
  ["Knee", "left"],
  ["Knee", "right"],
  ["Middle spine", ""],
  ["Ankle", "left"],
  ["Ankle", "right"],
  ["Upper spine", ""],
  ["Foot", "left"],
  ["Foot", "right"],
  ["Neck", ""],
  ["Collar", "left"],
  ["Collar", "right"],
  ["Head", ""],
  ["Shoulder", "left"],
  ["Shoulder", "right"],
  ["Elbow", "left"],
  ["Elbow", "right"],
  ["Wrist", "left"],
  ["Wrist", "right"],
  ["Hand", "left"],
  ["Hand", "right"],
] as const;

/** Joints of a column, from head to foot: left and right are read along a line. */
export const JOINT_COLUMNS = [
  ["Left", [13, 16, 18, 20, 22, 1, 4, 7, 10]],
  ["Centre", [15, 12, 9, 6, 3, 0]],
  ["Right", [14, 17, 19, 21, 23, 2, 5, 8, 11]],
] as const;

/** Parent of each joint; −1 for the root. */
export const PARENTS = [
  -1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21,
] as const;

/** Which side of the body a joint or volume is on. */
export type Side = "left" | "right" | "";

/** A tapered capsule between two joints; radii in metres; `beyond` lengthens it past its second joint. */
export type Volume = {
  readonly from: number;
  readonly to: number;
  readonly radii: readonly [number, number];
  readonly beyond: number;
  readonly side: Side;
};

const pair = (from: number, to: number, a: number, b: number, beyond = 0): Volume[] => [
  { from, to, radii: [a, b], beyond, side: "left" },
  { from: from + 1, to: to + 1, radii: [a, b], beyond, side: "right" },
];
const middle = (from: number, to: number, a: number, b: number, beyond = 0): Volume[] => [
  { from, to, radii: [a, b], beyond, side: "" },
];

/** The volumes of a jointed figure, in metres of an adult. */
export const VOLUMES: readonly Volume[] = [
  ...pair(1, 4, 0.082, 0.054),
  ...pair(4, 7, 0.054, 0.036),
  ...pair(7, 10, 0.038, 0.03, 0.05),
  ...middle(1, 2, 0.088, 0.088),
  ...middle(0, 3, 0.1, 0.102),
  ...middle(3, 6, 0.102, 0.112),
  ...middle(6, 9, 0.112, 0.11),
  ...pair(13, 16, 0.075, 0.056),
  ...middle(9, 12, 0.1, 0.048),
  ...middle(12, 15, 0.046, 0.05),
  ...pair(16, 18, 0.05, 0.039),
  ...pair(18, 20, 0.039, 0.028),
  ...pair(20, 22, 0.03, 0.032, 0.05),
];

/** Radius of the head (metres), and how far its centre lies beyond the head's joint, away from the chest. */
export const HEAD = { radius: 0.1, above: 0.06 } as const;
