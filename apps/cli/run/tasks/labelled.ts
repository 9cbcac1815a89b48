/** The tasks of labelled samples on the command line: classification and segmentation of published data sets. */
import { dirname, resolve } from "node:path";
import { ArgumentError } from "../../../../src/core/index.ts";
import {
  type Folder,
  type LabelledData,
  parseInputMetadata,
  segmentationData,
} from "../../../../src/data/index.ts";
import { classificationData, diskFolder } from "../../../../src/data/node.ts";
import {
  classificationMeasure,
  type ClassificationRunConfig,
  ClassificationTask,
  type Measure,
  segmentationMeasure,
  type SegmentationRunConfig,
  SegmentationTask,
  type TaskData,
} from "../../../../src/train/index.ts";
import { InputError, reading } from "../../faults.ts";
import type { OpenedMeasure, Places, Request, SplitReader, TaskCommand } from "./opened.ts";

/** Classification: frames of events, videos or pictures. */
export const CLASSIFICATION: TaskCommand<ClassificationRunConfig> = {
  open: (config, places) =>
    reading(folderOf(config, places), async () => {
      const data = await classified(config, diskFolder(folderOf(config, places)));
      return { task: new ClassificationTask(config, data), data: taskData(data) };
    }),
  openSplit: (request) => splitReader(request, classified, classificationMeasure),
};

/** Segmentation: pictures with the class of each pixel. */
export const SEGMENTATION: TaskCommand<SegmentationRunConfig> = {
  open: (config, places) =>
    reading(folderOf(config, places), async () => {
      const data = await segmented(config, diskFolder(folderOf(config, places)));
      return { task: new SegmentationTask(config, data), data: taskData(data) };
    }),
  openSplit: (request) => splitReader(request, segmented, segmentationMeasure),
};

function classified(config: ClassificationRunConfig, folder: Folder) {
  return classificationData(config.data, folder, config);
}

function segmented(config: SegmentationRunConfig, folder: Folder) {
  return segmentationData(config.data, folder, config);
}

/** `--data`, or the folder that the configuration names. */
export function folderOf(
  { data: { folder } }: { readonly data: { readonly folder?: string | undefined } },
  { data, config }: Places,
): string {
  if (data !== undefined) return data;
  if (folder !== undefined) return resolve(dirname(config), folder);
  throw new InputError(config, "expected data.folder or --data, got neither");
}

function taskData<Batch>({ training, samples, evaluation }: LabelledData<Batch>): TaskData<Batch> {
  return { training, samples, validation: () => evaluation() };
}

/** The same data as in training, of another split. */
async function splitReader<Config extends ClassificationRunConfig | SegmentationRunConfig, Batch>(
  { data: folder, split }: Request,
  open: (config: Config, folder: Folder) => Promise<LabelledData<Batch>>,
  measureOf: (classes: number) => Measure<Batch>,
): Promise<SplitReader<Config>> {
  return async (file, run): Promise<OpenedMeasure> => {
    if (run === undefined) {
      throw new ArgumentError("expected a model that says how its inputs are made, got one without a run");
    }
    const { classes } = parseInputMetadata(file.metadata);
    const data = await reading(folder, () => open(run, diskFolder(folder)));
    const samples = await reading(folder, () => data.length(split));
    return {
      measure: measureOf(classes.length),
      batches: () => data.evaluation(split),
      total: Math.ceil(samples / run.batch),
      content: { samples },
    };
  };
}
