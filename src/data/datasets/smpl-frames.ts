/** Event frames with SMPL poses as the authors of the pose tracker lay them out and divide them: MMHPSD, SynEventHPD [Zou2023]. */
import { type Dataset, datasetOf } from "../dataset.ts";
import { byName, filesIn, type Folder, foldersIn } from "../folder.ts";
import { checkSplit, type DatasetKind, missing } from "./kind.ts";
import { loadWindow, type PoseWindowSample, type Window } from "./smpl-window.ts";

/** What is cut out of a recording. */
export type PoseWindowOptions = {
  /** Steps of a window, 8 by default. */
  readonly timeSteps?: number;
  /** Frames that are merged into a step, 2 by default. */
  readonly gap?: number;
  /** Frames from one window to the next; by default those of a window: windows do not overlap. */
  readonly stride?: number;
};

/** One part of the data: where its folders begin, how deep recordings lie in it, and which are for the test, if any. */
type Part = { readonly top: string; readonly depth?: number; readonly test?: RegExp };

/** Data sets of event frames: windows of equal length, or all that hangs together. */
export type SmplFrames = DatasetKind<PoseWindowSample> & {
  open(folder: Folder, split: string, options?: PoseWindowOptions): Promise<Dataset<PoseWindowSample>>;
  /**
   * Opens a split as stretches of frames that follow one another: windows with `gap` 1 of different lengths, the longest
   * cut after `maxFrames` steps. The pose at the end of one is that at the beginning of the next.
   *
   * @throws ArgumentError as `open`
   */
  stretches(folder: Folder, split: string, maxFrames: number): Promise<Dataset<PoseWindowSample>>;
};

/** MMHPSD: 15 people before a CeleX-V camera. */
export const MMHPSD = smplFrames("MMHPSD", {
  top: "mmhpsd_events",
  test: /^subject(01|02|07)_/,
});

/** The part of SynEventHPD that is made of the videos of Human3.6M. */
export const EVENT_H36M = smplFrames("EventH36M", {
  top: "h36m_events_processed",
  test: /^s_(09|11)/,
});

/** The part of SynEventHPD that is made of motion capture, in folders of its data sets and theirs; for training alone. */
export const EVENT_AMASS = smplFrames("EventAMASS", { top: "amass_events", depth: 3 });

/** The part of SynEventHPD that is made of the videos of PHSPD. */
export const EVENT_PHSPD = smplFrames("EventPHSPD", {
  top: "phspd_events",
  test: /^subject(04|07|11)_/,
});

function smplFrames(title: string, { top, depth = 1, test }: Part): SmplFrames {
  const action = depth === 1 ? "ACTION" : "SET/SUBSET/ACTION";
  const facts = {
    title,
    source: "https://github.com/JimmyZou/HumanPoseTracking_SNN (its links; they come and go)",
    layout: `
${top}/${action}/events_frame_04/events_0000.npz, …   (events_frame: bits of [256, 256, 4])
${top}/${action}/poses/pose_0000.npz, …   (body_pose, trans, beta, joints3d, joints2d)`,
    splits: test === undefined ? ["train"] : ["train", "test"],
  };

  /** Numbers of the poses of each recording of a split, in order. */
  async function* recordings(folder: Folder, split: string) {
    checkSplit(facts, split);
    for (const name of await foldersAt(folder, top, depth)) {
      if ((test?.test(name) ?? false) !== (split === "test")) continue;
      const path = `${top}/${name}`;
      const files = await filesIn(folder, `${path}/poses`, /^pose_\d+\.npz$/);
      const frames = files.map((file) => Number(/\d+/.exec(file)![0])).sort((a, b) => a - b);
      yield { path, frames };
    }
  }

  function framesOf(folder: Folder, windows: readonly Window[], gap: number, poses: number) {
    if (windows.length === 0) throw missing(facts, folder, `${top}/${action}/poses of ${poses} frames`);
    return datasetOf(title, windows, (window) => loadWindow(folder, window, gap));
  }

  return {
    ...facts,
    async open(folder: Folder, split: string, options: PoseWindowOptions = {}) {
      const { timeSteps = 8, gap = 2, stride = timeSteps * gap } = options;
      const windows: Window[] = [];
      for await (const { path, frames } of recordings(folder, split)) {
        const known = new Set(frames);
        for (const first of frames) {
          if ((first - frames[0]!) % stride !== 0) continue;
          const edges = Array.from({ length: timeSteps * gap + 1 }, (_, i) => first + i);
          if (edges.every((frame) => known.has(frame))) windows.push({ path, first, timeSteps });
        }
      }
      return framesOf(folder, windows, gap, timeSteps * gap + 1);
    },

    async stretches(folder: Folder, split: string, maxFrames: number) {
      const windows: Window[] = [];
      for await (const { path, frames } of recordings(folder, split)) {
        let first = 0;
        for (let at = 1; at <= frames.length; at++) {
          const follows = frames[at] === frames[at - 1]! + 1;
          const timeSteps = at - 1 - first;
          if (follows && timeSteps < maxFrames) continue;
          if (timeSteps > 0) windows.push({ path, first: frames[first]!, timeSteps });
          first = follows ? at - 1 : at;
        }
      }
      return framesOf(folder, windows, 1, 2);
    },
  };
}

/** Paths of all folders so deep within a folder, in order. */
async function foldersAt(folder: Folder, top: string, depth: number): Promise<string[]> {
  const names = (await foldersIn(folder, top)).sort(byName);
  if (depth === 1) return names;
  const deeper = await Promise.all(
    names.map(async (name) =>
      (await foldersAt(folder, `${top}/${name}`, depth - 1)).map((below) => `${name}/${below}`),
    ),
  );
  return deeper.flat();
}
