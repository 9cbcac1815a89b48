import { expect, suite, test } from "vitest";
import { JOINT_NAMES, JOINTS, projectPoints, cameraAtOrigin } from "../../src/body/index.ts";
import { ArgumentError, Random, ShapeError } from "../../src/core/index.ts";
import {
  drawScene,
  type FilmOptions,
  filmMotion,
  generateMotion,
  handHeldScene,
  sensorPresets,
  Stage,
} from "../../src/simulate/index.ts";
import { parseRecipe } from "../../src/data/index.ts";

const sensor = { width: 96, height: 80 };
const random = new Random(3);
const scene = handHeldScene(random.fork("scene"));
const motion = generateMotion({ random, seconds: 0.6, frameRateHz: 60, kind: "walk", shape: scene.shape });
const options: FilmOptions = {
  motion,
  scene,
  sensor,
  seed: 1,
  physics: sensorPresets.clean,
  durationUs: 500_000,
  tickHz: 25,
  pixelsPerFrame: 1,
  maxHz: 500,
};

suite("filming", () => {
  test("ticks come at their times, events within them, and the same each time", () => {
    const shots = [...filmMotion(options)].map((shot) => ({ ...shot, parts: shot.parts.slice() }));
    expect(shots.map(({ tUs }) => tUs)).toEqual([
      0, 4e4, 8e4, 12e4, 16e4, 2e5, 24e4, 28e4, 32e4, 36e4, 4e5, 44e4, 48e4, 5e5,
    ]);
    shots.forEach(({ events }, k) => {
      const times = events.flatMap(({ t }) => [...t]);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      for (const t of times) expect(t > (shots[k - 1]?.tUs ?? 0) && t <= shots[k]!.tUs).toBe(true);
    });
    expect(shots).toEqual([...filmMotion(options)].map((shot, k) => ({ ...shot, parts: shots[k]!.parts })));
  });

  test("fast motion is rendered more often than slow, up to the rate that is allowed", () => {
    const frames = (change: Partial<FilmOptions>) =>
      [...filmMotion({ ...options, ...change })].reduce((sum, shot) => sum + shot.frames, 0);
    const still = generateMotion({
      seed: 1,
      seconds: 0.6,
      frameRateHz: 60,
      kind: "idle",
      shape: scene.shape,
    });
    expect(frames({})).toBeGreaterThan(1.5 * frames({ motion: still }));
    expect(frames({ pixelsPerFrame: 0.25 })).toBeGreaterThan(2 * frames({}));
    expect(frames({ pixelsPerFrame: 0.01, maxHz: 100 })).toBe(1 + 4 * 13);
  });

  test("a coarse rate sees within a tenth the events of a fine one", () => {
    const count = (pixelsPerFrame: number) =>
      [...filmMotion({ ...options, pixelsPerFrame, physics: sensorPresets.noisy })].reduce(
        (sum, { events }) => sum + events.reduce((total, { t }) => total + t.length, 0),
        0,
      );
    const fine = count(0.2);
    expect(Math.abs(count(2) - fine)).toBeLessThan(0.1 * fine);
  });

  test("the part in front of a joint is one of the body, and mostly its own or its neighbour's", () => {
    const stage = new Stage(motion, scene, sensor);
    const parts = new Uint8Array(sensor.width * sensor.height);
    let [seen, near] = [0, 0];
    for (const tUs of [0, 2e5, 4e5]) {
      const { truth, camera } = stage.shoot(tUs);
      stage.parts(parts);
      const { pixels } = projectPoints(cameraAtOrigin(camera), truth.joints);
      for (let j = 0; j < JOINTS; j++) {
        const [u, v] = [Math.floor(pixels[2 * j]!), Math.floor(pixels[2 * j + 1]!)];
        const part = parts[v * sensor.width + u]!;
        expect(part, JOINT_NAMES[j]!).toBeGreaterThan(0);
        seen++;
        // The bone of the joint begins here, that of its parent ends.
        const at = truth.joints.subarray(3 * j, 3 * j + 3);
        const other = truth.joints.subarray(3 * (part - 1), 3 * part);
        if (Math.hypot(...at.map((x, i) => x - other[i]!)) < 0.45) near++;
      }
    }
    expect(near / seen).toBeGreaterThan(0.75);
    expect(new Set(parts).size).toBeGreaterThan(15);
    expect(Math.max(...parts)).toBeLessThanOrEqual(JOINTS);
  });

  test("most of the picture is no body, and a mask of another size is refused", () => {
    const stage = new Stage(motion, scene, sensor);
    const parts = new Uint8Array(sensor.width * sensor.height);
    stage.shoot(0);
    stage.parts(parts);
    expect(parts.filter((part) => part === 0).length).toBeGreaterThan(parts.length / 2);
    expect(() => stage.parts(new Uint8Array(5))).toThrow(ShapeError);
  });

  test.each([{ durationUs: 0 }, { durationUs: 0.5 }, { tickHz: 0 }, { pixelsPerFrame: NaN }, { maxHz: 10 }])(
    "%j is refused",
    (change) => {
      expect(() => [...filmMotion({ ...options, ...change })]).toThrow(ArgumentError);
    },
  );
});

suite("scenes of a recipe", () => {
  const ranges = (change: object) =>
    parseRecipe({ seed: 1, splits: { a: { motions: [{ procedural: "all" }] } }, ...change });

  test("a scene keeps to its ranges, and a change to one theme leaves the others alone", () => {
    const usual = ranges({});
    const warm = ranges({ clothes: { skin: [0.2, 0.2], patterns: ["checks"], longSleeves: 0 } });
    for (let seed = 0; seed < 20; seed++) {
      const a = drawScene(new Random(seed), usual);
      const b = drawScene(new Random(seed), warm);
      expect(b.materials.skin.base).toBe(0.2);
      expect(b.materials.shirt.pattern).toBe("checks");
      expect(b.longSleeves).toBe(false);
      expect({ ...b, materials: 0, longSleeves: 0, longTrousers: 0 }).toEqual({
        ...a,
        materials: 0,
        longSleeves: 0,
        longTrousers: 0,
      });
      expect(Math.max(...a.shape.map(Math.abs))).toBeLessThanOrEqual(2.2);
      expect(a.view.pan).toHaveLength(2);
    }
  });

  test("a camera stands as far and as high as it is told", () => {
    const recipe = ranges({ cameras: { distance: [6, 6], height: [1.5, 1.5], handHeld: 0 } });
    const drawn = drawScene(new Random(1), recipe);
    expect(drawn.view).toMatchObject({ distance: 6, height: 1.5, pan: [], tilt: [] });
    const { camera, truth } = new Stage(motion, drawn, sensor).look(0);
    const up = [1, 4, 7].map((i) => camera.rotation[i]!);
    const height = -up.reduce((sum, x, i) => sum + x * camera.translation[i]!, 0);
    expect(height).toBeCloseTo(1.5, 1);
    expect(Math.hypot(...truth.joints.subarray(0, 3))).toBeGreaterThan(5);
    expect(Math.hypot(...truth.joints.subarray(0, 3))).toBeLessThan(7);
  });
});
