import { encodeEvents, type Events, type SensorSize } from "../../../src/events/index.ts";
import { presetSizes, sensorPresets, simulateVideo } from "../../../src/simulate/index.ts";
import { openVideo, type Video } from "../../../src/video/node.ts";
import type { Context } from "../context.ts";
import { reading } from "../faults.ts";
import { startProgress } from "../progress.ts";
import type { SimulateOptions } from "../simulate.ts";
import { checkDistinct } from "./distinct-files.ts";
import { GrowingFile } from "./growing-file.ts";
import { recordingFormat } from "./recording-format.ts";

/** `saccade simulate --video`: a video before a simulated event camera. The recording appears when it is whole. */
export async function filmVideo(options: SimulateOptions, context: Context): Promise<void> {
  const { out, preset, fps, between } = options;
  const path = options.video!;
  checkDistinct([path], [out]);
  const format = recordingFormat(out, options.format);
  const video = await reading(path, () =>
    openVideo(path, {
      ...(options.size ?? presetSizes[preset]),
      ...(fps === undefined ? {} : { rateHz: fps }),
      between,
      signal: context.signal,
    }),
  );
  const sensor: SensorSize = { width: video.width, height: video.height };
  const file = await GrowingFile.open(out);
  try {
    const events = filming(options, video, context);
    for await (const piece of encodeEvents(format, sensor, events)) await file.write(piece);
    await file.finish();
    await file.commit();
  } finally {
    await file.discard();
  }
  context.stdout.write(`${out}\n`);
}

async function* filming(
  { seed, preset, srgb, seconds = Infinity }: SimulateOptions,
  video: Video,
  { signal, stderr, now }: Context,
): AsyncGenerator<Events> {
  const { rateHz, expectedFrames = 0 } = video;
  const total = Math.min(expectedFrames, Math.floor(seconds * rateHz) + 1);
  const progress = startProgress(stderr, { label: "simulate", total, unit: "frames", now });
  const physics = sensorPresets[preset];
  let done = 0;
  try {
    const steps = simulateVideo(video, { seed, physics, transfer: srgb ? "srgb" : "linear" });
    for await (const { tUs, events } of steps) {
      if (tUs > seconds * 1e6) break;
      yield events;
      progress.update(++done);
      signal.throwIfAborted();
    }
  } finally {
    progress.end();
  }
}
