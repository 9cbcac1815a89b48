import { expect, suite, test } from "vitest";
import { ArgumentError, ShapeError } from "../../src/core/index.ts";
import {
  CAPSULE_STRIDE,
  type CameraLight,
  type Material,
  type PosedCapsules,
  Renderer,
  Textures,
} from "../../src/simulate/index.ts";

type Ball = {
  at: readonly [number, number, number];
  to?: readonly [number, number, number];
  r: number;
  r2?: number;
};

const SIDE = 64;
const camera = { fx: 64, fy: 64, cx: 32, cy: 32 };
/** Uniform light: every surface has irradiance 1. */
const even: CameraLight = { sky: 1, ground: 1, up: Float64Array.of(0, -1, 0), lights: new Float64Array(0) };
const plain = { pattern: "plain", figure: 0, period: 1, axis: [0, 1, 0], folds: 0 } as const;
const materials: Material[] = [
  { ...plain, base: 1 },
  { ...plain, base: 0.5 },
];

function pose(balls: readonly Ball[]): PosedCapsules {
  const data = new Float64Array(balls.length * CAPSULE_STRIDE);
  balls.forEach(({ at, to = at, r, r2 = r }, c) => {
    data.set([...at, ...to, r, r2, 1, 0, 0, 0, 1, 0, 0, 0, 1], c * CAPSULE_STRIDE);
  });
  return { data, material: Uint8Array.from(balls, (_, c) => c % 2) };
}

function draw(balls: readonly Ball[], light = even): Float32Array {
  const frame = new Float32Array(SIDE * SIDE);
  const textures = new Textures(materials, [0, 0, 0], 1);
  new Renderer({ width: SIDE, height: SIDE }).draw(pose(balls), camera, textures, light, frame);
  return frame;
}

function area(frame: Float32Array): number {
  return frame.reduce((a, b) => a + b, 0);
}

suite("renderer", () => {
  test("a sphere covers its disc, wherever it lies between the pixels", () => {
    const radius = 64 * (0.4 / Math.sqrt(4 - 0.16));
    for (const shift of [0, 0.004, 0.011, 0.0155]) {
      const covered = area(draw([{ at: [shift, -shift / 2, 2], r: 0.4 }]));
      expect(Math.abs(covered - Math.PI * radius * radius)).toBeLessThan(0.004 * covered);
    }
  });

  test("a tapered capsule covers the hull of its end discs", () => {
    const [ra, rb, length] = [0.3 * 32, 0.15 * 32, 32];
    const tilt = Math.acos((ra - rb) / length);
    const trapezoid = (ra + rb) * Math.sqrt(length ** 2 - (ra - rb) ** 2);
    const hull = trapezoid + ra * ra * (Math.PI - tilt) + rb * rb * tilt;
    const covered = area(draw([{ at: [-0.5, 0.1, 2], to: [0.5, 0.1, 2], r: 0.3, r2: 0.15 }]));
    expect(Math.abs(covered / hull - 1)).toBeLessThan(0.03);
  });

  test("the nearer of two bodies hides the other, in either order of drawing", () => {
    const near: Ball = { at: [0, 0, 1.5], r: 0.2 };
    const far: Ball = { at: [0, 0, 3], r: 0.8 };
    const middle = 32 * SIDE + 32;
    expect(draw([near, far])[middle]).toBeCloseTo(1, 5);
    expect(draw([far, near])[middle]).toBeCloseTo(0.5, 5);
  });

  test("a capsule that points at the camera shows its near end", () => {
    const lamp: CameraLight = { ...even, sky: 0, ground: 0, lights: Float64Array.of(0, 0, -1, 1) };
    for (const r2 of [0.1, 0.2, 0.3]) {
      const frame = draw([{ at: [0, 0, 2.2], to: [0.01, 0, 1.6], r: 0.2, r2 }], lamp);
      expect(frame[32 * SIDE + 32]).toBeGreaterThan(0.9);
      expect(frame.every((value) => value >= 0 && value <= 1)).toBe(true);
    }
  });

  test("the side that faces the lamp is the brighter one", () => {
    const left: CameraLight = { ...even, sky: 0.1, ground: 0.1, lights: Float64Array.of(-1, 0, 0, 1) };
    const frame = draw([{ at: [0, 0, 2], r: 0.5 }], left);
    expect(frame[32 * SIDE + 20]!).toBeGreaterThan(2 * frame[32 * SIDE + 44]!);
  });

  test("bodies behind, beside and around the camera are left out without harm", () => {
    const balls: Ball[] = [
      { at: [0, 0, -2], r: 0.5 },
      { at: [0, 0, 0.1], r: 0.5 },
      { at: [50, 0, 2], r: 0.5 },
      { at: [NaN, 0, 2], r: 0.5 },
      { at: [0, 0, 2], r: 0 },
    ];
    expect(draw(balls).every((value) => value === 0 || value < 1)).toBe(true);
  });

  test("stripes finer than a pixel average out", () => {
    const cloth: Material = { ...plain, pattern: "stripes", base: 0, figure: 1, period: 0.1 };
    const textures = new Textures([cloth], [0, 0, 0], 1);
    for (const y of [0, 0.013, 0.05]) expect(textures.reflectance(0, 0, y, 0, 10)).toBeCloseTo(0.5, 2);
    const shares = Array.from({ length: 1000 }, (_, i) => textures.reflectance(0, 0, i / 1000, 0, 0.001));
    expect(shares.reduce((a, b) => a + b, 0) / 1000).toBeCloseTo(0.5, 2);
  });

  test("bad sizes are refused", () => {
    expect(() => new Renderer({ width: 0, height: 4 })).toThrow(ArgumentError);
    const textures = new Textures(materials, [0, 0, 0], 1);
    const renderer = new Renderer({ width: 4, height: 4 });
    expect(() => renderer.draw(pose([]), camera, textures, even, new Float32Array(15))).toThrow(ShapeError);
  });
});
