/**
 * Makes `samples/walk.aedat4` and `samples/walk.truth.jsonl`: someone walks, squats, waves and kicks before our simulated
 * event camera. The same files on every run. Needs Node 24: `node scripts/make-sample.ts`.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Random } from "../src/core/index.ts";
import { encodeAedat4, type Events, joinEvents } from "../src/events/index.ts";
import { writeFileAtomic } from "../src/core/node.ts";
import {
  encodeTruthFrame,
  encodeTruthHeader,
  generateMotion,
  handHeldScene,
  type SensorPhysics,
  sensorPresets,
  simulateRecording,
} from "../src/simulate/index.ts";

const SECONDS = 10;
/** Decides what is done, and when. */
const MOTION_SEED = 1876;
/** Decides who is seen, in which light, from where. */
const SCENE_SEED = 12;
const SENSOR = { width: 128, height: 128 };
const FRAME_RATE_HZ = 200;
/** Rendered frames to a line of truth: 20 lines a second. */
const TRUTH_EVERY = 10;
/** Rendered frames to a batch of events. */
const PACKET_FRAMES = 20;

const random = new Random(SCENE_SEED);
const scene = handHeldScene(random);
const motion = generateMotion({
  seed: MOTION_SEED,
  seconds: SECONDS,
  frameRateHz: FRAME_RATE_HZ,
  shape: scene.shape,
});
// A good sensor in good light: a fifth of the noise of the preset.
const { noisy } = sensorPresets;
const physics: SensorPhysics = {
  ...noisy,
  leakRateHz: noisy.leakRateHz / 5,
  shotNoiseRateHz: noisy.shotNoiseRateHz / 5,
};
const options = { motion, scene, sensor: SENSOR, seed: random.uint32(), physics, frameRateHz: FRAME_RATE_HZ };

const truth: string[] = [];
let count = 0;

/** Events of some frames at a time: larger packets compress better. */
function* batches(): Generator<Events> {
  let held: Events[] = [];
  let frame = 0;
  for (const shot of simulateRecording(options)) {
    if (frame === 0) truth.push(encodeTruthHeader({ camera: shot.camera, sensor: SENSOR }));
    if (frame % TRUTH_EVERY === 0) truth.push(encodeTruthFrame(shot.truth));
    count += shot.events.t.length;
    held.push(shot.events);
    frame++;
    if (held.length === PACKET_FRAMES) {
      yield joinEvents(held);
      held = [];
    }
  }
  yield joinEvents(held);
}

const folder = fileURLToPath(new URL("../samples/", import.meta.url));
await mkdir(folder, { recursive: true });
await writeFileAtomic(join(folder, "walk.aedat4"), encodeAedat4(SENSOR, batches()));
await writeFileAtomic(join(folder, "walk.truth.jsonl"), new TextEncoder().encode(`${truth.join("\n")}\n`));
console.log(`${count} events, ${truth.length - 1} poses`);
