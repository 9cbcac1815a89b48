/**
 * Motions of DeepMimic's humanoid: JSON with `Frames`, each a duration in seconds, the place of the root
 * (metres, y up), its rotation and those of 12 joints relative to their parents, as quaternions w x y z or, for knees
 * and elbows, an angle about z. At rest the humanoid faces +x with its arms hanging down.
 */
import {
  axisRotation,
  axisAngleToMatrix,
  forwardKinematics,
  identity3,
  type JointName,
  type Quaternion,
  quaternionToAxisAngle,
  slerp,
  type Vec3,
} from "../../body/index.ts";
import { FormatError } from "../../core/index.ts";
import type { SkeletonMotion } from "./retarget.ts";

type Joint = {
  /** Ours, where it has one. */
  readonly bone: JointName;
  readonly parent: number;
  /** From the parent, metres. */
  readonly offset: Vec3;
  readonly turn: "ball" | "hinge" | "none";
};

/** The tree of humanoid3d, in the order of the frames; wrists are fixed. */
const TREE: readonly Joint[] = [
  { bone: "pelvis", parent: -1, offset: [0, 0, 0], turn: "ball" },
  { bone: "spine1", parent: 0, offset: [0, 0.236151, 0], turn: "ball" },
  { bone: "head", parent: 1, offset: [0, 0.223894, 0], turn: "ball" },
  { bone: "right_hip", parent: 0, offset: [0, 0, 0.084887], turn: "ball" },
  { bone: "right_knee", parent: 3, offset: [0, -0.421546, 0], turn: "hinge" },
  { bone: "right_ankle", parent: 4, offset: [0, -0.40987, 0], turn: "ball" },
  { bone: "right_shoulder", parent: 1, offset: [-0.02405, 0.2435, 0.18311], turn: "ball" },
  { bone: "right_elbow", parent: 6, offset: [0, -0.274788, 0], turn: "hinge" },
  { bone: "right_wrist", parent: 7, offset: [0, -0.258947, 0], turn: "none" },
  { bone: "left_hip", parent: 0, offset: [0, 0, -0.084887], turn: "ball" },
  { bone: "left_knee", parent: 9, offset: [0, -0.421546, 0], turn: "hinge" },
  { bone: "left_ankle", parent: 10, offset: [0, -0.40987, 0], turn: "ball" },
  { bone: "left_shoulder", parent: 1, offset: [-0.02405, 0.2435, -0.18311], turn: "ball" },
  { bone: "left_elbow", parent: 12, offset: [0, -0.274788, 0], turn: "hinge" },
  { bone: "left_wrist", parent: 13, offset: [0, -0.258947, 0], turn: "none" },
];
const PARENTS = TREE.map(({ parent }) => parent);
const BONES = new Map(TREE.map(({ bone }, j) => [bone, j]));
/** Numbers of a frame: duration, place, and the turns. */
const WIDTH = TREE.reduce((sum, { turn }) => sum + { ball: 4, hinge: 1, none: 0 }[turn], 4);
/** Frames that a motion may have after it was sampled evenly, for each of the file's. */
const MAX_DENSITY = 64;

/**
 * Reads a motion. Frames are sampled evenly at the shortest duration of the file; where all are equal, as they are as a
 * rule, they stay as they are.
 *
 * @throws FormatError `deepmimic` for what is not such JSON, naming the frame: another number of numbers, numbers that are
 *   not finite, quaternions of no length, durations out of (0, 10] s
 */
export function parseDeepMimic(bytes: Uint8Array, file?: string): SkeletonMotion {
  const fail = (expected: string, got: unknown): never => {
    const shown = (JSON.stringify(got) ?? "nothing").slice(0, 60);
    throw new FormatError("deepmimic", 0, `expected ${expected}, got ${shown}`, file);
  };
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    return fail("JSON", (error as Error).message);
  }
  const list = (value as { Frames?: unknown } | null)?.Frames;
  if (!Array.isArray(list) || list.length === 0) return fail("a list of Frames", list);
  const source = list.map((frame: unknown, f) => {
    if (!Array.isArray(frame) || frame.length !== WIDTH || !frame.every((x) => Number.isFinite(x))) {
      return fail(`frame ${f} of ${WIDTH} finite numbers`, frame);
    }
    return normalised(frame as number[], (got) => fail(`quaternions of some length in frame ${f}`, got));
  });
  // The last frame ends the motion: its duration, as a rule 0, says nothing.
  const durations = source.slice(0, -1).map((frame) => frame[0]!);
  const odd = durations.findIndex((seconds) => !(seconds > 0 && seconds <= 10));
  if (odd >= 0) fail(`a duration of frame ${odd} in (0, 10] s`, durations[odd]);
  const step = durations.reduce((a, b) => Math.min(a, b), durations[0] ?? 1 / 60);
  const total = durations.reduce((a, b) => a + b, 0);
  if (total / step > MAX_DENSITY * source.length) fail("durations of one kind", [step, total]);
  const frames = Math.floor(total / step + 1e-3) + 1;
  const even = frames === source.length ? source : sampled(source, durations, frames, step);
  const rest = forwardKinematics(
    offsets(),
    TREE.flatMap(() => [...identity3()]),
    [0, 0, 0],
    PARENTS,
  ).joints;
  const transforms = (frame: number) => {
    const numbers = even[frame]!;
    return forwardKinematics(rest, turns(numbers), numbers.slice(1, 4), PARENTS);
  };
  return { format: "deepmimic", frameRateHz: 1 / step, frames, bones: BONES, rest, transforms };
}

/** Rest positions of the joints, `[15, 3]`. */
function offsets(): Float64Array {
  const rest = new Float64Array(3 * TREE.length);
  TREE.forEach(({ parent, offset }, j) => {
    for (let i = 0; i < 3; i++) rest[3 * j + i] = offset[i]! + (parent < 0 ? 0 : rest[3 * parent + i]!);
  });
  return rest;
}

/** Where the numbers of each joint's turn begin in a frame. */
const COLUMNS: readonly number[] = TREE.map((_, j) =>
  TREE.slice(0, j).reduce((sum, { turn }) => sum + { ball: 4, hinge: 1, none: 0 }[turn], 4),
);

/** Rotations relative to the parents, `[15, 3, 3]`. */
function turns(frame: readonly number[]): Float64Array {
  const out = new Float64Array(9 * TREE.length);
  TREE.forEach(({ turn }, j) => {
    const at = COLUMNS[j]!;
    const rotation =
      turn === "ball"
        ? axisAngleToMatrix(quaternionToAxisAngle(quaternion(frame, at)))
        : axisRotation("Z", turn === "hinge" ? frame[at]! : 0);
    out.set(rotation, 9 * j);
  });
  return out;
}

function quaternion(frame: readonly number[], at: number): Quaternion {
  return [frame[at]!, frame[at + 1]!, frame[at + 2]!, frame[at + 3]!];
}

/** The frame with quaternions of length 1; files round them. */
function normalised(frame: readonly number[], fail: (got: unknown) => never): number[] {
  const out = [...frame];
  TREE.forEach(({ turn }, j) => {
    if (turn !== "ball") return;
    const at = COLUMNS[j]!;
    const size = Math.hypot(...quaternion(frame, at));
    if (!(size > 1e-3 && size < 1e3)) fail(quaternion(frame, at));
    for (let i = at; i < at + 4; i++) out[i] = frame[i]! / size;
  });
  return out;
}

/** The motion at equal steps: turns by spherical interpolation, the rest by linear. */
function sampled(
  source: readonly (readonly number[])[],
  durations: readonly number[],
  frames: number,
  step: number,
): number[][] {
  let [from, start] = [0, 0];
  return Array.from({ length: frames }, (_, k) => {
    const time = k * step;
    while (from < durations.length - 1 && time >= start + durations[from]!) start += durations[from++]!;
    const [a, b] = [source[from]!, source[Math.min(from + 1, source.length - 1)]!];
    const share = Math.min(1, (time - start) / (durations[from] ?? 1));
    const out = a.map((x, i) => x + share * (b[i]! - x));
    TREE.forEach(({ turn }, j) => {
      if (turn !== "ball") return;
      slerp(quaternion(a, COLUMNS[j]!), quaternion(b, COLUMNS[j]!), share).forEach((x, i) => {
        out[COLUMNS[j]! + i] = x;
      });
    });
    return out;
  });
}
