import type { Command } from "commander";
import { count } from "./values.ts";

/** What `saccade forward` was asked for. */
export interface ForwardOptions {
  /** Model configuration (JSON). */
  readonly model: string;
  readonly weights: string;
  readonly input: string;
  readonly out: string;
  readonly threads?: number;
}

/** Add `saccade forward`. */
export function addForward(program: Command, run: (options: ForwardOptions) => Promise<void>): void {
  program
    .command("forward")
    .description("run a model once, tensors in and tensors out")
    .requiredOption("--model <CONFIG>", "model configuration (JSON)")
    .requiredOption("--weights <FILE>", "weights (safetensors)")
    .requiredOption("--input <FILE>", "input tensors (safetensors)")
    .requiredOption("--out <FILE>", "output tensors to write (safetensors)")
    .option("--threads <N>", "worker threads; default: one for each core", count)
    .action(run);
}
