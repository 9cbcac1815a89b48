import type { Command } from "commander";
import type { Precision } from "../../src/backend/index.ts";
import { calibrateOption, precisionOption } from "./engine-options.ts";
import { nonNegative, sensorSize, threads, wholeUpTo } from "./values.ts";

/** What `saccade profile` was asked for. */
export interface ProfileOptions {
  /** Model configuration (JSON or YAML) or the name of a preset; MODEL when absent. */
  readonly model?: string;
  readonly weights?: string;
  /** A clip or a recording; this or `noise` is given. */
  readonly input?: string;
  /** Seconds from the first event of a recording: the window that holds them. */
  readonly at?: number;
  readonly noise?: boolean;
  /** Size of noise, where the model does not say. */
  readonly size?: { readonly width: number; readonly height: number };
  /** T of noise. */
  readonly steps?: number;
  readonly precision?: Precision;
  readonly runs?: number;
  readonly threads?: number;
  readonly calibrate: boolean;
  readonly json?: boolean;
  /** Page to write. */
  readonly html?: string;
}

/** Add `saccade profile [MODEL]`. */
export function addProfile(
  program: Command,
  run: (model: string | undefined, options: ProfileOptions) => Promise<void>,
): void {
  program
    .command("profile")
    .description("compile a model, and show where its time, operations and energy go, layer by layer")
    .argument("[MODEL]", "model file, or a configuration (JSON, YAML) or preset for --weights")
    .option("--model <CONFIG>", "configuration or preset, as for forward; the same as MODEL")
    .option("--weights <FILE>", "weights (safetensors, or a PyTorch checkpoint)")
    .option(
      "--input <FILE>",
      "safetensors with the tensor `input`, [T, B, C, H, W], or an event recording (pose models)",
    )
    .option(
      "--at <SECONDS>",
      "of a recording: the window that holds this time; default: the first",
      nonNegative,
    )
    .option("--noise", "random input, where there is none: rates then mean nothing")
    .option("--size <WxH>", "size of --noise; default: the model's, or 224x224", sensorSize)
    .option("--steps <N>", "time steps of --noise; default: 8", wholeUpTo(10_000))
    .addOption(precisionOption())
    .option("--runs <N>", "runs of which the median is told; default: 20", wholeUpTo(10_000))
    .option("--threads <N>", "worker threads; default: one for each core", threads)
    .addOption(calibrateOption())
    .option("--json", "print one JSON object instead of tables")
    .option("--html <FILE>", "write a page")
    .hook("preAction", (command) => {
      const { model, weights, input, at, noise, size, steps } = command.opts<ProfileOptions>();
      const fail = (message: string): void => command.error(`error: ${message}`);
      const named = command.args[0] ?? model;
      if (named === undefined && weights === undefined) fail("give MODEL, or --weights FILE");
      if (command.args.length > 0 && model !== undefined) fail("give MODEL or --model CONFIG, not both");
      if ((input === undefined) === (noise === undefined)) fail("give --input FILE or --noise");
      if (at !== undefined && input === undefined) fail("--at needs --input");
      if ((size ?? steps) !== undefined && noise === undefined) fail("--size and --steps need --noise");
    })
    .action(run);
}
