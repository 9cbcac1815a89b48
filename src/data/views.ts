/** One motion before several event cameras, for models that take several views. */
import { JOINTS } from "../body/index.ts";
import { ArgumentError, Random, ShapeError } from "../core/index.ts";
import type { View } from "../simulate/index.ts";
import type { PoseBatch } from "./batches.ts";
import { type ClipSubject, generatePoseClip, type RecordingOptions } from "./generate.ts";
import type { PoseClip } from "./pose-clip.ts";

/** A {@link PoseBatch} whose `video` is `[T, B, V, 4, H, W]`; poses and cameras are those of the first view. */
export type MultiViewBatch = PoseBatch & {
  /** V */
  readonly views: number;
};

/** Difference of two local rotations beyond which two bodies are not the same; poses are kept in single precision. */
const SAME_BODY = 1e-4;

/**
 * Films a motion with several cameras at the same time: one clip each, in the coordinates of its camera. Sensors have
 * noise of their own. With the scene's own view first, the first clip is that of {@link generatePoseClip}.
 *
 * @param views - where the cameras stand; the scene's own is not used
 * @throws ArgumentError as {@link generatePoseClip} does
 */
export function generateViews(
  { name, motion, scene, seed }: ClipSubject,
  views: readonly View[],
  options: RecordingOptions = {},
): PoseClip[] {
  return views.map((view, v) =>
    generatePoseClip(
      {
        name: `${name}.${v}`,
        motion,
        scene: { ...scene, view },
        seed: v === 0 ? seed : new Random(seed).fork(`view ${v}`).uint32(),
      },
      options,
    ),
  );
}

/**
 * The batches of several views as one. They must show the same people at the same times: made with equal options, without
 * augmentation, of clips of {@link generateViews} in the same order (`evaluationBatches`, or `PoseBatches` with generators
 * of one seed).
 *
 * @param batches - one a view, the first first
 * @throws ArgumentError if there is none, or bodies differ; ShapeError if sizes do
 */
export function joinViews(batches: readonly PoseBatch[]): MultiViewBatch {
  const first = batches[0];
  if (first === undefined) throw new ArgumentError("joinViews: expected a view or more, got none");
  const { timeSteps, batch, channels, size } = first;
  const views = batches.length;
  const frame = channels * size * size;
  const video = new Float32Array(timeSteps * batch * views * frame);
  batches.forEach((one, v) => {
    const sizes = [one.timeSteps, one.batch, one.channels, one.size];
    if (sizes.join() !== [timeSteps, batch, channels, size].join()) {
      throw new ShapeError(
        `joinViews: expected T, B, C, H of ${timeSteps}, ${batch}, ${channels}, ${size}, got ${sizes.join(", ")}`,
      );
    }
    if (!isSameBody(first, one)) {
      throw new ArgumentError(`joinViews: expected the bodies of view 0 in view ${v}, got others`);
    }
    for (let row = 0; row < timeSteps * batch; row++) {
      video.set(one.video.subarray(row * frame, (row + 1) * frame), (row * views + v) * frame);
    }
  });
  return { ...first, video, views };
}

/** Whether shapes are equal, and rotations but those of the root, which are in camera coordinates. */
function isSameBody(a: PoseBatch, b: PoseBatch): boolean {
  const isRoot = (i: number) => i % (JOINTS * 9) < 9;
  return (
    a.shape.every((value, i) => value === b.shape[i]) &&
    a.pose.every((value, i) => isRoot(i) || Math.abs(value - b.pose[i]!) < SAME_BODY)
  );
}
