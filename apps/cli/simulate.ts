import { type Command, Option } from "commander";
import { seed, sensorSize } from "./values.ts";

/** What `saccade simulate` was asked for. */
export interface SimulateOptions {
  /** Motion capture to animate. */
  readonly bvh: string;
  /** Recording to write. */
  readonly out: string;
  /** Seed of all that is random: body, camera, sensor noise. */
  readonly seed: number;
  /** File for the true poses. */
  readonly truth?: string;
  /** Sensor size in pixels. */
  readonly size?: { readonly width: number; readonly height: number };
  readonly preset: "clean" | "noisy";
}

/** Add `saccade simulate`. */
export function addSimulate(program: Command, run: (options: SimulateOptions) => Promise<void>): void {
  program
    .command("simulate")
    .description("film a motion-capture clip with a simulated event camera")
    .requiredOption("--bvh <CLIP>", "motion capture (BVH)")
    .requiredOption("--out <FILE>", "recording to write (.aedat4)")
    .requiredOption("--seed <N>", "seed of body, camera and noise: the same seed gives the same file", seed)
    .option("--truth <FILE>", "write the true poses there")
    .option("--size <WxH>", "sensor size in pixels, for example 346x260", sensorSize)
    .addOption(
      new Option("--preset <NAME>", "sensor: ideal, or with noise, leak and refractory time")
        .choices(["clean", "noisy"])
        .default("clean"),
    )
    .action(run);
}
