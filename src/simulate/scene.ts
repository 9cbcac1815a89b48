/** Scenes: who is seen, in which clothes and light, before which wall, from where. */
import { type BodyPart, SHAPE_COEFFICIENTS } from "../body/index.ts";
import type { Random } from "../core/index.ts";
import type { BackgroundStyle } from "./background.ts";
import type { Lighting, Material } from "./shading.ts";

/** What a capsule is covered with, in the order of a scene's materials. */
export const COVERS = ["skin", "face", "hair", "shirt", "trousers", "shoes"] as const;

/** See {@link COVERS}. */
export type Cover = (typeof COVERS)[number];

/** One wave of a camera's unrest: amplitude · sin(2π · rateHz · t + phase), radians. */
export type Wave = { readonly amplitude: number; readonly rateHz: number; readonly phase: number };

/** Where a camera stands relative to the person, and how it moves. */
export type View = {
  /** Direction from the person to the camera about the vertical, radians; 0 is along +z. */
  readonly heading: number;
  /** Angle of that direction above the horizontal, radians. */
  readonly elevation: number;
  /** Vertical field of view, radians. */
  readonly fieldOfView: number;
  /** Share of the picture that the person's motion fills, in (0, 1). */
  readonly fill: number;
  /** Distance from the middle of the person's room, metres; by `fill` if left out. */
  readonly distance?: number;
  /** Height above y = 0, on which motions stand, metres; by `elevation` if left out. */
  readonly height?: number;
  /** Turn of the picture about its centre, radians. */
  readonly roll: number;
  /** Turns to the right and upwards over time; empty for a camera on a tripod. */
  readonly pan: readonly Wave[];
  readonly tilt: readonly Wave[];
  /** Distance from the person to the wall behind, metres. */
  readonly wall: number;
};

/** A scene: plain data, so that it can be stored beside what was simulated from it. */
export type Scene = {
  /** Shape coefficients of the person, `[10]`. */
  readonly shape: readonly number[];
  /** Materials of the person by cover. */
  readonly materials: Readonly<Record<Cover, Material>>;
  readonly longSleeves: boolean;
  readonly longTrousers: boolean;
  readonly lighting: Lighting;
  readonly background: BackgroundStyle;
  /** Share of the light that the person's shadow takes from the floor, in [0, 1]. */
  readonly shadow: number;
  readonly view: View;
};

/** What a part of the body is covered with in a scene. */
export function coverOf(part: BodyPart, scene: Pick<Scene, "longSleeves" | "longTrousers">): Cover {
  if (part === "head") return "face";
  if (part === "hair") return "hair";
  if (part === "hand" || part === "neck") return "skin";
  if (part === "forearm") return scene.longSleeves ? "shirt" : "skin";
  if (part === "shin") return scene.longTrousers ? "trousers" : "skin";
  if (part === "foot") return "shoes";
  return part === "pelvis" || part === "thigh" ? "trousers" : "shirt";
}

/** Radians of a degree. */
const DEGREE = Math.PI / 180;

/** Ways in which patterns of cloth run; around the body twice as often. */
export const CLOTH_AXES: readonly Material["axis"][] = [
  [0, 1, 0],
  [0, 1, 0],
  [1, 0, 0],
  [Math.SQRT1_2, Math.SQRT1_2, 0],
];

/**
 * A scene drawn from the ranges used for training. All ranges are uniform unless said otherwise.
 *
 * | what | range |
 * | --- | --- |
 * | shape coefficients | normal, deviation 0.8, held within ±2.2 |
 * | skin, hair, cloth reflectance | 0.15…0.6, 0.03…0.35, 0.04…0.85 |
 * | cloth pattern | plain (40 %), stripes, checks or noise; period 4…20 cm; folds 0.1…0.35 |
 * | sleeves, trousers long | 60 %, 75 % |
 * | light | exposure 0.35…1.1 (log-uniform); 15…60 % of it from the sky, the rest of 1–2 lamps 10…75° high |
 * | wall | 0.05…0.8 at top and foot, texture 0…0.5, 0…14 rectangles, stripes in 25 % |
 * | camera heading, elevation, roll | 0…360°, −5…20°, ±3° |
 * | vertical field of view, fill | 30…60°, 0.7…0.95 |
 * | camera motion | 35 % of the cameras: 0.1…1.2° at 0.2…2.5 Hz, two waves an axis |
 *
 * @param random - its state decides the scene; advanced
 */
export function randomScene(random: Random): Scene {
  const exposure = Math.exp(random.uniform(Math.log(0.35), Math.log(1.1)));
  const skin = random.uniform(0.15, 0.6);
  const plain = { period: 1, axis: [0, 1, 0], folds: 0.05 } as const;
  return {
    shape: Array.from({ length: SHAPE_COEFFICIENTS }, () =>
      Math.min(2.2, Math.max(-2.2, random.normal(0, 0.8))),
    ),
    materials: {
      skin: { ...plain, pattern: "plain", base: skin, figure: skin },
      face: { ...plain, pattern: "face", base: skin, figure: 0.12 * skin },
      hair: { ...plain, pattern: "plain", base: random.uniform(0.03, 0.35), figure: 0, folds: 0.3 },
      shirt: randomCloth(random),
      trousers: randomCloth(random),
      shoes: { ...plain, pattern: "plain", base: random.uniform(0.04, 0.8), figure: 0 },
    },
    longSleeves: random.uniform() < 0.6,
    longTrousers: random.uniform() < 0.75,
    lighting: randomLighting(random, exposure),
    background: {
      seed: random.uint32(),
      top: exposure * random.uniform(0.05, 0.8),
      foot: exposure * random.uniform(0.05, 0.8),
      texture: random.uniform(0, 0.5),
      rectangles: random.integer(0, 15),
      stripes: random.uniform() < 0.25 ? random.uniform(0.1, 0.6) : 0,
      floor: exposure * random.uniform(0.08, 0.6),
      floorTexture: random.uniform(0, 0.4),
    },
    shadow: random.uniform(0.1, 0.7),
    view: randomView(random),
  };
}

/**
 * A {@link randomScene} before a camera held by hand: what the pose models are trained on. An event camera sees nothing
 * of what rests, so the camera's unrest (0.15 to 0.5° at 1.5 to 7 Hz), like the saccades of an eye, is what shows a limb
 * that does not move. The motion's room fills 85 to 95 % of the picture; backgrounds have little texture, so that they
 * do not fill it with events of their own.
 *
 * @param random - its state decides the scene; advanced
 */
export function handHeldScene(random: Random): Scene {
  const { background, view, ...scene } = randomScene(random);
  const amplitude = random.uniform(0.15, 0.5) * DEGREE;
  const waves = () => [
    { amplitude, rateHz: random.uniform(1.5, 4), phase: random.uniform(0, 2 * Math.PI) },
    { amplitude: 0.6 * amplitude, rateHz: random.uniform(3, 7), phase: random.uniform(0, 2 * Math.PI) },
  ];
  return {
    ...scene,
    background: {
      ...background,
      texture: 0.2 * background.texture,
      rectangles: Math.min(4, background.rectangles),
      stripes: 0,
      floorTexture: 0,
    },
    view: { ...view, fill: random.uniform(0.85, 0.95), pan: waves(), tilt: waves() },
  };
}

function randomCloth(random: Random): Material {
  const pattern =
    random.uniform() < 0.4 ? ("plain" as const) : random.pick(["stripes", "checks", "noise"] as const);
  return {
    pattern,
    base: random.uniform(0.04, 0.85),
    figure: random.uniform(0.04, 0.85),
    period: random.uniform(0.04, 0.2),
    axis: random.pick(CLOTH_AXES),
    folds: random.uniform(0.1, 0.35),
  };
}

function randomLighting(random: Random, exposure: number): Lighting {
  const ambient = random.uniform(0.15, 0.6);
  const lamps = random.integer(1, 3);
  const lights = Array.from({ length: lamps }, () => {
    const [heading, height] = [random.uniform(0, 2 * Math.PI), random.uniform(10, 75) * DEGREE];
    const level = Math.cos(height);
    const direction = [level * Math.sin(heading), Math.sin(height), level * Math.cos(heading)] as const;
    return { direction, intensity: (exposure * (1 - ambient) * random.uniform(0.8, 1.4)) / Math.sqrt(lamps) };
  });
  return { sky: exposure * ambient * 1.3, ground: exposure * ambient * random.uniform(0.3, 0.8), lights };
}

function randomView(random: Random): View {
  const moves = random.uniform() < 0.35;
  const waves = () =>
    Array.from({ length: moves ? 2 : 0 }, () => ({
      amplitude: random.uniform(0.1, 1.2) * DEGREE,
      rateHz: random.uniform(0.2, 2.5),
      phase: random.uniform(0, 2 * Math.PI),
    }));
  return {
    heading: random.uniform(0, 2 * Math.PI),
    elevation: random.uniform(-5, 20) * DEGREE,
    fieldOfView: random.uniform(30, 60) * DEGREE,
    fill: random.uniform(0.7, 0.95),
    roll: random.uniform(-3, 3) * DEGREE,
    pan: waves(),
    tilt: waves(),
    wall: random.uniform(0.8, 4),
  };
}
