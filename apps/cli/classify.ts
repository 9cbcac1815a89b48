import type { Command } from "commander";
import { count, threads } from "./values.ts";

/** What `saccade classify` was asked for. */
export interface ClassifyOptions {
  readonly weights: string;
  /** Classes that are told of each input. */
  readonly top: number;
  readonly json?: boolean;
  readonly threads?: number;
  /** Page to write. */
  readonly html?: string;
}

/** Add `saccade classify INPUT...`. */
export function addClassify(
  program: Command,
  run: (inputs: readonly string[], options: ClassifyOptions) => Promise<void>,
): void {
  program
    .command("classify")
    .description("tell the classes of recordings, videos or pictures")
    .argument(
      "<INPUT...>",
      "event recordings (- for standard input), videos or pictures: what the model was trained with",
    )
    .requiredOption("--weights <FILE>", "trained model (safetensors), which says how its input is made")
    .option("--top <N>", "classes of each input, the most probable first", count, 5)
    .option("--threads <N>", "worker threads; default: one for each core", threads)
    .option("--json", "print a line of JSON for each input instead of a table")
    .option("--html <FILE>", "write a page with what the model saw, and its classes")
    .action(run);
}
