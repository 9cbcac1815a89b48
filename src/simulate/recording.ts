/** Whole recordings: a motion in a scene before an event camera, with the ground truth. */
import {
  type Camera,
  jointIndex,
  type Motion,
  poseInCamera,
  poseJoints,
  restJoints,
  surface,
} from "../body/index.ts";
import { ArgumentError, Random, ShapeError } from "../core/index.ts";
import { type Events, joinEvents, type SensorSize } from "../events/index.ts";
import { Background } from "./background.ts";
import { CAPSULE_STRIDE, poseCapsules, type PosedCapsules } from "./capsules.ts";
import { frameMotion } from "./framing.ts";
import { pixelsMoved } from "./pace.ts";
import { motionSeconds, poseAt } from "./motion/index.ts";
import { Renderer } from "./renderer.ts";
import { COVERS, coverOf, type Scene } from "./scene.ts";
import { type SensorPhysics, sensorPresets } from "./presets.ts";
import { EventSensor } from "./sensor.ts";
import { lightInCamera, Textures } from "./shading.ts";
import { castShadow } from "./shadow.ts";
import type { TruthFrame } from "./truth.ts";

/** Renderings between two frames at most. */
const MAX_STEPS = 64;

/** One rendered frame of a simulated recording. */
export type SimulatedFrame = {
  /** Events since the frame before; none for the first. */
  readonly events: Events;
  /** The body at the time of the frame. */
  readonly truth: TruthFrame;
  /** Linear luminance `[H, W]`, 1 is white in full light. The buffer is reused by the next frame. */
  readonly frame: Float32Array;
  readonly camera: Camera;
};

/** What is simulated. */
export type SimulationOptions = {
  readonly motion: Motion;
  readonly scene: Scene;
  readonly sensor: SensorSize;
  /** Seed of the sensor's mismatch and noise. */
  readonly seed: number;
  /** Physics of the sensor; the preset `noisy` by default. */
  readonly physics?: SensorPhysics;
  /** Frames per second, 200 by default; the motion is interpolated to it. */
  readonly frameRateHz?: number;
  /**
   * Pixels that a joint or the background may move between two renderings: further ones are made between two frames
   * where need be, at most 64. One pixel is what the renderer's soft outlines need to move without a jump. Without it
   * only the frames are rendered.
   */
  readonly maxStep?: number;
};

/**
 * Simulates a recording frame by frame in constant memory: the first frame is at time 0, the last at or before the
 * end of the motion. Equal options give equal events, in Node and in browsers.
 *
 * @throws ArgumentError if the rate is not in (0, 10⁶], `maxStep` is not positive or the motion is empty
 */
export function* simulateRecording({
  motion,
  scene,
  sensor,
  seed,
  physics = sensorPresets.noisy,
  frameRateHz = 200,
  maxStep = Infinity,
}: SimulationOptions): Generator<SimulatedFrame, void, void> {
  if (!(maxStep > 0)) {
    throw new ArgumentError(`simulateRecording: expected maxStep > 0 pixels, got ${maxStep}`);
  }
  if (!(frameRateHz > 0 && frameRateHz <= 1e6)) {
    throw new ArgumentError(`simulateRecording: expected a frame rate in (0, 10⁶] Hz, got ${frameRateHz}`);
  }
  const camera = new EventSensor({ sensor, random: new Random(seed), ...physics });
  const stage = new Stage(motion, scene, sensor);
  const frames = renderedFrames(motion, frameRateHz);
  for (let f = 0, lastUs = 0; f < frames; f++) {
    const tUs = Math.round((f * 1e6) / frameRateHz);
    const batches: Events[] = [];
    const moved = f === 0 || maxStep === Infinity ? 0 : pixelsMoved(stage, lastUs, tUs);
    const steps = Math.max(1, Math.min(Math.ceil(moved / maxStep), MAX_STEPS, tUs - lastUs));
    for (let step = 1; step < steps; step++) {
      const betweenUs = lastUs + Math.round(((tUs - lastUs) * step) / steps);
      batches.push(camera.push(stage.shoot(betweenUs).frame, betweenUs));
    }
    const shot = stage.shoot(tUs);
    batches.push(camera.push(shot.frame, tUs));
    lastUs = tUs;
    yield { events: batches.length === 1 ? batches[0]! : joinEvents(batches), ...shot };
  }
}

/** Number of frames that {@link simulateRecording} renders of a motion. */
export function renderedFrames(motion: Motion, frameRateHz: number): number {
  // A motion of a whole number of frames may come out a rounding error short.
  return Math.floor(motionSeconds(motion) * frameRateHz + 1e-6) + 1;
}

/** A scene set up for a motion, that can be photographed at any time. */
export class Stage {
  readonly #motion: Motion;
  readonly #scene: Scene;
  readonly #sensor: SensorSize;
  readonly #shape: Float64Array;
  readonly #rest: Float64Array;
  readonly #body: ReturnType<typeof surface>;
  readonly #path: ReturnType<typeof frameMotion>;
  readonly #posed: PosedCapsules;
  readonly #textures: Textures;
  readonly #background: Background;
  readonly #renderer: Renderer;
  readonly #owners: Int16Array;
  /** Part of the body that each capsule is, after that of none. */
  readonly #parts: Uint8Array;
  readonly #scenery: Float32Array;
  #sceneryShift: readonly [number, number] = [NaN, NaN];
  readonly #frame: Float32Array;

  constructor(motion: Motion, scene: Scene, sensor: SensorSize) {
    this.#motion = motion;
    this.#scene = scene;
    this.#sensor = sensor;
    this.#shape = Float64Array.from(scene.shape);
    this.#rest = restJoints(this.#shape);
    this.#body = surface(this.#shape);
    this.#path = frameMotion(motion, this.#shape, scene.view, sensor);
    this.#posed = {
      data: new Float64Array(this.#body.length * CAPSULE_STRIDE),
      material: Uint8Array.from(this.#body, ({ part }) => COVERS.indexOf(coverOf(part, scene))),
    };
    const [x, y, z] = this.#rest.subarray(3 * jointIndex("head"));
    const materials = COVERS.map((cover) => scene.materials[cover]);
    this.#textures = new Textures(materials, [x!, y!, z!], scene.background.seed);
    const random = new Random(scene.background.seed);
    this.#background = new Background(scene.background, sensor, this.#path.horizon, random);
    this.#renderer = new Renderer(sensor);
    this.#parts = Uint8Array.from([0, ...this.#body.map(({ joint }) => joint + 1)]);
    this.#owners = new Int16Array(sensor.width * sensor.height);
    this.#scenery = new Float32Array(sensor.width * sensor.height);
    this.#frame = new Float32Array(sensor.width * sensor.height);
  }

  /** The picture and the truth at a time, microseconds; the frame's buffer is reused by the next call. */
  shoot(tUs: number): Omit<SimulatedFrame, "events"> {
    const { camera, seen, transforms } = this.#place(tUs);
    poseCapsules(this.#body, transforms, this.#rest, this.#posed);
    const frame = this.#frame;
    this.#drawScenery(tUs / 1e6);
    frame.set(this.#scenery);
    castShadow(transforms.joints, camera, this.#path.floor, this.#scene.shadow, this.#sensor, frame);
    const light = lightInCamera(this.#scene.lighting, camera.rotation);
    this.#renderer.draw(this.#posed, camera, this.#textures, light, frame);
    return { truth: { tUs, joints: transforms.joints, ...seen }, frame, camera };
  }

  /**
   * Parts of the body in the picture shot last: 0 for what is no body, j + 1 for the bone of joint j, 1…24.
   *
   * @param out - `[H, W]`, overwritten
   * @throws ShapeError if it is not of the sensor's size
   */
  parts(out: Uint8Array): void {
    const owners = this.#owners;
    if (out.length !== owners.length) {
      throw new ShapeError(`Stage.parts: expected ${owners.length} pixels, got ${out.length}`);
    }
    this.#renderer.owners(owners);
    const parts = this.#parts;
    for (let i = 0; i < out.length; i++) out[i] = parts[owners[i]! + 1]!;
  }

  /** The body and the camera at a time, microseconds, without a picture. */
  look(tUs: number): Omit<SimulatedFrame, "events" | "frame"> {
    const { camera, seen, transforms } = this.#place(tUs);
    return { truth: { tUs, joints: transforms.joints, ...seen }, camera };
  }

  /** Pixels by which the background has moved to the right and down since the start, at a time, microseconds. */
  shift(tUs: number): readonly [number, number] {
    return this.#path.shift(tUs / 1e6);
  }

  /** The camera, and the body in its coordinates. */
  #place(tUs: number) {
    const camera = this.#path.at(tUs / 1e6);
    const world = poseAt(this.#motion, tUs / 1e6, this.#shape);
    const seen = poseInCamera(camera, world, this.#rest.subarray(0, 3));
    return { camera, seen, transforms: poseJoints(this.#rest, seen.pose, seen.translation) };
  }

  #drawScenery(seconds: number): void {
    const [x, y] = this.#path.shift(seconds);
    if (x === this.#sceneryShift[0] && y === this.#sceneryShift[1]) return;
    this.#sceneryShift = [x, y];
    this.#background.draw(x, y, this.#scenery);
  }
}
