/** The tasks of the command line by name. */
import type { TaskName } from "../../../../src/models/index.ts";
import type { RunConfig } from "../../../../src/train/index.ts";
import { HEATMAPS } from "./heatmaps.ts";
import { CLASSIFICATION, SEGMENTATION } from "./labelled.ts";
import type { TaskCommand } from "./opened.ts";
import { POSE } from "./pose.ts";

const COMMANDS = {
  pose: POSE,
  classification: CLASSIFICATION,
  segmentation: SEGMENTATION,
  heatmaps: HEATMAPS,
};

/** How a task opens its data. */
export function taskCommand(task: TaskName): TaskCommand<RunConfig> {
  return COMMANDS[task] as TaskCommand<RunConfig>;
}
