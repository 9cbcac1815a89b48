import { addClassify } from "./classify.ts";
import { addDatasets } from "./datasets.ts";
import { addForward } from "./forward.ts";
import { addDemo } from "./demo.ts";
import { addEvents } from "./events.ts";
import { addEval } from "./eval.ts";
import { addExport } from "./export.ts";
import { addGenerate } from "./generate.ts";
import { addModels } from "./models.ts";
import { addProfile } from "./profile.ts";
import type { Register } from "./program.ts";
import { addSegment } from "./segment.ts";
import { addSimulate } from "./simulate.ts";
import { addTrack } from "./track.ts";
import { addTrain } from "./train.ts";

/** The commands, in the order of the help text. What a command does is loaded when it is asked for. */
export const commands: readonly Register[] = [
  (program, context) => addDemo(program, async () => (await import("./run/demo.ts")).runDemo(context)),
  (program, context) =>
    addTrack(program, async (recording, options) => {
      await (await import("./run/track-kinds.ts")).track(recording, options, context);
    }),
  (program, context) =>
    addClassify(program, async (inputs, options) => {
      await (await import("./run/classify.ts")).classify(inputs, options, context);
    }),
  (program, context) =>
    addSegment(program, async (input, options) => {
      await (await import("./run/segment.ts")).segment(input, options, context);
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
    addEvents(program, {
      info: async (files, options) => (await import("./run/events/info.ts")).info(files, options, context),
      convert: async (from, to, options) => {
        await (await import("./run/events/convert.ts")).convert(from, to, options, context);
      },
      filter: async (args, options) =>
        (await import("./run/events/filter.ts")).filter(args, options, context),
      stats: async (file, options) => (await import("./run/events/stats.ts")).stats(file, options, context),
      view: async (file, options) => (await import("./run/events/view.ts")).view(file, options, context),
      play: async (file, options) => (await import("./run/events/play.ts")).play(file, options, context),
    }),
  (program, context) =>
    addGenerate(program, async (recipe, options) => {
      await (await import("./run/generate.ts")).generate(recipe, options, context);
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
    addDatasets(program, async (name, folder, options) => {
      await (await import("./run/datasets.ts")).describeDatasets(name, folder, options, context);
    }),
  (program, context) =>
    addModels(program, async (name, options) => {
      (await import("./run/models.ts")).describeModels(name, options, context);
    }),
  (program, context) =>
    addTrain(program, async (task, options) =>
      (await import("./run/train.ts")).train(task, options, context),
    ),
  (program, context) =>
    addEval(program, async (task, options) =>
      (await import("./run/eval.ts")).evaluate(task, options, context),
    ),
];
