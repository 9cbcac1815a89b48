import type { Command } from "commander";
import { positiveNumber, sensorSize, threads, windowMs } from "./values.ts";

/** What `saccade track` was asked for. */
export interface TrackOptions {
  /** Trained weights (safetensors); the built-in ones when absent. */
  readonly weights?: string;
  /** Folder for the files; the current one when absent. */
  readonly out?: string;
  /** Length of a pose window in milliseconds; what the weights say they were trained with when absent, else 1000. */
  readonly windowMs?: number;
  readonly json?: boolean;
  readonly csv?: boolean;
  readonly bvh?: boolean;
  readonly threads?: number;
  /** Decode what can be decoded of a damaged recording. */
  readonly recover?: boolean;
  /** True poses to compare with; those beside the recording when absent. */
  readonly truth?: string;
  /** Of joints in the picture: runs of the ANN and steps of the SNN a second; those of the training when absent. */
  readonly annHz?: number;
  readonly snnHz?: number;
  /** Of joints in the picture: size of the picture; that of the training when absent. */
  readonly picture?: { readonly width: number; readonly height: number };
}

/** Add `saccade track RECORDING`. */
export function addTrack(
  program: Command,
  run: (recording: string, options: TrackOptions) => Promise<void>,
): void {
  program
    .command("track")
    .description(
      "track a person through an event recording with any model of poses, in 3D with a report.html, or with a model of heatmaps (hybrid, spiking-pose, dense-unet) as joints in the picture, also of live events",
    )
    .argument("<RECORDING>", "event recording, - for standard input; the format is found from its content")
    .option("--weights <FILE>", "model file of saccade train; default: the built-in one")
    .option("--out <DIR>", "folder for the files; default: the current one")
    .option("--window-ms <N>", "length of a pose window in milliseconds; default: as in training", windowMs)
    .option("--json", "write NAME.jsonl, a line a pose; to standard output where nothing else is asked for")
    .option("--csv", "write NAME.csv")
    .option("--bvh", "write NAME.bvh, motion capture for animation tools; takes a model with head smpl")
    .option("--threads <N>", "worker threads; default: one for each core", threads)
    .option("--recover", "read a damaged recording as far as it goes, and say what was lost")
    .option("--truth <FILE>", "true poses to compare with; default: NAME.truth.jsonl beside the recording")
    .option(
      "--ann-hz <N>",
      "of hybrid and dense-unet: runs of the ANN a second; default: as trained, or 10",
      positiveNumber,
    )
    .option(
      "--snn-hz <N>",
      "of hybrid and spiking-pose: steps of the SNN a second; default: as trained, or 100",
      positiveNumber,
    )
    .option(
      "--picture <WxH>",
      "of models of heatmaps: size of the picture; default: as trained, or 256x256",
      sensorSize,
    )
    .action(run);
}
