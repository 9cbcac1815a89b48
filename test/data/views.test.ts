import { expect, suite, test } from "vitest";
import { procrustes, procrustesErrors } from "../../src/body/index.ts";
import { ArgumentError, Random, ShapeError } from "../../src/core/index.ts";
import { evaluationBatches, generatePoseClip, generateViews, joinViews } from "../../src/data/index.ts";
import { generateMotion, randomScene } from "../../src/simulate/index.ts";
import { COARSE, sampleClip } from "./sample.ts";

const scene = {
  ...randomScene(new Random(4)),
  view: { ...randomScene(new Random(4)).view, pan: [], tilt: [] },
};
const motion = generateMotion({ seed: 4, seconds: 0.52, frameRateHz: 60, kind: "dance", shape: scene.shape });
const subject = { name: "dance", motion, scene, seed: 9 };
const beside = { ...scene.view, heading: scene.view.heading + Math.PI / 2 };
const clips = generateViews(subject, [scene.view, beside], COARSE);
const options = { timeSteps: 2, windowSeconds: 0.25, batch: 2 };
const batchesOf = (of: typeof clips) => [...evaluationBatches(of, options)];
const [front, side] = clips.map((clip) => batchesOf([clip])[0]!) as [Batch, Batch];
type Batch = ReturnType<typeof batchesOf>[number];

suite("several views of a motion", () => {
  test("the first is the clip of the scene; all show the same body, moved as a whole", () => {
    expect(clips.map(({ name }) => name)).toEqual(["dance.0", "dance.1"]);
    expect({ ...clips[0]!, name: "dance" }).toEqual(generatePoseClip(subject, COARSE));
    expect(clips[1]!.frames).not.toEqual(clips[0]!.frames);
    for (let row = 0; row < 4; row++) {
      const [a, b] = [front, side].map(({ joints }) => joints.slice(72 * row, 72 * row + 72)) as [
        Float64Array,
        Float64Array,
      ];
      expect(Math.max(...procrustesErrors(a, b))).toBeLessThan(1e-5);
      expect(procrustes(a, b).scale).toBeCloseTo(1, 5);
      // Cameras a quarter of a turn apart.
      expect(procrustes(a, b).rotation[4]).toBeCloseTo(1, 0);
      expect(Math.abs(procrustes(a, b).rotation[0]!)).toBeLessThan(0.3);
    }
  });

  test("join to one batch with the poses of the first", () => {
    const joined = joinViews([front, side]);
    expect(joined).toMatchObject({ views: 2, timeSteps: 2, batch: 2, pose: front.pose });
    const frame = 4 * 16 * 16;
    expect(joined.video.length).toBe(2 * 2 * 2 * frame);
    for (let row = 0; row < 4; row++) {
      [front, side].forEach(({ video }, v) => {
        const at = (2 * row + v) * frame;
        expect(joined.video.slice(at, at + frame)).toEqual(video.slice(row * frame, (row + 1) * frame));
      });
    }
    expect(joinViews([front]).video).toEqual(front.video);
  });

  test("of other people, other sizes or none at all do not join", () => {
    const other = batchesOf([sampleClip(8, 0.52)])[0]!;
    expect(() => joinViews([front, other])).toThrow(ArgumentError);
    expect(() => joinViews([])).toThrow(/expected a view or more, got none/);
    const short = [...evaluationBatches(clips.slice(1), { ...options, batch: 1 })][0]!;
    expect(() => joinViews([front, short])).toThrow(ShapeError);
  });
});
