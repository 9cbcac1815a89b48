/** Clips with events and everything that is known about them. */
import { type Intrinsics, JOINTS, type Motion, projectPoints, cameraAtOrigin } from "../body/index.ts";
import { ArgumentError, FormatError, Random } from "../core/index.ts";
import type { Events, SensorSize } from "../events/index.ts";
import {
  type CapturedMotion,
  drawScene,
  filmMotion,
  generateMotion,
  performMotion,
  sensorPresets,
  Stage,
} from "../simulate/index.ts";
import { PartMaskWriter, type PartMasks } from "./part-masks.ts";
import type { Label, Recipe } from "./recipe.ts";
import type { PlannedClip } from "./shard-plan.ts";

/** A clip of one person. Everything of the body is in camera coordinates: x right, y down, z forward, metres. */
export type LabelledClip = {
  readonly name: string;
  /** Name of the motion that was filmed. */
  readonly motion: string;
  /** What the person does, where that label was wanted. */
  readonly action: string | undefined;
  /** Preset of the sensor. */
  readonly preset: string;
  readonly sensor: SensorSize;
  /** Length, microseconds. */
  readonly durationUs: number;
  /** In the order of time, which starts at 0. */
  readonly events: Events;
  /** Times of the labels, `[F]`, microseconds. */
  readonly times: Int32Array;
  /** Axis-angle rotations of SMPL's joints, `[F, 24, 3]`, radians. */
  readonly pose: Float32Array | undefined;
  /** Shape coefficients of the built-in body, `[10]`. */
  readonly shape: Float32Array | undefined;
  /** Position of the pelvis, `[F, 3]`. */
  readonly translation: Float32Array | undefined;
  /** `[F, 24, 3]`, metres. */
  readonly joints3d: Float32Array | undefined;
  /** `[F, 24, 2]`, pixels; not a number behind the camera. */
  readonly joints2d: Float32Array | undefined;
  readonly camera: ClipCamera | undefined;
  readonly masks: PartMasks | undefined;
};

/** The camera of a clip: x_camera = R x_world + t, y up in the world. */
export type ClipCamera = {
  readonly intrinsics: Intrinsics;
  /** `[F, 3, 3]` */
  readonly rotation: Float32Array;
  /** `[F, 3]`, metres. */
  readonly translation: Float32Array;
};

/** Shortest motion that is filmed, seconds. */
const SHORTEST_SECONDS = 0.1;
const PROCEDURAL_RATE_HZ = 100;

/**
 * Makes a planned clip, tick by tick, so that the caller can stop between two; the last value is the clip. Everything
 * follows from the recipe, the plan and the motion.
 *
 * @param captured - the motion of the plan, where it is a file
 * @throws FormatError if the motion is too short, or its skeleton cannot be retargeted
 */
export function* filmClip(
  recipe: Recipe,
  plan: PlannedClip,
  captured?: CapturedMotion,
): Generator<void, LabelledClip, void> {
  const random = new Random(plan.seed);
  const scene = drawScene(random.fork("scene"), recipe);
  const preset = random.fork("preset").pick(recipe.presets);
  const motion = motionOf(recipe, plan, captured, scene.shape, random.fork("motion"));
  const seconds = Math.min(recipe.clipSeconds, (motion.translation.length / 3 - 1) / motion.frameRateHz);
  const durationUs = Math.floor(seconds * 1e6 + 1e-3);
  const stage = new Stage(motion, scene, recipe.sensor);
  const { width, height } = recipe.sensor;
  const wants = (label: Label) => recipe.labels.includes(label);
  const masks = wants("masks") ? new PartMaskWriter(width, height) : undefined;
  const chunks: Events[] = [];
  const film = {
    ...recipe.render,
    motion,
    scene,
    sensor: recipe.sensor,
    durationUs,
    seed: random.fork("sensor").uint32(),
    physics: sensorPresets[preset],
    tickHz: recipe.maskHz,
  };
  for (const shot of filmMotion(film, stage)) {
    chunks.push(...shot.events);
    masks?.add(shot.tUs, shot.parts);
    yield;
  }
  return {
    name: plan.name,
    motion: plan.motion.name,
    action: wants("action") ? plan.motion.action : undefined,
    preset,
    sensor: { width, height },
    durationUs,
    events: joined(chunks),
    ...labels(stage, durationUs, recipe.poseHz, wants),
    shape: wants("shape") ? Float32Array.from(scene.shape) : undefined,
    masks: masks?.finish(),
  };
}

function motionOf(
  { clipSeconds }: Recipe,
  { motion }: PlannedClip,
  captured: CapturedMotion | undefined,
  shape: readonly number[],
  random: Random,
): Motion {
  if ("kind" in motion) {
    // One frame more than the clip takes.
    const seconds = clipSeconds + 1 / PROCEDURAL_RATE_HZ;
    return generateMotion({ random, seconds, frameRateHz: PROCEDURAL_RATE_HZ, kind: motion.kind, shape });
  }
  if (captured === undefined)
    throw new ArgumentError(`filmClip: expected the motion ${motion.file}, got none`);
  const { frames, frameRateHz, format } = captured;
  const seconds = (frames - 1) / frameRateHz;
  if (!(seconds >= SHORTEST_SECONDS)) {
    throw new FormatError(
      format,
      0,
      `expected a motion of ${SHORTEST_SECONDS} s or more, got ${seconds} s`,
      motion.file,
    );
  }
  const first = Math.floor(random.uniform(0, Math.max(0, seconds - clipSeconds)) * frameRateHz);
  return performMotion(captured, { shape, first, frames: Math.ceil(clipSeconds * frameRateHz + 1e-6) + 1 });
}

/** Labels at equal times from the beginning to the end of a clip. */
function labels(stage: Stage, durationUs: number, poseHz: number, wants: (label: Label) => boolean) {
  const count = Math.floor((durationUs * poseHz) / 1e6 + 1e-6) + 1;
  const times = Int32Array.from({ length: count }, (_, f) => Math.round((f * 1e6) / poseHz));
  const column = (label: Label, numbers: number) =>
    wants(label) ? new Float32Array(count * numbers) : undefined;
  const pose = column("pose", JOINTS * 3);
  const translation = column("translation", 3);
  const joints3d = column("joints3d", JOINTS * 3);
  const joints2d = column("joints2d", JOINTS * 2);
  const camera = wants("camera")
    ? { rotation: new Float32Array(count * 9), translation: new Float32Array(count * 3) }
    : undefined;
  let intrinsics: Intrinsics | undefined;
  times.forEach((tUs, f) => {
    const look = stage.look(tUs);
    const { width, height, fx, fy, cx, cy } = look.camera;
    intrinsics ??= { width, height, fx, fy, cx, cy };
    pose?.set(look.truth.pose, f * JOINTS * 3);
    translation?.set(look.truth.translation, f * 3);
    joints3d?.set(look.truth.joints, f * JOINTS * 3);
    joints2d?.set(projectPoints(cameraAtOrigin(look.camera), look.truth.joints).pixels, f * JOINTS * 2);
    camera?.rotation.set(look.camera.rotation, f * 9);
    camera?.translation.set(look.camera.translation, f * 3);
  });
  return {
    times,
    pose,
    translation,
    joints3d,
    joints2d,
    camera: camera && { intrinsics: intrinsics!, ...camera },
  };
}

function joined(chunks: readonly Events[]): Events {
  const count = chunks.reduce((sum, { t }) => sum + t.length, 0);
  const out = {
    t: new Float64Array(count),
    x: new Uint16Array(count),
    y: new Uint16Array(count),
    on: new Uint8Array(count),
  };
  let at = 0;
  for (const { t, x, y, on } of chunks) {
    out.t.set(t, at);
    out.x.set(x, at);
    out.y.set(y, at);
    out.on.set(on, at);
    at += t.length;
  }
  return out;
}
