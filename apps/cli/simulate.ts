import { type Command, Option } from "commander";
import { writeFormats, type WriteFormat } from "../../src/events/index.ts";
import { MOTION_KINDS, type MotionKind, type SensorPreset, sensorPresets } from "../../src/simulate/index.ts";
import { positiveNumber, seed, sensorSize } from "./values.ts";

/** What `saccade simulate` was asked for. */
export interface SimulateOptions {
  /** Motion capture to animate. Of `mocap`, `motion`, `video` and `videos` one is given. */
  readonly mocap?: string;
  /** Kind of motion to generate instead. */
  readonly motion?: MotionKind;
  /** Video, or folder of images, to film instead. */
  readonly video?: string;
  /** Folder of videos, of each of which a recording is made. */
  readonly videos?: string;
  /** Recording to write; the folder for them with `videos`. */
  readonly out: string;
  /** Seed of all that is random: motion, body, scene, camera, sensor noise. */
  readonly seed: number;
  /** File for the true poses; beside the recording when absent. */
  readonly truth?: string;
  /** Sensor size in pixels; when absent that of the preset, else of the video, or 128x128. */
  readonly size?: { readonly width: number; readonly height: number };
  readonly preset: SensorPreset;
  /** Frames of a video per second. */
  readonly fps?: number;
  /** What is put between frames where more are asked for than a video has. */
  readonly between: "repeat" | "blend" | "motion";
  /** Whether the curve of the video's codes is undone first. */
  readonly srgb?: true;
  /** By the ending of `out` when absent. */
  readonly format?: WriteFormat;
  /** Pixels that a body may move between two rendered frames. */
  readonly maxStep?: number;
  /** Length of the recording at most; the whole clip, or 5 s of a generated motion when absent. */
  readonly seconds?: number;
}

/** Add `saccade simulate`. */
export function addSimulate(program: Command, run: (options: SimulateOptions) => Promise<void>): void {
  program
    .command("simulate")
    .description("film a motion or a video with a simulated event camera")
    .option("--mocap <FILE>", "motion capture: BVH, AMC beside its ASF, AMASS (npz) or DeepMimic (json)")
    .addOption(new Option("--bvh <FILE>", "the former name of --mocap").hideHelp().conflicts("mocap"))
    .addOption(
      new Option("--motion <KIND>", "generate a motion instead")
        .choices(MOTION_KINDS)
        .conflicts(["mocap", "bvh"]),
    )
    .addOption(
      new Option("--video <FILE|FOLDER>", "film a video, or a folder of images, instead").conflicts([
        "mocap",
        "bvh",
        "motion",
        "videos",
      ]),
    )
    .addOption(
      new Option(
        "--videos <FOLDER>",
        "film every video of CLASS/CLIP into a folder: goes on where it was stopped",
      ).conflicts(["mocap", "bvh", "motion", "truth"]),
    )
    .requiredOption(
      "--out <FILE>",
      "recording to write, in the format of its ending (.aedat4, …); a folder for --videos",
    )
    .requiredOption(
      "--seed <N>",
      "seed of motion, body, camera and noise: the same seed gives the same file",
      seed,
    )
    .option(
      "--truth <FILE>",
      "true poses to write (JSON lines); default: NAME.truth.jsonl beside the recording",
    )
    .option(
      "--size <WxH>",
      "sensor size in pixels, for example 346x260; default: the preset's, else the video's or 128x128",
      sensorSize,
    )
    .addOption(
      new Option("--preset <NAME>", "sensor: ideal, or with noise, leak and refractory time, or a camera")
        .choices(Object.keys(sensorPresets))
        .default("clean"),
    )
    .option("--fps <N>", "frames of a video per second; default: its own; needed for images", positiveNumber)
    .addOption(
      new Option("--between <HOW>", "frames that --fps adds: repeat, blend two, or move along (slow)")
        .choices(["repeat", "blend", "motion"])
        .default("repeat"),
    )
    .option("--srgb", "undo a video's sRGB curve first; v2e takes the codes for light, as is done without")
    .addOption(
      new Option("--format <NAME>", "format; default: by the ending of --out, aedat4 for --videos").choices(
        writeFormats,
      ),
    )
    .option(
      "--max-step <PIXELS>",
      "render as often as needed for no joint to move farther between two frames of --bvh or --motion",
      positiveNumber,
    )
    .option(
      "--seconds <N>",
      "film no longer than this; default: the clip or video, or 5 s of --motion",
      positiveNumber,
    )
    .hook("preAction", (command) => {
      const { mocap, bvh, motion, video, videos } = command.opts<SimulateOptions & { bvh?: string }>();
      if (bvh !== undefined) command.setOptionValue("mocap", bvh);
      if ([mocap, bvh, motion, video, videos].every((source) => source === undefined)) {
        command.error("error: give --mocap FILE or --motion KIND, --video FILE or --videos FOLDER");
      }
    })
    .action(run);
}
