/** What a surface looks like: the light that falls on it, and how much of it comes back. */
import { rotate3, type Vec3 } from "../body/index.ts";
import { Random } from "../core/index.ts";
import { NoiseField } from "./noise.ts";

/** A distant light: unit vector towards it in the world (y up), and its irradiance on a facing surface. */
export type DirectionalLight = { readonly direction: Vec3; readonly intensity: number };

/** Light of a scene: irradiance from above, from below, and of the distant lights. White returns its irradiance. */
export type Lighting = {
  readonly sky: number;
  readonly ground: number;
  readonly lights: readonly DirectionalLight[];
};

/** Light as seen by a camera: directions in camera coordinates, flat. */
export type CameraLight = {
  readonly sky: number;
  readonly ground: number;
  /** Unit vector upwards, `[3]`. */
  readonly up: Float64Array;
  /** Unit vector towards each light and its intensity, `[L, 4]`. */
  readonly lights: Float64Array;
};

/** Turns the light of a scene into camera coordinates by the camera's rotation `[3, 3]`. */
export function lightInCamera(lighting: Lighting, rotation: Float64Array): CameraLight {
  return {
    sky: lighting.sky,
    ground: lighting.ground,
    up: Float64Array.from(rotate3(rotation, [0, 1, 0])),
    lights: Float64Array.from(
      lighting.lights.flatMap((l) => [...rotate3(rotation, l.direction), l.intensity]),
    ),
  };
}

/** Irradiance on a surface with unit normal n: a hemisphere from ground to sky, and Lambert's law for each light. */
export function irradiance(light: CameraLight, nx: number, ny: number, nz: number): number {
  const { sky, ground, up, lights } = light;
  const upward = 0.5 + 0.5 * (nx * up[0]! + ny * up[1]! + nz * up[2]!);
  let sum = ground + (sky - ground) * upward;
  for (let i = 0; i < lights.length; i += 4) {
    const facing = nx * lights[i]! + ny * lights[i + 1]! + nz * lights[i + 2]!;
    if (facing > 0) sum += lights[i + 3]! * facing;
  }
  return sum;
}

/** A pattern in the body's rest coordinates, so that it moves with the limb. Reflectances are in [0, 1]. */
export type Material = {
  readonly pattern: "plain" | "stripes" | "checks" | "noise" | "face";
  /** Reflectance of the ground. */
  readonly base: number;
  /** Reflectance of the figure: of the eyes where the pattern is `"face"`. */
  readonly figure: number;
  /** Length of a period of the pattern, metres. */
  readonly period: number;
  /** Axis across the stripes, a unit vector in rest coordinates; checks take the next axis too. */
  readonly axis: Vec3;
  /** Depth of the folds: largest relative change of the reflectance, in [0, 1]. */
  readonly folds: number;
};

const FOLDS_PER_METRE = 13;
/** Eyes in the head joint's frame of the mean body, metres: to each side, up, forward at least, and radius. */
const EYES = { across: 0.036, up: 0.062, front: 0.04, size: 0.016 };

/** Evaluates materials at points of the body's rest pose. */
export class Textures {
  readonly #materials: readonly Material[];
  readonly #head: Vec3;
  readonly #noise: NoiseField;

  /**
   * @param materials - indexed by the capsules' materials
   * @param head - rest position of the head joint, by which the eyes are placed, metres
   * @param seed - of the noise
   */
  constructor(materials: readonly Material[], head: Vec3, seed: number) {
    this.#materials = materials;
    this.#head = head;
    this.#noise = new NoiseField(new Random(seed));
  }

  /**
   * Reflectance of a material at a point of the rest pose, metres.
   *
   * @param footprint - size of a pixel on the surface, metres; finer detail is averaged away
   */
  reflectance(index: number, x: number, y: number, z: number, footprint: number): number {
    const { pattern, base, figure, period, axis, folds } = this.#materials[index]!;
    let share = 0;
    if (pattern === "face") {
      share = this.#eye(x, y, z, footprint);
    } else if (pattern === "noise") {
      share = this.#noise.fractal(x / period, y / period, z / period, 2);
    } else if (pattern !== "plain") {
      const ax = axis[0];
      const ay = axis[1];
      const az = axis[2];
      share = stripe((x * ax + y * ay + z * az) / period, footprint / period);
      if (pattern === "checks") {
        const other = stripe((x * ay + y * az + z * ax) / period, footprint / period);
        share += other - 2 * share * other;
      }
    }
    const reflectance = base + (figure - base) * share;
    if (folds === 0) return reflectance;
    const wrinkle = this.#noise.at(x * FOLDS_PER_METRE, y * FOLDS_PER_METRE * 0.6, z * FOLDS_PER_METRE);
    return reflectance * (1 + folds * (2 * wrinkle - 1));
  }

  /** Share of a pixel that one of the eyes covers. */
  #eye(x: number, y: number, z: number, footprint: number): number {
    const [hx, hy, hz] = this.#head;
    if (z - hz < EYES.front) return 0;
    const distance = Math.hypot(Math.abs(x - hx) - EYES.across, y - hy - EYES.up);
    return Math.min(1, Math.max(0, 0.5 + (EYES.size - distance) / footprint));
  }
}

/** Share of the figure in a wave of equal stripes, averaged over a pixel's width `blur` (in periods). */
function stripe(phase: number, blur: number): number {
  const wave = Math.abs(2 * (phase - Math.floor(phase)) - 1) - 0.5;
  const share = 0.5 + (wave * 0.5) / Math.max(blur, 1e-6);
  return share < 0 ? 0 : share > 1 ? 1 : share;
}
