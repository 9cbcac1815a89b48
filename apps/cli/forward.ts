import { type Command, Option } from "commander";
import type { Precision } from "../../src/backend/index.ts";
import { calibrateOption, precisionOption } from "./engine-options.ts";
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
  readonly engine: "eager" | "compiled";
  /** Of compiled plans; float32 when absent. */
  readonly precision?: Precision;
  /** Whether kernels are chosen by what they cost on this machine. */
  readonly calibrate: boolean;
}

/** Add `saccade forward`. */
export function addForward(program: Command, run: (options: ForwardOptions) => Promise<void>): void {
  program
    .command("forward")
    .description("run a model once, tensors in and tensors out")
    .option(
      "--model <CONFIG>",
      "configuration (JSON, YAML) or preset, as nano or staa/imagenet; default: the one in the weights",
    )
    .requiredOption("--weights <FILE>", "weights (safetensors, or a PyTorch checkpoint)")
    .requiredOption(
      "--input <FILE>",
      "safetensors with the tensors that `saccade models NAME` lists, as `input`",
    )
    .requiredOption("--out <FILE>", "output tensors to write (safetensors)")
    .option("--threads <N>", "worker threads; default: one for each core", threads)
    .addOption(
      new Option("--backend <NAME>", "who computes: fast WebAssembly, or the slow code it is checked against")
        .choices(["wasm", "reference"])
        .default("wasm"),
    )
    .addOption(
      new Option("--engine <NAME>", "layer by layer, or compiled for this input into event-driven steps")
        .choices(["eager", "compiled"])
        .default("eager"),
    )
    .addOption(precisionOption())
    .addOption(calibrateOption())
    .hook("preAction", (command) => {
      const { engine, precision } = command.opts<ForwardOptions>();
      if (precision !== undefined && engine !== "compiled") {
        command.error("error: --precision needs --engine compiled");
      }
    })
    .action(run);
}
