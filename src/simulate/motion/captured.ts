/** Motion capture of any format, performed by the built-in body. */
import type { Motion } from "../../body/index.ts";
import { type Performance, retargetSkeleton, type SkeletonMotion } from "./retarget.ts";
import { performSmpl, type SmplSequence } from "./smpl-sequence.ts";

/** A motion as its file has it: of a skeleton of its own, or in SMPL's joints. */
export type CapturedMotion = SkeletonMotion | SmplSequence;

/**
 * The motion, or a part of it, as a body of some shape performs it.
 *
 * @throws FormatError as `retargetSkeleton`
 */
export function performMotion(captured: CapturedMotion, options: Performance = {}): Motion {
  return "bones" in captured ? retargetSkeleton(captured, options) : performSmpl(captured, options);
}
