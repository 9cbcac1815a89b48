import { expect, suite, test } from "vitest";
import { geodesicDistance, poseBuiltinBody } from "../../src/body/index.ts";
import { ArgumentError, CheckpointError, Random } from "../../src/core/index.ts";
import { evaluationBatches, type PoseBatch, PoseBatches, type PoseClip } from "../../src/data/index.ts";
import { sampleClip } from "./sample.ts";

const clips = [sampleClip(1, 2.5), sampleClip(2, 0.6), sampleClip(3, 0.2)];
const [long, short] = clips as [PoseClip, PoseClip, PoseClip];

suite("evaluation batches", () => {
  test("windows follow each other through every clip; too short clips are left out", () => {
    const batches = [...evaluationBatches(clips, { batch: 2 })];
    expect(batches.map(({ batch }) => batch)).toEqual([2, 1]);
    const [first, last] = batches as [PoseBatch, PoseBatch];
    expect(first).toMatchObject({ timeSteps: 8, channels: 4, size: 16 });
    // One second is 8 steps of 8 bins; 0.6 s hold 8 steps of 4 bins.
    expect(targetEdge(first, 0, 0, long)).toBe(8);
    expect(targetEdge(first, 7, 1, long)).toBe(128);
    expect(targetEdge(last, 0, 0, short)).toBe(4);
    expect(targetEdge(last, 7, 0, short)).toBe(32);
  });

  test("poses are wanted at the ends of steps, or at all their edges", () => {
    const [ends] = [...evaluationBatches([long], { batch: 2 })] as [PoseBatch];
    const [edges] = [...evaluationBatches([long], { batch: 2, times: "edges" })] as [PoseBatch];
    expect([ends.poses, edges.poses]).toEqual([8, 9]);
    expect(edges.video).toEqual(ends.video);
    for (const key of ["pose", "shape", "translation", "joints", "joints2d"] as const) {
      const row = ends[key].length / 8;
      expect(edges[key].subarray(row)).toEqual(ends[key]);
    }
    expect([0, 1].map((b) => targetEdge(edges, 0, b, long))).toEqual([0, 64]);
  });

  test("a voxel is 1 where a bin of its half step saw an event", () => {
    const [batch] = [...evaluationBatches([long], { batch: 2 })] as [PoseBatch];
    for (let i = 0; i < batch.video.length; i++) {
      const pixel = i % 256;
      const channel = Math.floor(i / 256) % 4;
      const b = Math.floor(i / 1024) % 2;
      const t = Math.floor(i / 2048);
      const first = 64 * b + 8 * t + 4 * (channel >> 1);
      let seen = 0;
      for (let bin = first; bin < first + 4; bin++) {
        const byte = long.frames[(2 * bin + (channel & 1)) * 32 + (pixel >> 3)]!;
        seen |= (byte >> (7 - (pixel & 7))) & 1;
      }
      expect(batch.video[i]).toBe(seen);
    }
  });

  test("joints are those of pose, shape and translation, and their projections lie in the unit square", () => {
    const [batch] = [...evaluationBatches([long], { batch: 2 })] as [PoseBatch];
    for (const [t, b] of [
      [0, 0],
      [7, 1],
    ] as const) {
      const edge = targetEdge(batch, t, b, long);
      const { joints } = poseBuiltinBody({
        pose: Float64Array.from(long.pose.subarray(72 * edge, 72 * edge + 72)),
        shape: Float64Array.from(long.shape),
        translation: Float64Array.from(long.translation.subarray(3 * edge, 3 * edge + 3)),
      });
      const at = 72 * (2 * t + b);
      joints.forEach((value, i) => expect(batch.joints[at + i]).toBeCloseTo(value, 9));
    }
    const inside = batch.joints2d.filter((x) => x > 0 && x < 1).length / batch.joints2d.length;
    expect(inside).toBeGreaterThan(0.95);
  });
});

suite("training batches", () => {
  const options = { windowSeconds: [0.25, 1], batch: 3, augment: { flip: 0.5, rotationDegrees: 20 } };

  test("a restored run sees the same batches", () => {
    const batches = new PoseBatches(clips, { ...options, random: new Random(7) });
    batches.next();
    const state = JSON.parse(JSON.stringify(batches.save())) as ReturnType<PoseBatches["save"]>;
    const expected = [batches.next(), batches.next()];
    const resumed = new PoseBatches(clips, { ...options, random: new Random(8) });
    resumed.restore(state);
    expect([resumed.next(), resumed.next()]).toEqual(expected);
  });

  test("a mirrored sample is the mirror image of the picture, the body and its projection", () => {
    const [plain, mirrored] = [0, 1].map((flip) =>
      new PoseBatches([long], {
        ...options,
        random: new Random(3),
        augment: { flip, rotationDegrees: 0 },
      }).next(),
    ) as [PoseBatch, PoseBatch];
    const rows = plain.video.length / 16;
    for (let row = 0; row < rows; row++) {
      const at = 16 * row;
      expect(mirrored.video.slice(at, at + 16).reverse()).toEqual(plain.video.slice(at, at + 16));
    }
    for (let i = 0; i < plain.joints2d.length / 2; i++) {
      const j = SWAPPED[i % 24]!;
      const other = i - (i % 24) + j;
      expect(mirrored.joints2d[2 * i]).toBeCloseTo(1 - plain.joints2d[2 * other]!, 9);
      expect(mirrored.joints2d[2 * i + 1]).toBeCloseTo(plain.joints2d[2 * other + 1]!, 9);
      expect(mirrored.joints[3 * i + 2]).toBeCloseTo(plain.joints[3 * other + 2]!, 9);
    }
    expect(mirrored.shape).toEqual(plain.shape);
  });

  test("a turned sample turns the projection about the principal point, and the picture with it", () => {
    // Voxels are set in a mark around the projected pelvis alone.
    const seen = sampleClip(5, 1, { size: 64, sensorSize: 64, renderHz: 64 });
    const [plain, turned] = [0, 20].map((rotationDegrees) =>
      new PoseBatches([markedAtPelvis(seen)], {
        windowSeconds: [0.25],
        batch: 8,
        random: new Random(12),
        augment: { flip: 0.5, rotationDegrees },
      }).next(),
    ) as [PoseBatch, PoseBatch];
    let turns = 0;
    for (let row = 0; row < 64; row++) {
      const angle = angleBetween(plain, turned, row);
      if (angle !== 0) turns++;
      for (let j = 0; j < 24; j++) {
        const at = 48 * row + 2 * j;
        const [x, y] = [plain.joints2d[at]! - 0.5, plain.joints2d[at + 1]! - 0.5];
        const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
        expect(turned.joints2d[at]).toBeCloseTo(0.5 + cosine * x - sine * y, 6);
        expect(turned.joints2d[at + 1]).toBeCloseTo(0.5 + sine * x + cosine * y, 6);
      }
      // The mark of the step's last bin covers the projected pelvis.
      const [u, v] = [turned.joints2d[48 * row]! * 64, turned.joints2d[48 * row + 1]! * 64];
      expect(turned.video[(4 * row + 3) * 4096 + Math.floor(v) * 64 + Math.floor(u)]).toBe(1);
    }
    expect(turns).toBeGreaterThan(16);
    expect(turns).toBeLessThan(64);
  });

  test("clips are drawn in proportion to their length, windows at all places", () => {
    const batches = new PoseBatches([long, short], {
      windowSeconds: [0.5],
      batch: 200,
      random: new Random(1),
    });
    const { shape, translation } = batches.next();
    const fromShort = Array.from({ length: 200 }, (_, b) => shape[10 * b] === short.shape[0]).filter(Boolean);
    expect(fromShort.length).toBeGreaterThan(20);
    expect(fromShort.length).toBeLessThan(60);
    expect(new Set(translation).size).toBeGreaterThan(100);
  });

  test("what is no state of them is refused", () => {
    const batches = new PoseBatches(clips, { ...options, random: new Random(1) });
    for (const state of [
      {},
      { random: [1, 2] },
      { random: [1, 2, 3, 0.5, null] },
      { random: [1, 2, 3, 4, "5"] },
    ]) {
      expect(() => batches.restore(state)).toThrow(CheckpointError);
    }
  });

  test("options out of range, clips of unequal size and clips too short for any step are refused", () => {
    const random = new Random(1);
    const make = (list: readonly PoseClip[], change: object) => () =>
      new PoseBatches(list, { ...options, random, ...change });
    expect(make([clips[2]!], {})).toThrow(ArgumentError);
    expect(make([], {})).toThrow(ArgumentError);
    expect(make(clips, { batch: 0 })).toThrow(ArgumentError);
    expect(make(clips, { windowSeconds: [] })).toThrow(ArgumentError);
    expect(make([long, { ...short, size: 8 }], {})).toThrow(/size 16/);
  });
});

/** Left and right joints exchanged. */
const SWAPPED = [0, 2, 1, 3, 5, 4, 6, 8, 7, 9, 11, 10, 12, 14, 13, 15, 17, 16, 19, 18, 21, 20, 23, 22];

/** The edge of a clip whose translation is the target of a step. */
function targetEdge({ translation, batch }: PoseBatch, t: number, b: number, clip: PoseClip): number {
  const at = 3 * (t * batch + b);
  return Array.from({ length: clip.bins + 1 }, (_, edge) => edge).findIndex((edge) =>
    [0, 1, 2].every((i) => clip.translation[3 * edge + i] === translation[at + i]),
  );
}

/** Angle about the optical axis by which the root of a row is turned, 0 if it is not. */
function angleBetween(plain: PoseBatch, turned: PoseBatch, row: number): number {
  const [a, b] = [plain, turned].map(({ pose }) => pose.subarray(216 * row, 216 * row + 9)) as [
    Float64Array,
    Float64Array,
  ];
  const [x, y, u, v] = [a[0]!, a[3]!, b[0]!, b[3]!];
  const angle = Math.atan2(x * v - y * u, x * u + y * v);
  expect(Math.abs(angle)).toBeCloseTo(geodesicDistance(a, b)[0]!, 6);
  return Math.abs(angle) < 1e-9 ? 0 : angle;
}

/** The clip with nothing but a mark of 3×3 ON voxels around the pelvis at the end of each bin. */
function markedAtPelvis(clip: PoseClip): PoseClip {
  const frames = new Uint8Array(clip.frames.length);
  const { fx, fy, cx, cy } = clip.camera;
  for (let bin = 0; bin < clip.bins; bin++) {
    const [x, y, z] = clip.translation.subarray(3 * bin + 3, 3 * bin + 6);
    const [u, v] = [Math.floor((fx * x!) / z! + cx), Math.floor((fy * y!) / z! + cy)];
    for (const row of [v - 1, v, v + 1]) {
      for (const column of [u - 1, u, u + 1]) {
        frames[((2 * bin + 1) * 64 + row) * 8 + (column >> 3)]! |= 128 >> (column & 7);
      }
    }
  }
  return { ...clip, frames };
}
