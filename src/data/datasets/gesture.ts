/** DVS128 Gesture [Amir2017]: eleven gestures of 29 people in three kinds of light. */
import { FormatError } from "../../core/index.ts";
import { datasetOf, type EventSample } from "../dataset.ts";
import { filesIn, type Folder } from "../folder.ts";
import { checkSplit, type DatasetKind, linesOf, missing } from "./kind.ts";
import { loadEvents } from "./recordings.ts";

/** One gesture within a recording. */
type Trial = {
  readonly path: string;
  readonly label: number;
  readonly startUs: number;
  readonly endUs: number;
};

/** DVS128 Gesture; a sample is one gesture, cut out of its recording. */
export const DVS_GESTURE: DatasetKind<EventSample> = {
  title: "DVS128 Gesture",
  source: "https://ibm.ent.box.com/s/3hiq58ww1pbbjrinh367ykfdf60xsfm8 (IBM Research, CC BY 4.0)",
  layout: `
trials_to_train.txt, trials_to_test.txt
user01_fluorescent.aedat, user01_fluorescent_labels.csv
user01_fluorescent_led.aedat, …`,
  splits: ["train", "test"],
  async open(folder, split) {
    checkSplit(DVS_GESTURE, split);
    const list = `trials_to_${split}.txt`;
    if ((await filesIn(folder, "", /^trials_to_(train|test)\.txt$/)).length < 2) {
      throw missing(DVS_GESTURE, folder, list);
    }
    const trials: Trial[] = [];
    for (const path of await linesOf(folder, list)) trials.push(...(await trialsOf(folder, path)));
    const sensor = { width: 128, height: 128 };
    return datasetOf(
      "DVS128 Gesture",
      trials,
      async ({ path, label, startUs, endUs }) => ({
        name: `${path.replace(/\.aedat$/, "")}#${startUs}`,
        label,
        ...(await loadEvents(folder, path, { sensor, startUs, endUs })),
      }),
      GESTURES,
    );
  },
};

/** Names of the gestures; the label of a sample is one less than that of the files. */
export const GESTURES = [
  "hand_clapping",
  "right_hand_wave",
  "left_hand_wave",
  "right_arm_clockwise",
  "right_arm_counter_clockwise",
  "left_arm_clockwise",
  "left_arm_counter_clockwise",
  "arm_roll",
  "air_drums",
  "air_guitar",
  "other_gestures",
] as const;

/** The lines `class,startTime_usec,endTime_usec` beside a recording. */
async function trialsOf(folder: Folder, path: string): Promise<Trial[]> {
  const labels = path.replace(/\.aedat$/, "_labels.csv");
  const [, ...lines] = await linesOf(folder, labels);
  return lines.map((line, i) => {
    const [label = Number.NaN, startUs = Number.NaN, endUs = Number.NaN] = line.split(",").map(Number);
    const good =
      Number.isInteger(label) &&
      label >= 1 &&
      label <= GESTURES.length &&
      Number.isSafeInteger(startUs) &&
      Number.isSafeInteger(endUs) &&
      startUs <= endUs;
    if (!good) {
      const what = `expected class 1 to ${GESTURES.length}, start and end in µs in line ${i + 2}, got ${JSON.stringify(line)}`;
      throw new FormatError("labels", 0, what, `${folder.name}/${labels}`);
    }
    return { path, label: label - 1, startUs, endUs };
  });
}
