import { expect, suite, test } from "vitest";
import { procrustes, procrustesErrors } from "../../src/body/index.ts";
import { ArgumentError, Random, ShapeError } from "../../src/core/index.ts";
import {
  clipsByView,
  evaluationBatches,
  generatePlanned,
  generatePoseClip,
  generateViews,
  joinViews,
  MultiViewBatches,
  multiViewEvaluationBatches,
  planClips,
  PoseBatches,
  proceduralSources,
} from "../../src/data/index.ts";
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

suite("planned views", () => {
  const sources = proceduralSources("walk", 4);
  const plan = (views: number) => planClips(sources, { variants: 2, seed: 3, views });

  test("follow one another; one view is what it was", () => {
    expect(plan(1)).toEqual(planClips(sources, { variants: 2, seed: 3 }));
    expect(plan(2).map(({ name }) => name)).toEqual(
      ["v0.0", "v0.1", "v1.0", "v1.1"].map((end) => `walk.0.${end}`),
    );
    const inOrder = [clips[0]!, clips[1]!, clips[0]!, clips[1]!];
    expect(clipsByView(inOrder, 2)).toEqual([0, 1].map((v) => [clips[v], clips[v]]));
  });

  test("stand at equal angles around the same body, the first where the only one would", () => {
    const [alone] = plan(1).map((planned) => generatePlanned(planned, COARSE));
    const views = plan(3)
      .slice(0, 3)
      .map((planned) => generatePlanned(planned, COARSE));
    expect({ ...views[0]!, name: alone!.name }).toEqual(alone);
    const joints = views.map((clip) => batchesOf([clip])[0]!.joints.slice(0, 72));
    for (const [a, b] of [
      [0, 1],
      [1, 2],
      [2, 0],
    ] as const) {
      expect(Math.max(...procrustesErrors(joints[a]!, joints[b]!))).toBeLessThan(1e-5);
      // The trace of a turn by 120°, but for elevations and rolls, is 1 + 2·cos 120° = 0.
      const { rotation } = procrustes(joints[a]!, joints[b]!);
      expect(Math.abs(rotation[0]! + rotation[4]! + rotation[8]!)).toBeLessThan(0.6);
    }
  });
});

suite("batches of several views", () => {
  const cut = { timeSteps: 2, windowSeconds: [0.25], batch: 2, augment: { flip: 0.5, rotationDegrees: 20 } };
  const byView = clips.map((clip) => [clip]);
  const make = (seed: number) => new MultiViewBatches(byView, { ...cut, random: new Random(seed) });

  test("are those of the views, joined, with equal changes", () => {
    const batches = make(1);
    const single = clips.map((clip) => new PoseBatches([clip], { ...cut, random: new Random(1) }));
    for (let i = 0; i < 3; i++) {
      expect(batches.next()).toEqual(joinViews(single.map((view) => view.next())));
    }
  });

  test("go on from a saved state; the generator that was given is left as it is", () => {
    const random = new Random(4);
    const whole = new MultiViewBatches(byView, { ...cut, random });
    whole.next();
    expect(random.save()).toEqual(new Random(4).save());
    const resumed = make(9);
    resumed.restore(JSON.parse(JSON.stringify(whole.save())) as ReturnType<typeof whole.save>);
    expect(resumed.next()).toEqual(whole.next());
    expect(() => new MultiViewBatches([], { ...cut, random })).toThrow(/expected a view or more, got none/);
  });

  test("of an evaluation are all windows", () => {
    const joined = [...multiViewEvaluationBatches(byView, { ...options, batch: 1 })];
    const first = [...evaluationBatches([clips[0]!], { ...options, batch: 1 })];
    expect(joined.length).toBe(first.length);
    joined.forEach((batch, i) => expect(batch).toMatchObject({ views: 2, joints: first[i]!.joints }));
  });
});
