import type { Command } from "commander";
import { threads } from "./values.ts";

/** What `saccade segment` was asked for. */
export interface SegmentOptions {
  readonly weights: string;
  /** A PNG for the mask of a picture, or a folder. */
  readonly out: string;
  readonly json?: boolean;
  readonly threads?: number;
  /** Page to write. */
  readonly html?: string;
}

/** Add `saccade segment INPUT`. */
export function addSegment(
  program: Command,
  run: (input: string, options: SegmentOptions) => Promise<void>,
): void {
  program
    .command("segment")
    .description("tell the class of each pixel of a picture, or of each frame of a video")
    .argument("<INPUT>", "picture, video, or folder of pictures that are frames")
    .requiredOption("--weights <FILE>", "trained model (safetensors), which says how its input is made")
    .requiredOption("--out <DIR|FILE.png>", "folder for masks and overlays, or the mask of a picture")
    .option("--threads <N>", "worker threads; default: one for each core", threads)
    .option("--json", "print a line of JSON with the share of each class for each picture instead of a table")
    .option("--html <FILE>", "write a page with the pictures under their masks")
    .action(run);
}
