import { JOINTS, type Motion } from "../../../src/body/index.ts";
import { Random } from "../../../src/core/index.ts";
import { readMotion, skeletonOf } from "../../../src/data/node.ts";
import {
  encodeEvents,
  type Events,
  type SensorSize,
  writeEndingOf,
  writeFormatOf,
} from "../../../src/events/index.ts";
import {
  encodeTruthFrame,
  encodeTruthHeader,
  generateMotion,
  handHeldScene,
  motionSeconds,
  performMotion,
  presetSizes,
  renderedFrames,
  type Scene,
  sensorPresets,
  simulateRecording,
} from "../../../src/simulate/index.ts";
import type { Context } from "../context.ts";
import { InputError, reading } from "../faults.ts";
import { startProgress } from "../progress.ts";
import type { SimulateOptions } from "../simulate.ts";
import { checkDistinct } from "./distinct-files.ts";
import { commitTogether, GrowingFile } from "./growing-file.ts";
import { recordingFormat } from "./recording-format.ts";

/** Rendered frames per second. */
const FRAME_RATE_HZ = 200;
/** Sensor that the pose models are trained with. */
const SENSOR = { width: 128, height: 128 } as const;

/**
 * `saccade simulate`: a motion before a simulated event camera, into a recording and its true poses. Both files
 * appear at the end, or none does.
 */
export async function simulate(options: SimulateOptions, context: Context): Promise<void> {
  const { out, truth: truthPath = `${withoutEnding(out)}.truth.jsonl` } = options;
  checkDistinct([options.mocap], [out, truthPath]);
  const format = recordingFormat(out, options.format);
  const random = new Random(options.seed);
  const scene = handHeldScene(random.fork("scene"));
  const motion = await motionOf(options, scene, random.fork("motion"));
  const files: GrowingFile[] = [];
  try {
    for (const path of [out, truthPath]) files.push(await GrowingFile.open(path));
    const [recording, truth] = files as [GrowingFile, GrowingFile];
    const film = filming(options, scene, motion, truth, context);
    for await (const piece of encodeEvents(format, sizeOf(options), film)) await recording.write(piece);
    for (const file of files) await file.finish();
    await commitTogether(files);
  } finally {
    await Promise.all(files.map((file) => file.discard()));
  }
  context.stdout.write(`${out}\n${truthPath}\n`);
}

/** A path without the ending of a recording. */
function withoutEnding(path: string): string {
  const format = writeFormatOf(path);
  return format === undefined ? path : path.slice(0, -writeEndingOf(format).length);
}

function sizeOf({ size, preset }: SimulateOptions): SensorSize {
  return size ?? presetSizes[preset] ?? SENSOR;
}

/** Performed by the person of the scene, and cut to the length asked for. */
async function motionOf(options: SimulateOptions, { shape }: Scene, random: Random): Promise<Motion> {
  const { mocap, motion: kind, seconds } = options;
  if (mocap === undefined) {
    return generateMotion({
      random,
      seconds: seconds ?? 5,
      frameRateHz: 60,
      shape,
      ...(kind === undefined ? {} : { kind }),
    });
  }
  const motion = await reading(mocap, async () => {
    return performMotion(await readMotion(mocap, await skeletonOf(mocap)), { shape });
  });
  if (motionSeconds(motion) === 0) throw new InputError(mocap, "expected two frames or more, got one");
  return seconds === undefined ? motion : cut(motion, seconds);
}

/** The first seconds of a motion; at least two frames. */
function cut({ frameRateHz, pose, translation }: Motion, seconds: number): Motion {
  const frames = Math.max(2, Math.floor(seconds * frameRateHz + 1e-6) + 1);
  return {
    frameRateHz,
    pose: pose.subarray(0, 3 * JOINTS * frames),
    translation: translation.subarray(0, 3 * frames),
  };
}

/** Renders frame by frame: events go out, poses to `truth`. */
async function* filming(
  options: SimulateOptions,
  scene: Scene,
  motion: Motion,
  truth: GrowingFile,
  { signal, stderr, now }: Context,
): AsyncGenerator<Events> {
  const { seed, preset, maxStep } = options;
  const sensor = sizeOf(options);
  const total = renderedFrames(motion, FRAME_RATE_HZ);
  const progress = startProgress(stderr, { label: "simulate", total, unit: "frames", now });
  const physics = sensorPresets[preset];
  let done = 0;
  try {
    for (const shot of simulateRecording({
      motion,
      scene,
      sensor,
      seed,
      physics,
      frameRateHz: FRAME_RATE_HZ,
      ...(maxStep === undefined ? {} : { maxStep }),
    })) {
      if (done === 0) await truth.write(`${encodeTruthHeader({ camera: shot.camera, sensor })}\n`);
      await truth.write(`${encodeTruthFrame(shot.truth)}\n`);
      yield shot.events;
      progress.update(++done);
      // Lets Ctrl-C be heard.
      await new Promise((resolved) => setImmediate(resolved));
      signal.throwIfAborted();
    }
  } finally {
    progress.end();
  }
}
