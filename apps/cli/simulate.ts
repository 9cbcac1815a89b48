import { type Command, Option } from "commander";
import { MOTION_KINDS, type MotionKind } from "../../src/simulate/index.ts";
import { positiveNumber, seed, sensorSize } from "./values.ts";

/** What `saccade simulate` was asked for. */
export interface SimulateOptions {
  /** Motion capture to animate; this or `motion` is given. */
  readonly mocap?: string;
  /** Kind of motion to generate instead. */
  readonly motion?: MotionKind;
  /** Recording to write. */
  readonly out: string;
  /** Seed of all that is random: motion, body, scene, camera, sensor noise. */
  readonly seed: number;
  /** File for the true poses; beside the recording when absent. */
  readonly truth?: string;
  /** Sensor size in pixels; 128x128 when absent. */
  readonly size?: { readonly width: number; readonly height: number };
  readonly preset: "clean" | "noisy";
  /** Length of the recording at most; the whole clip, or 5 s of a generated motion when absent. */
  readonly seconds?: number;
}

/** Add `saccade simulate`. */
export function addSimulate(program: Command, run: (options: SimulateOptions) => Promise<void>): void {
  program
    .command("simulate")
    .description("film a motion with a simulated event camera")
    .option("--mocap <FILE>", "motion capture: BVH, AMC beside its ASF, AMASS (npz) or DeepMimic (json)")
    .addOption(new Option("--bvh <FILE>", "the former name of --mocap").hideHelp().conflicts("mocap"))
    .addOption(
      new Option("--motion <KIND>", "generate a motion instead")
        .choices(MOTION_KINDS)
        .conflicts(["mocap", "bvh"]),
    )
    .requiredOption("--out <FILE>", "recording to write (.aedat4)")
    .requiredOption(
      "--seed <N>",
      "seed of motion, body, camera and noise: the same seed gives the same file",
      seed,
    )
    .option(
      "--truth <FILE>",
      "true poses to write (JSON lines); default: NAME.truth.jsonl beside the recording",
    )
    .option("--size <WxH>", "sensor size in pixels, for example 346x260; default: 128x128", sensorSize)
    .addOption(
      new Option("--preset <NAME>", "sensor: ideal, or with noise, leak and refractory time")
        .choices(["clean", "noisy"])
        .default("clean"),
    )
    .option(
      "--seconds <N>",
      "film no longer than this; default: the clip, or 5 s of --motion",
      positiveNumber,
    )
    .hook("preAction", (command) => {
      const { mocap, bvh, motion } = command.opts<SimulateOptions & { bvh?: string }>();
      if (bvh !== undefined) command.setOptionValue("mocap", bvh);
      if (mocap === undefined && bvh === undefined && motion === undefined) {
        command.error("error: give --mocap FILE or --motion KIND");
      }
    })
    .action(run);
}
