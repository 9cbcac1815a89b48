/** What a person may do: each action is a smooth posture over time, with its own random tempo and amplitude. */
import type { Random } from "../../core/index.ts";
import { jump, kick, punch, squat } from "./exercises.ts";
import { dance, greet, idle } from "./expression.ts";
import { run, turnAround, walk } from "./locomotion.ts";
import type { Action } from "./posture.ts";

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
