/** The task of heatmaps on the command line: windows of our shards, of DHP19 or of Event-Human3.6M. */
import { ArgumentError, Random } from "../../../../src/core/index.ts";
import {
  clipWindows,
  type Dataset,
  datasets,
  HeatmapBatches,
  type HeatmapBatchOptions,
  heatmapEvaluationBatches,
  type HeatmapWindow,
  jointWindows,
} from "../../../../src/data/index.ts";
import { diskFolder } from "../../../../src/data/node.ts";
import { heatmapMeasure, type HeatmapRunConfig, HeatmapTask } from "../../../../src/train/index.ts";
import { reading } from "../../faults.ts";
import { folderOf } from "./labelled.ts";
import type { OpenedMeasure, Request, SplitReader, TaskCommand } from "./opened.ts";

/** See the head of this file. */
export const HEATMAPS: TaskCommand<HeatmapRunConfig> = {
  async open(config, places) {
    const folder = folderOf(config, places);
    return reading(folder, async () => {
      const training = await windowsOf(config, folder, "train");
      const validation = await windowsOf(config, folder, config.data.dataset === "shards" ? "val" : "test");
      const options = batchOptions(config);
      const random = new Random(config.seed).fork("batches");
      return {
        task: new HeatmapTask(config),
        data: {
          training: new HeatmapBatches(training, { ...options, random, flip: config.augment?.flip ?? 0 }),
          samples: training.length,
          validation: () => heatmapEvaluationBatches(validation, options),
        },
      };
    });
  },

  async openSplit({ data: folder, split }: Request): Promise<SplitReader<HeatmapRunConfig>> {
    return async (_file, run): Promise<OpenedMeasure> => {
      if (run === undefined) {
        throw new ArgumentError("expected a model that says how its inputs are made, got one without a run");
      }
      const windows = await reading(folder, () => windowsOf(run, folder, split));
      return {
        measure: heatmapMeasure,
        batches: () => heatmapEvaluationBatches(windows, batchOptions(run)),
        total: Math.ceil(windows.length / run.batch),
        content: { windows: windows.length },
      };
    };
  },
};

async function windowsOf(
  { data }: HeatmapRunConfig,
  folder: string,
  split: string,
): Promise<Dataset<HeatmapWindow>> {
  const { dataset, windowMs, stepMs, history, camera } = data;
  const cut = { windowMs, stepMs, history };
  const disk = diskFolder(folder);
  if (dataset === "shards") return clipWindows(await datasets.shards.open(disk, split), cut);
  const options = { ...cut, ...(camera !== undefined && { camera }) };
  return jointWindows(await datasets[dataset].open(disk, split, options));
}

function batchOptions({ data, timeSteps, batch }: HeatmapRunConfig): HeatmapBatchOptions {
  const [height, width] = data.size;
  const { region, fit, histograms, input } = data;
  const [x, y, columns, rows] = region ?? [];
  return {
    size: { width, height },
    timeSteps,
    batch,
    histograms,
    input,
    ...(region !== undefined && { region: { x: x!, y: y!, width: columns!, height: rows! } }),
    ...(fit !== undefined && { fit }),
  };
}
