/**
 * What it costs to render fewer frames: events of motions filmed at rates that follow them, against those of 1000 frames a
 * second. 256×256 pixels, one second each of four procedural motions before a camera held by hand. Ranges are over the
 * motions; the error of time is the median over the events of pixels that have as many events as in the reference.
 *
 *   npm run bench -- film-fidelity
 */
import { Random } from "../src/core/index.ts";
import { type Events, joinEvents } from "../src/events/index.ts";
import {
  filmMotion,
  generateMotion,
  handHeldScene,
  type MotionKind,
  type SensorPhysics,
  sensorPresets,
  Stage,
} from "../src/simulate/index.ts";
import { table } from "./harness.ts";

const SENSOR = { width: 256, height: 256 } as const;
const KINDS: readonly MotionKind[] = ["walk", "wave", "dance", "kick"];
const DURATION_US = 1_000_000;
const TICK_HZ = 25;
const REFERENCE_HZ = 1000;
/** Rate that `saccade generate` renders at most. */
const MAX_HZ = 500;
const STEPS = [1, 2, 3, 4] as const;

type Film = { readonly events: Events; readonly framesPerSecond: number };

/** A motion of its own, in a scene of its own, filmed at a rate. */
function film(kind: MotionKind, physics: SensorPhysics, pixelsPerFrame: number, maxHz: number): Film {
  const random = new Random(`fidelity ${kind}`);
  const scene = handHeldScene(random.fork("scene"));
  const motion = generateMotion({
    random: random.fork("motion"),
    seconds: DURATION_US / 1e6 + 0.02,
    frameRateHz: 100,
    kind,
    shape: scene.shape,
  });
  const stage = new Stage(motion, scene, SENSOR);
  const options = { motion, scene, sensor: SENSOR, seed: 1, physics, durationUs: DURATION_US };
  const batches: Events[] = [];
  let frames = -1;
  for (const shot of filmMotion({ ...options, tickHz: TICK_HZ, pixelsPerFrame, maxHz }, stage)) {
    batches.push(...shot.events);
    frames += shot.frames;
  }
  return { events: joinEvents(batches), framesPerSecond: (frames * 1e6) / DURATION_US };
}

/** Times of each pixel's events. */
function byPixel({ t, x, y }: Events): number[][] {
  const pixels = Array.from({ length: SENSOR.width * SENSOR.height }, (): number[] => []);
  t.forEach((at, k) => pixels[y[k]! * SENSOR.width + x[k]!]!.push(at));
  return pixels;
}

/** Median difference in milliseconds between the events of pixels that have equally many. */
function medianError(coarse: Events, fine: Events): number {
  const reference = byPixel(fine);
  const errors: number[] = [];
  byPixel(coarse).forEach((times, i) => {
    if (times.length !== reference[i]!.length) return;
    times.forEach((at, k) => errors.push(Math.abs(at - reference[i]![k]!)));
  });
  return errors.toSorted((a, b) => a - b)[errors.length >> 1]! / 1000;
}

/** The least and the most of some numbers. */
function range(values: readonly number[], digits: number, unit: string): string {
  const [low, high] = [Math.min(...values), Math.max(...values)].map((value) => value.toFixed(digits));
  return `${low === high ? low : `${low}–${high}`}${unit}`;
}

const references = KINDS.map((kind) => ({
  clean: film(kind, sensorPresets.clean, 1e-6, REFERENCE_HZ),
  noisy: film(kind, sensorPresets.noisy, 1e-6, REFERENCE_HZ),
}));
const rows = STEPS.map((step) => {
  const films = KINDS.map((kind) => ({
    clean: film(kind, sensorPresets.clean, step, MAX_HZ),
    noisy: film(kind, sensorPresets.noisy, step, MAX_HZ),
  }));
  const kept = (preset: "clean" | "noisy") =>
    films.map((made, k) => (100 * made[preset].events.t.length) / references[k]![preset].events.t.length);
  const errors = films.map((made, k) => medianError(made.clean.events, references[k]!.clean.events));
  return [
    String(step),
    range(
      films.map((made) => made.clean.framesPerSecond),
      0,
      "",
    ),
    range(kept("clean"), 0, " %"),
    range(errors, 1, " ms"),
    range(kept("noisy"), 0, " %"),
  ];
});
const head = ["`pixelsPerFrame`", "frames/s", "events, `clean`", "median error of time", "events, `noisy`"];
console.log(table(head, rows));
