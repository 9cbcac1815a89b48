/** One motion before several event cameras, for models that take several views. */
import { JOINTS } from "../body/index.ts";
import { ArgumentError, Random, ShapeError } from "../core/index.ts";
import { handHeldScene, type View } from "../simulate/index.ts";
import type { BatchSource, BatchState } from "./batch-source.ts";
import {
  evaluationBatches,
  type EvaluationOptions,
  type PoseBatch,
  PoseBatches,
  type PoseBatchesOptions,
  type PoseBatchesState,
} from "./batches.ts";
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
  subject: ClipSubject,
  views: readonly View[],
  options: RecordingOptions = {},
): PoseClip[] {
  return views.map((view, v) => {
    const name = `${subject.name}.${v}`;
    return generatePoseClip({ ...fromView(subject, view, v), name }, options);
  });
}

/** A subject before the camera number `v`. */
export function fromView({ seed, scene, ...subject }: ClipSubject, view: View, v: number): ClipSubject {
  const ofSensor = v === 0 ? seed : new Random(seed).fork(`view ${v}`).uint32();
  return { ...subject, scene: { ...scene, view }, seed: ofSensor };
}

/**
 * Cameras at equal angles around the person, counter-clockwise from above: the given one first, the others held by hands of
 * their own, as `handHeldScene` draws them.
 */
export function viewsAround(first: View, views: number, random: Random): View[] {
  return Array.from({ length: views }, (_, v) => {
    if (v === 0) return first;
    const { view } = handHeldScene(random.fork(`camera ${v}`));
    return { ...view, heading: first.heading + (2 * Math.PI * v) / views };
  });
}

/** Clips by view, of clips of which those of one motion follow one another, as `generatePoseClips` gives them. */
export function clipsByView(clips: readonly PoseClip[], views: number): PoseClip[][] {
  return Array.from({ length: views }, (_, v) => clips.filter((_, i) => i % views === v));
}

/**
 * {@link PoseBatches} of several views: the same windows of all, joined. Random changes of the picture are the same in all
 * views: each camera is turned as much as the first, and a mirror image mirrors the ring of cameras, too.
 */
export class MultiViewBatches implements BatchSource<MultiViewBatch> {
  readonly #views: readonly PoseBatches[];

  /**
   * @param clips - of each view, in the same order
   * @param options - those of {@link PoseBatches}; `random` is left as it is
   * @throws ArgumentError as {@link PoseBatches} does, or if there is no view
   */
  constructor(clips: readonly (readonly PoseClip[])[], options: PoseBatchesOptions) {
    if (clips.length === 0) throw new ArgumentError("MultiViewBatches: expected a view or more, got none");
    const state = options.random.save();
    this.#views = clips.map((ofView) => {
      const random = new Random(0);
      random.restore(state);
      return new PoseBatches(ofView, { ...options, random });
    });
  }

  /** The next batch. @throws ArgumentError if clips of a motion do not show the same body */
  next(): MultiViewBatch {
    return joinViews(this.#views.map((view) => view.next()));
  }

  /** The state of all views, which is that of any. */
  save(): PoseBatchesState {
    return this.#views[0]!.save();
  }

  /** Goes on from a saved state. @throws CheckpointError if it is another */
  restore(state: BatchState): void {
    for (const view of this.#views) view.restore(state);
  }
}

/**
 * {@link evaluationBatches} of several views, joined.
 *
 * @param clips - of each view, in the same order
 * @throws ArgumentError as {@link evaluationBatches} and {@link joinViews} do
 */
export function* multiViewEvaluationBatches(
  clips: readonly (readonly PoseClip[])[],
  options: EvaluationOptions = {},
): Generator<MultiViewBatch, void, void> {
  const views = clips.map((ofView) => evaluationBatches(ofView, options));
  for (;;) {
    const batches = views.flatMap((view) => view.next().value ?? []);
    if (batches.length === 0) return;
    yield joinViews(batches);
  }
}

/**
 * The batches of several views as one. They must show the same people at the same times: made with equal options of clips
 * of {@link generateViews} in the same order (`evaluationBatches`, or `PoseBatches` with generators of one seed).
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
