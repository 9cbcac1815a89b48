import { type Command, Option } from "commander";
import { threads } from "./values.ts";

/** What `saccade forward` was asked for. */
export interface ForwardOptions {
  /** Model configuration (JSON or YAML) or the name of a preset; what the weights hold when absent. */
  readonly model?: string;
  readonly weights: string;
  readonly input: string;
  readonly out: string;
  readonly threads?: number;
  readonly backend: "wasm" | "reference";
}

/** Add `saccade forward`. */
export function addForward(program: Command, run: (options: ForwardOptions) => Promise<void>): void {
  program
    .command("forward")
    .description("run a model once, tensors in and tensors out")
    .option("--model <CONFIG>", "configuration (JSON, YAML) or preset; default: the one in the weights")
    .requiredOption("--weights <FILE>", "weights (safetensors, or a PyTorch checkpoint)")
    .requiredOption("--input <FILE>", "safetensors with the tensor `input`, [T, B, C, H, W]")
    .requiredOption("--out <FILE>", "output tensors to write (safetensors)")
    .option("--threads <N>", "worker threads; default: one for each core", threads)
    .addOption(
      new Option("--backend <NAME>", "who computes: fast WebAssembly, or the slow code it is checked against")
        .choices(["wasm", "reference"])
        .default("wasm"),
    )
    .action(run);
}
