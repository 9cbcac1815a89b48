/** Scenes drawn from ranges that a recipe names. */
import type { Random } from "../core/index.ts";
import type { BackgroundStyle } from "./background.ts";
import { CLOTH_AXES, type Scene, type View } from "./scene.ts";
import type { Lighting, Material } from "./shading.ts";

const DEGREE = Math.PI / 180;

/** A range from which numbers are drawn with equal chances. */
export type Range = readonly [number, number];

/** From what scenes are drawn: see {@link drawScene}. Angles in degrees, lengths in metres, shares in [0, 1]. */
export type SceneRanges = {
  readonly bodies: {
    /** Standard deviation of the shape coefficients, and the largest magnitude that is kept. */
    readonly deviation: number;
    readonly limit: number;
    /** Mean of the shape coefficients, `[10]`. */
    readonly mean: readonly number[];
  };
  readonly clothes: {
    readonly skin: Range;
    readonly hair: Range;
    readonly cloth: Range;
    readonly patterns: readonly Exclude<Material["pattern"], "face">[];
    /** Length of a period of a pattern. */
    readonly period: Range;
    readonly folds: Range;
    /** Share of the people with long sleeves, and with long trousers. */
    readonly longSleeves: number;
    readonly longTrousers: number;
  };
  readonly lights: {
    /** Light of the scene, 1 is full; drawn evenly in its logarithm. */
    readonly exposure: Range;
    /** Share that comes from the sky. */
    readonly ambient: Range;
    /** Number of lamps, and their height above the horizon. */
    readonly lamps: Range;
    readonly lampHeight: Range;
    /** Share of the light that the person's shadow takes. */
    readonly shadow: Range;
  };
  readonly backgrounds: {
    /** Luminance of wall and floor, of the scene's light. */
    readonly wall: Range;
    readonly floor: Range;
    /** Depth of their texture. */
    readonly texture: Range;
    readonly floorTexture: Range;
    readonly rectangles: Range;
    /** Share of the walls with stripes. */
    readonly stripes: number;
    /** Distance from the person to the wall. */
    readonly distance: Range;
  };
  readonly cameras: {
    readonly heading: Range;
    readonly elevation: Range;
    /** Height above the floor, in the place of `elevation`. */
    readonly height?: Range | undefined;
    /** Vertical. */
    readonly fieldOfView: Range;
    /** Share of the picture that the motion's room fills. */
    readonly fill: Range;
    /** Distance to the person, in the place of `fill`. */
    readonly distance?: Range | undefined;
    readonly roll: Range;
    /** Share of the cameras that are held by hand; the others stand still. */
    readonly handHeld: number;
    /** Amplitude and rate (Hz) of a hand's unrest, of which there are two waves an axis. */
    readonly shake: Range;
    readonly shakeHz: Range;
  };
};

/**
 * A scene drawn from ranges of one's own.
 *
 * @param random - its state decides the scene; advanced
 */
export function drawScene(random: Random, ranges: SceneRanges): Scene {
  const { bodies, clothes, lights, backgrounds, cameras } = ranges;
  // Each theme has a generator of its own, so that a change to one leaves the others as they are.
  const light = random.fork("light");
  const exposure = Math.exp(light.uniform(Math.log(lights.exposure[0]), Math.log(lights.exposure[1])));
  return {
    shape: bodyShape(random.fork("body"), bodies),
    ...dress(random.fork("clothes"), clothes),
    lighting: lamps(light, exposure, lights),
    shadow: light.uniform(...lights.shadow),
    background: wall(random.fork("background"), exposure, backgrounds),
    view: { ...camera(random.fork("camera"), cameras), wall: random.uniform(...backgrounds.distance) },
  };
}

function bodyShape(random: Random, { mean, deviation, limit }: SceneRanges["bodies"]): number[] {
  return mean.map((centre) => Math.min(limit, Math.max(-limit, random.normal(centre, deviation))));
}

function dress(random: Random, clothes: SceneRanges["clothes"]) {
  const skin = random.uniform(...clothes.skin);
  const plain = { period: 1, axis: [0, 1, 0], folds: 0.05 } as const;
  const cloth = (): Material => ({
    pattern: random.pick(clothes.patterns),
    base: random.uniform(...clothes.cloth),
    figure: random.uniform(...clothes.cloth),
    period: random.uniform(...clothes.period),
    axis: random.pick(CLOTH_AXES),
    folds: random.uniform(...clothes.folds),
  });
  return {
    materials: {
      skin: { ...plain, pattern: "plain" as const, base: skin, figure: skin },
      face: { ...plain, pattern: "face" as const, base: skin, figure: 0.12 * skin },
      hair: {
        ...plain,
        pattern: "plain" as const,
        base: random.uniform(...clothes.hair),
        figure: 0,
        folds: 0.3,
      },
      shirt: cloth(),
      trousers: cloth(),
      shoes: { ...plain, pattern: "plain" as const, base: random.uniform(...clothes.cloth), figure: 0 },
    },
    longSleeves: random.uniform() < clothes.longSleeves,
    longTrousers: random.uniform() < clothes.longTrousers,
  };
}

function lamps(random: Random, exposure: number, ranges: SceneRanges["lights"]): Lighting {
  const ambient = random.uniform(...ranges.ambient);
  const count = random.integer(ranges.lamps[0], ranges.lamps[1] + 1);
  const lights = Array.from({ length: count }, () => {
    const heading = random.uniform(0, 2 * Math.PI);
    const height = random.uniform(...ranges.lampHeight) * DEGREE;
    const level = Math.cos(height);
    const direction = [level * Math.sin(heading), Math.sin(height), level * Math.cos(heading)] as const;
    return { direction, intensity: (exposure * (1 - ambient) * random.uniform(0.8, 1.4)) / Math.sqrt(count) };
  });
  return { sky: exposure * ambient * 1.3, ground: exposure * ambient * random.uniform(0.3, 0.8), lights };
}

function wall(random: Random, exposure: number, ranges: SceneRanges["backgrounds"]): BackgroundStyle {
  return {
    seed: random.uint32(),
    top: exposure * random.uniform(...ranges.wall),
    foot: exposure * random.uniform(...ranges.wall),
    texture: random.uniform(...ranges.texture),
    rectangles: random.integer(ranges.rectangles[0], ranges.rectangles[1] + 1),
    stripes: random.uniform() < ranges.stripes ? random.uniform(0.1, 0.6) : 0,
    floor: exposure * random.uniform(...ranges.floor),
    floorTexture: random.uniform(...ranges.floorTexture),
  };
}

function camera(random: Random, ranges: SceneRanges["cameras"]): Omit<View, "wall"> {
  const isHeld = random.uniform() < ranges.handHeld;
  const amplitude = random.uniform(...ranges.shake) * DEGREE;
  const waves = () =>
    [1, 0.6].map((share) => ({
      amplitude: share * amplitude,
      rateHz: random.uniform(...ranges.shakeHz),
      phase: random.uniform(0, 2 * Math.PI),
    }));
  const [pan, tilt] = [waves(), waves()];
  return {
    heading: random.uniform(...ranges.heading) * DEGREE,
    elevation: random.uniform(...ranges.elevation) * DEGREE,
    fieldOfView: random.uniform(...ranges.fieldOfView) * DEGREE,
    fill: random.uniform(...ranges.fill),
    roll: random.uniform(...ranges.roll) * DEGREE,
    ...(ranges.distance && { distance: random.uniform(...ranges.distance) }),
    ...(ranges.height && { height: random.uniform(...ranges.height) }),
    pan: isHeld ? pan : [],
    tilt: isHeld ? tilt : [],
  };
}
