/** Films a person who walks with a simulated event camera: events, and where every joint truly is. */
import assert from "node:assert/strict";
import {
  generateMotion,
  JOINT_NAMES,
  motionSeconds,
  Random,
  randomScene,
  sensorPresets,
  simulateRecording,
} from "../src/index.ts";

const sensor = { width: 128, height: 128 };
// Who is seen, in which clothes and light, from where; all of it drawn from one seed.
const scene = randomScene(new Random(2026));
const motion = generateMotion({ seed: 3, seconds: 2, frameRateHz: 60, kind: "walk", shape: scene.shape });

let events = 0;
let inPicture = 0;
let joints = 0;
const rates: number[] = [];
for (const { events: batch, truth, camera } of simulateRecording({
  motion,
  scene,
  sensor,
  seed: 1,
  physics: sensorPresets.noisy,
  frameRateHz: 100,
})) {
  events += batch.t.length;
  if (truth.tUs > 0) rates.push(batch.t.length * 100);
  // The truth is in camera coordinates: x right, y down, z forward, in metres.
  for (let j = 0; j < JOINT_NAMES.length; j++) {
    const [x, y, z] = truth.joints.subarray(3 * j);
    const [column, row] = [camera.fx * (x! / z!) + camera.cx, camera.fy * (y! / z!) + camera.cy];
    joints++;
    if (column >= 0 && column < sensor.width && row >= 0 && row < sensor.height) inPicture++;
  }
}
const way = Math.hypot(
  motion.translation.at(-3)! - motion.translation[0]!,
  motion.translation.at(-1)! - motion.translation[2]!,
);
const speed = way / motionSeconds(motion);
console.log(`walked ${way.toFixed(2)} m at ${speed.toFixed(2)} m/s`);
console.log(`${events} events, ${Math.min(...rates)} to ${Math.max(...rates)} a second`);
console.log(`${((100 * inPicture) / joints).toFixed(1)} % of the joints in the picture`);
assert.ok(speed > 0.5 && speed < 3);
assert.ok(events > 10_000);
assert.ok(inPicture > 0.95 * joints);
