import { addForward } from "./forward.ts";
import { addDemo } from "./demo.ts";
import { addEval } from "./eval.ts";
import { addExport } from "./export.ts";
import { addProfile } from "./profile.ts";
import type { Register } from "./program.ts";
import { addSimulate } from "./simulate.ts";
import { addTrack } from "./track.ts";
import { addTrain } from "./train.ts";

/** The commands, in the order of the help text. What a command does is loaded when it is asked for. */
export const commands: readonly Register[] = [
  (program, context) => addDemo(program, async () => (await import("./run/demo.ts")).runDemo(context)),
  (program, context) =>
    addTrack(program, async (recording, options) => {
      await (await import("./run/track.ts")).runTrack(recording, options, context);
    }),
  (program, context) =>
    addSimulate(program, async (options) => {
      if (options.videos !== undefined)
        await (await import("./run/simulate-videos.ts")).simulateVideos(options, context);
      else if (options.video !== undefined)
        await (await import("./run/simulate-video.ts")).filmVideo(options, context);
      else await (await import("./run/simulate.ts")).simulate(options, context);
    }),
  (program, context) =>
    addForward(program, async (options) => (await import("./run/forward.ts")).forward(options, context)),
  (program, context) =>
    addProfile(program, async (model, options) => {
      await (await import("./run/profile.ts")).profile(model, options, context);
    }),
  (program, context) =>
    addExport(program, async (options) => (await import("./run/export.ts")).exportModel(options, context)),
  (program, context) =>
    addTrain(program, async (_task, options) => (await import("./run/train.ts")).train(options, context)),
  (program, context) =>
    addEval(program, async (_task, options) => (await import("./run/eval.ts")).evaluate(options, context)),
];
