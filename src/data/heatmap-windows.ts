/** Windows of events with 13 joints in the picture: what networks of heatmaps learn from [Aydin2024, §4.1]. */
import { jointIndex, type JointName, JOINTS } from "../body/index.ts";
import { ArgumentError } from "../core/index.ts";
import { type Events, indexAtTime, type SensorSize, sliceEvents } from "../events/index.ts";
import type { Image } from "../video/index.ts";
import { type Dataset, datasetOf, mapDataset, type Named } from "./dataset.ts";
import type { JointWindowSample } from "./datasets/joint-windows.ts";
import type { LabelledClip } from "./labelled-clip.ts";

/**
 * The 13 joints in the order of DHP19 [Calabrese2019] and of Event-Human3.6M [Aydin2024], as joints of our body:
 *
 * | DHP19 | here | | DHP19 | here |
 * | --- | --- | --- | --- | --- |
 * | head | head | | handR | right_wrist |
 * | shoulderR | right_shoulder | | handL | left_wrist |
 * | shoulderL | left_shoulder | | kneeR | right_knee |
 * | elbowR | right_elbow | | kneeL | left_knee |
 * | elbowL | left_elbow | | footR | right_ankle |
 * | hipR | right_hip | | footL | left_ankle |
 * | hipL | left_hip | | | |
 *
 * Our head is where the neck bears the skull; DHP19's is between markers about the head, Human3.6M's its top. Right and
 * left stand beside each other, at 2k − 1 and 2k.
 */
export const HEATMAP_JOINTS = [
  "head",
  "right_shoulder",
  "left_shoulder",
  "right_elbow",
  "left_elbow",
  "right_hip",
  "left_hip",
  "right_wrist",
  "left_wrist",
  "right_knee",
  "left_knee",
  "right_ankle",
  "left_ankle",
] as const satisfies readonly JointName[];

/** Events of a window and those before it, with where the joints are. */
export type HeatmapWindow = Named & {
  readonly sensor: SensorSize;
  /** Start and length of the window, µs. */
  readonly startUs: number;
  readonly durationUs: number;
  readonly events: Events;
  /** The last events before the window: what an ANN starts from. */
  readonly history: Events;
  /** Times of the labels in their order, `[L]`, µs: from the start of the window, or before, to its end, or behind. */
  readonly times: ArrayLike<number>;
  /** Pixels of the sensor, `[L, 13, 2]`, pixel i from i to i + 1; not a number where a joint is not known. */
  readonly joints2d: Float32Array;
  /** The picture at the start of the window, where there are pictures. */
  readonly image?: Image;
};

/** Windows of `datasets.dhp19` and `datasets["h36m-events"]`. */
export function jointWindows(dataset: Dataset<JointWindowSample>): Dataset<HeatmapWindow> {
  return mapDataset(dataset, ({ startJoints2d, joints2d, startUs, stepUs, ...sample }) => {
    const size = startJoints2d.length;
    const labels = joints2d.length / size;
    const all = new Float32Array(size + joints2d.length);
    all.set(startJoints2d);
    all.set(joints2d, size);
    const times = Array.from({ length: labels + 1 }, (_, k) => startUs + k * stepUs);
    return { ...sample, startUs, durationUs: labels * stepUs, times, joints2d: all };
  });
}

/** Which windows {@link clipWindows} cuts. */
export type ClipWindowOptions = {
  /** Length of a window, ms; 100 by default. */
  readonly windowMs?: number;
  /** Time from one window to the next, ms; 100 by default. */
  readonly stepMs?: number;
  /** Events before a window that are wanted: 7,500 by default. A window that has not as many is left out. */
  readonly history?: number;
  /** Events that are kept in memory, 13 bytes each; 100 million by default. */
  readonly maxEvents?: number;
};

/**
 * Windows of clips that `saccade generate` has made, with the labels `joints2d`. All clips are read once and kept in memory.
 *
 * @param clips - a split of `datasets.shards`
 * @throws ArgumentError if an option is out of range, the clips have more events than are to be kept or no joints, or no
 * window has events enough before it
 */
export async function clipWindows(
  clips: Dataset<LabelledClip>,
  { windowMs = 100, stepMs = 100, history = 7500, maxEvents = 1e8 }: ClipWindowOptions = {},
): Promise<Dataset<HeatmapWindow>> {
  if (!(windowMs > 0 && stepMs > 0 && Number.isInteger(history) && history >= 0)) {
    throw new ArgumentError(
      `clipWindows: expected windowMs and stepMs above 0 and a whole history, got ${windowMs}, ${stepMs} and ${history}`,
    );
  }
  const windows: {
    readonly clip: LabelledClip;
    readonly joints2d: Float32Array;
    readonly startUs: number;
  }[] = [];
  const durationUs = 1000 * windowMs;
  let kept = 0;
  for (let i = 0; i < clips.length; i++) {
    const clip = await clips.get(i);
    if (clip.joints2d === undefined) {
      throw new ArgumentError(`clipWindows: expected the labels joints2d, got none in ${clip.name}`);
    }
    kept += clip.events.t.length;
    if (kept > maxEvents) {
      throw new ArgumentError(
        `clipWindows: expected ${maxEvents} events or fewer, got more: raise maxEvents`,
      );
    }
    const joints2d = chosenJoints(clip.joints2d);
    const endUs = Math.min(clip.durationUs, clip.times.at(-1) ?? 0);
    for (let k = 0; 1000 * k * stepMs + durationUs <= endUs; k++) {
      const startUs = 1000 * k * stepMs;
      if (indexAtTime(clip.events, startUs) >= history) windows.push({ clip, joints2d, startUs });
    }
  }
  if (windows.length === 0) {
    throw new ArgumentError(
      `clipWindows: expected windows of ${windowMs} ms with ${history} events before them, got none in ${clips.length} clips`,
    );
  }
  return datasetOf(clips.name, windows, async ({ clip, joints2d, startUs }) => {
    const [from, to] = [startUs, startUs + durationUs].map((timeUs) => indexAtTime(clip.events, timeUs));
    return {
      name: `${clip.name}#${startUs / 1000}`,
      sensor: clip.sensor,
      startUs,
      durationUs,
      events: sliceEvents(clip.events, from!, to!),
      history: sliceEvents(clip.events, from! - history, from!),
      times: clip.times,
      joints2d,
    };
  });
}

/** `[F, 24, 2]` → `[F, 13, 2]` */
function chosenJoints(all: Float32Array): Float32Array {
  const frames = all.length / (2 * JOINTS);
  const chosen = new Float32Array(2 * frames * HEATMAP_JOINTS.length);
  HEATMAP_JOINTS.map(jointIndex).forEach((joint, j) => {
    for (let f = 0; f < frames; f++) {
      const at = 2 * (JOINTS * f + joint);
      chosen.set(all.subarray(at, at + 2), 2 * (HEATMAP_JOINTS.length * f + j));
    }
  });
  return chosen;
}
