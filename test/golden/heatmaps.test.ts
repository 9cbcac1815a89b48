import { expect, suite, test } from "vitest";
import {
  decodeHeatmaps,
  jointHeatmaps,
  meanPixelError,
  pointOfSight,
  type ProjectiveCamera,
  triangulate,
} from "../../src/body/index.ts";
import { ArgumentError } from "../../src/core/index.ts";
import { expectClose } from "./close.ts";
import { goldenFile } from "./fixtures.ts";

const golden = goldenFile("hybrid_labels_tri");
const size = { width: 64, height: 64 };

/** `[axes, 13]` as `[13, axes]`. */
function byJoint(values: ArrayLike<number>, axes: number): number[] {
  return Array.from({ length: values.length }, (_, i) => values[(i % axes) * 13 + Math.floor(i / axes)]!);
}

suite("heatmaps", () => {
  const truth = byJoint(golden.get("gt_xy").data, 2);

  test("are those of the released code, also at borders and of joints that are not seen", () => {
    expectClose("labels", jointHeatmaps(truth, size), golden.get("label_blur").data, 1e-6);
  });

  test("are decoded to the pixels that the released code finds, with its error", () => {
    const found = decodeHeatmaps(golden.get("decode_in").data, size);
    expect([...found]).toEqual(byJoint(golden.get("decode_xy").data, 2));
    expectClose("error", [meanPixelError(found, truth)], golden.get("mpjpe2d").data, 1e-6);
  });

  test("of any pixel are decoded to it", () => {
    for (const [x, y] of [
      [0, 0],
      [63, 0],
      [17, 40],
      [63, 63],
    ] as const) {
      expect([...decodeHeatmaps(jointHeatmaps([x, y], size), size)]).toEqual([x, y]);
    }
    expect(jointHeatmaps([64, 3, 3, -1], size).every((value) => value === 0)).toBe(true);
  });

  test("want room for their kernel", () => {
    expect(() => jointHeatmaps([1, 1], { width: 5, height: 64 })).toThrow(ArgumentError);
  });
});

suite("triangulation", () => {
  const matrices = golden.get("cam_P").data;
  const positions = golden.get("cam_center").data;
  const cameras = [0, 1].map((c): ProjectiveCamera => ({
    matrix: Array.from({ length: 12 }, (_, i) => matrices[12 * c + i]!),
    position: Array.from({ length: 3 }, (_, i) => positions[3 * c + i]!),
  }));
  const pixels = ["a", "b"].map((view) => byJoint(golden.get(`uv_float_${view}`).data, 2));

  test("points of sight and points in space are those of the released code", () => {
    for (let j = 0; j < 13; j++) {
      const seen = pixels.map((view) => view.slice(2 * j, 2 * j + 2));
      const at = (name: string) => Array.from({ length: 3 }, (_, i) => golden.get(name).data[3 * j + i]!);
      expectClose(
        "ray",
        pointOfSight(cameras[0]!.matrix, seen[0]![0]!, seen[0]![1]!),
        at("ray_point_a_float"),
        1e-8,
      );
      expectClose("point", triangulate(cameras, seen.flat()), at("tri_float"), 1e-8);
    }
  });

  test("needs two cameras whose lines meet", () => {
    expect(() => triangulate(cameras.slice(0, 1), [1, 2])).toThrow("expected two cameras or more, got 1");
    expect(() => triangulate([cameras[0]!, cameras[0]!], [1, 2, 1, 2])).toThrow(ArgumentError);
  });
});
