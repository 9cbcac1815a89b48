import type { Command } from "commander";
import { count, positiveNumber } from "./values.ts";

/** What `saccade track` was asked for. */
export interface TrackOptions {
  /** Trained weights (safetensors); the built-in ones when absent. */
  readonly weights?: string;
  /** Folder for the files asked for. */
  readonly out: string;
  /** Length of a pose window in milliseconds; what the weights were trained with when absent. */
  readonly windowMs?: number;
  readonly json?: boolean;
  readonly csv?: boolean;
  readonly bvh?: boolean;
  readonly threads?: number;
  /** Decode what can be decoded of a damaged recording. */
  readonly recover?: boolean;
}

/** Add `saccade track RECORDING`. */
export function addTrack(
  program: Command,
  run: (recording: string, options: TrackOptions) => Promise<void>,
): void {
  program
    .command("track")
    .description("track the 3D pose of a person through an event recording")
    .argument("<RECORDING>", "event recording; the format is found from its content")
    .option("--weights <FILE>", "trained weights (safetensors); default: the built-in ones")
    .option("--out <DIR>", "folder for the files asked for", ".")
    .option("--window-ms <N>", "length of a pose window in milliseconds", positiveNumber)
    .option("--json", "write poses.json")
    .option("--csv", "write poses.csv")
    .option("--bvh", "write poses.bvh, motion capture for animation tools")
    .option("--threads <N>", "worker threads; default: one for each core", count)
    .option("--recover", "read a damaged recording as far as it goes, and say what was lost")
    .action(run);
}
