/**
 * Draws docs/images/simulation.png: 40 ms of one scene as each preset sees it, ON white, OFF black.
 *
 *   node scripts/simulation-picture.ts [FILE]
 */
import { Random } from "../src/core/index.ts";
import {
  generateMotion,
  handHeldScene,
  type SensorPreset,
  sensorPresets,
  simulateRecording,
  Stage,
} from "../src/simulate/index.ts";
import { writeVideo } from "../src/video/node.ts";

const SENSOR = { width: 240, height: 180 } as const;
const FROM_US = 400_000;
const TO_US = 440_000;
const GAP = 4;

const scene = handHeldScene(new Random(12));
const motion = generateMotion({ seed: 4, seconds: 0.5, frameRateHz: 60, kind: "dance", shape: scene.shape });
const names = Object.keys(sensorPresets) as SensorPreset[];
const panels = [photograph(), ...names.map(accumulated)];
const columns = 3;
const rows = Math.ceil(panels.length / columns);
const width = columns * (SENSOR.width + GAP) - GAP;
const height = rows * (SENSOR.height + GAP) - GAP;
const picture = new Uint8Array(width * height).fill(255);
panels.forEach((panel, p) => {
  const [left, top] = [(p % columns) * (SENSOR.width + GAP), Math.floor(p / columns) * (SENSOR.height + GAP)];
  for (let y = 0; y < SENSOR.height; y++) {
    const row = panel.subarray(y * SENSOR.width, (y + 1) * SENSOR.width);
    picture.set(row, (top + y) * width + left);
  }
});
const file = process.argv[2] ?? "docs/images/simulation.png";
await writeVideo(file, [picture], { rateHz: 1, width, height, channels: 1 });
console.log(`${file}: scene, ${names.join(", ")}`);

function photograph(): Uint8Array {
  const { frame } = new Stage(motion, scene, SENSOR).shoot((FROM_US + TO_US) / 2);
  return Uint8Array.from(frame, (value) => 255 * Math.min(1, Math.max(0, value)) ** (1 / 2.2));
}

function accumulated(name: SensorPreset): Uint8Array {
  const panel = new Uint8Array(SENSOR.width * SENSOR.height).fill(128);
  const physics = sensorPresets[name];
  for (const { events } of simulateRecording({
    motion,
    scene,
    sensor: SENSOR,
    seed: 1,
    physics,
    maxStep: 0.5,
  })) {
    events.t.forEach((t, k) => {
      if (t < FROM_US || t >= TO_US) return;
      const at = events.y[k]! * SENSOR.width + events.x[k]!;
      panel[at] = Math.min(255, Math.max(0, panel[at]! + (events.on[k] === 1 ? 64 : -64)));
    });
  }
  return panel;
}
