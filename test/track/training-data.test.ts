import { expect, test } from "vitest";
import { Random } from "../../src/core/index.ts";
import { evaluationBatches, generatePoseClip } from "../../src/data/index.ts";
import { joinEvents } from "../../src/events/index.ts";
import { generateMotion, randomScene, simulateRecording } from "../../src/simulate/index.ts";
import { type TrackedStep, trackPoses } from "../../src/track/index.ts";
import { eventsOf } from "../events/support.ts";
import { smallModel, streamOf, withThreads } from "./support.ts";

test("the tracker sees in a recording the voxels that training sees in the clip made of it", async () => {
  const scene = randomScene(new Random(12));
  const motion = generateMotion({ seed: 3, seconds: 1.2, frameRateHz: 60, kind: "walk", shape: scene.shape });
  const subject = { name: "walk", motion, scene, seed: 5 };
  const [batch] = evaluationBatches([generatePoseClip(subject)], {
    timeSteps: 8,
    windowSeconds: 1,
    batch: 1,
  });

  const sensor = { width: 128, height: 128 };
  const shots = simulateRecording({ ...subject, sensor, frameRateHz: 128 });
  // Bins of clips are open below and closed above: 1 µs later than the tracker's, which start at the first event.
  const start = eventsOf([[1, 0, 0, 0]]);
  const events = joinEvents([start, ...Array.from(shots, (shot) => shot.events)]);
  const steps = await withThreads(1, async () => {
    const found: TrackedStep[] = [];
    for await (const step of trackPoses(streamOf(events, sensor), smallModel())) found.push(step);
    return found;
  });

  expect(steps.length).toBeGreaterThanOrEqual(8);
  const expected = batch!.video.slice();
  expected[0] = 1; // the event that was added
  const seen = Float32Array.from(steps.slice(0, 8).flatMap(({ voxels }) => Array.from(voxels)));
  expect(expected.reduce((sum, v) => sum + v, 0)).toBeGreaterThan(2000);
  expect(seen.reduce((count, v, i) => count + (v === expected[i] ? 0 : 1), 0)).toBe(0);
});
