import type { Command } from "commander";
import { count, sensorSize } from "./values.ts";

/** What `saccade export` was asked for. */
export interface ExportOptions {
  /** ONNX file to write. */
  readonly onnx: string;
  readonly weights: string;
  /** Model configuration (JSON or YAML) or the name of a preset; what the weights hold when absent. */
  readonly model?: string;
  readonly timeSteps: number;
  readonly batch: number;
  /** Size of a frame in pixels; what a pose model reads, else 224x224, when absent. */
  readonly size?: { readonly width: number; readonly height: number };
}

/** Add `saccade export`. */
export function addExport(program: Command, run: (options: ExportOptions) => Promise<void>): void {
  program
    .command("export")
    .description("write a model for ONNX Runtime: dense, for a fixed size of the input [T, B, C, H, W]")
    .requiredOption("--onnx <FILE>", "ONNX model to write")
    .requiredOption("--weights <FILE>", "weights (safetensors, or a PyTorch checkpoint)")
    .option("--model <CONFIG>", "configuration (JSON, YAML) or preset; default: the one in the weights")
    .option("--time-steps <T>", "time steps of a clip", count, 8)
    .option("--batch <B>", "clips at a time", count, 1)
    .option(
      "--size <WxH>",
      "frame size in pixels, for example 346x260; default: that of a pose model, else 224x224",
      sensorSize,
    )
    .action(run);
}
