/** Reads an event recording, batch by batch, and looks at it. The recording is first simulated, in memory. */
import assert from "node:assert/strict";
import { encodeAedat4, type Events, joinEvents, openEvents, Random } from "../src/index.ts";
import { generateMotion, randomScene, sensorPresets, simulateRecording } from "../src/index.ts";

const sensor = { width: 96, height: 96 };

/** The events of half a second of a person who dances, seen by a sensor without noise. */
function* film(): Generator<Events> {
  const scene = randomScene(new Random(6));
  const motion = generateMotion({
    seed: 1,
    seconds: 0.5,
    frameRateHz: 60,
    kind: "dance",
    shape: scene.shape,
  });
  const physics = sensorPresets.clean;
  for (const { events } of simulateRecording({ motion, scene, sensor, seed: 1, physics })) yield events;
}

// A file works the same: openRecording("walk.aedat4") of saccade/events/node. The format is told by the content.
const recording = await openEvents(encodeAedat4(sensor, film()));
const batches: Events[] = [];
for await (const batch of recording) batches.push(batch);
const events = joinEvents(batches);
const seconds = (events.t.at(-1)! - events.t[0]!) / 1e6;
const on = events.on.reduce((count, value) => count + value, 0) / events.t.length;
console.log(`${recording.format}, ${recording.sensor.width}x${recording.sensor.height} pixels`);
console.log(`${events.t.length} events in ${seconds.toFixed(2)} s, ${(100 * on).toFixed(0)} % of them ON`);
assert.equal(recording.format, "aedat4");
assert.deepEqual(recording.sensor, sensor);
assert.ok(events.t.every((t, i) => i === 0 || t >= events.t[i - 1]!));
assert.ok(seconds > 0.4 && seconds <= 0.5);

// Where it fired, in cells of 3 x 6 pixels: who moves shows.
const [columns, rows] = [32, 16];
const cells = new Float64Array(columns * rows);
for (let i = 0; i < events.t.length; i++) {
  cells[Math.floor(events.y[i]! / 6) * columns + Math.floor(events.x[i]! / 3)]!++;
}
const fired = cells.filter((count) => count > 0).sort();
const middle = fired[fired.length >> 1]!;
for (let row = 0; row < rows; row++) {
  const line = cells.subarray(row * columns, (row + 1) * columns);
  const marks = Array.from(line, (count) => " .:+#"[Math.min(4, Math.ceil((2 * count) / middle))]);
  console.log(marks.join(""));
}
assert.ok(fired.length > 50 && fired.length < cells.length / 2);
