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

/**
 * Irradiance on a surface with unit normal n: a hemisphere from ground to sky, and Lambert's law for each light. Every
 * operation is rounded to 32 bits.
 */
export function irradiance(light: CameraLight, nx: number, ny: number, nz: number): number {
  const { sky, ground, up, lights } = light;
  const upward = dot(nx, ny, nz, up[0]!, up[1]!, up[2]!);
  let sum = round(round(ground) + round(round(sky - ground) * round(0.5 + 0.5 * upward)));
  for (let i = 0; i < lights.length; i += 4) {
    const facing = dot(nx, ny, nz, lights[i]!, lights[i + 1]!, lights[i + 2]!);
    if (facing > 0) sum = round(sum + round(round(lights[i + 3]!) * facing));
  }
  return sum;
}

/** Scalar product of 32-bit floats with numbers that are rounded to such. */
function dot(x: number, y: number, z: number, a: number, b: number, c: number): number {
  return round(round(round(x * round(a)) + round(y * round(b))) + round(z * round(c)));
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

const round = Math.fround;
/** The patterns, as the kernel numbers them. */
const PATTERNS = ["plain", "stripes", "checks", "noise", "face"] as const;
/** Numbers that a material takes in {@link Textures.pack}. */
export const MATERIAL_STRIDE = 8;
const FOLDS_PER_METRE = 13;
const FOLDS_PER_METRE_DOWN = round(FOLDS_PER_METRE * 0.6);
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

  /** Values of the noise at the points of its lattice, `[32, 32, 32]`. */
  get lattice(): Float32Array {
    return this.#noise.lattice;
  }

  /** Number of materials. */
  get count(): number {
    return this.#materials.length;
  }

  /** Materials as numbers: pattern, base, figure − base, 1 / period, axis (3), folds, `[count, 8]`. */
  pack(out: Float32Array): void {
    this.#materials.forEach(({ pattern, base, figure, period, axis, folds }, m) => {
      const record = [PATTERNS.indexOf(pattern), base, figure - base, 1 / period, ...axis, folds];
      out.set(record, m * MATERIAL_STRIDE);
    });
  }

  /** Where the eyes are as numbers: the head's position (3), across, up, front and size of {@link EYES}. */
  eyes(): readonly number[] {
    return [...this.#head, EYES.across, EYES.up, EYES.front, EYES.size];
  }

  /**
   * Reflectance of a material at a point of the rest pose, metres. Every operation is rounded to 32 bits.
   *
   * @param footprint - size of a pixel on the surface, metres; finer detail is averaged away
   */
  reflectance(index: number, x: number, y: number, z: number, footprint: number): number {
    const { pattern, base, figure, period, axis, folds } = this.#materials[index]!;
    const perPeriod = round(1 / period);
    let share = 0;
    if (pattern === "face") {
      share = this.#eye(x, y, z, footprint);
    } else if (pattern === "noise") {
      share = this.#noise.fractal(round(x * perPeriod), round(y * perPeriod), round(z * perPeriod), 2);
    } else if (pattern !== "plain") {
      const blur = round(footprint * perPeriod);
      share = stripe(round(dot(x, y, z, axis[0], axis[1], axis[2]) * perPeriod), blur);
      if (pattern === "checks") {
        const other = stripe(round(dot(x, y, z, axis[1], axis[2], axis[0]) * perPeriod), blur);
        share = round(round(share + other) - round(round(share + share) * other));
      }
    }
    const reflectance = round(round(base) + round(round(figure - base) * share));
    if (folds === 0) return reflectance;
    const wrinkle = this.#noise.at(
      round(x * FOLDS_PER_METRE),
      round(y * FOLDS_PER_METRE_DOWN),
      round(z * FOLDS_PER_METRE),
    );
    return round(reflectance * round(1 + round(round(folds) * round(wrinkle + wrinkle - 1))));
  }

  /** Share of a pixel that one of the eyes covers. */
  #eye(x: number, y: number, z: number, footprint: number): number {
    const [hx, hy, hz] = this.#head;
    if (round(z - round(hz)) < round(EYES.front)) return 0;
    const dx = round(Math.abs(round(x - round(hx))) - round(EYES.across));
    const dy = round(round(y - round(hy)) - round(EYES.up));
    const distance = round(Math.sqrt(round(round(dx * dx) + round(dy * dy))));
    return clamp(round(0.5 + round(round(round(EYES.size) - distance) / footprint)));
  }
}

/** Share of the figure in a wave of equal stripes, averaged over a pixel's width `blur` (in periods). */
function stripe(phase: number, blur: number): number {
  const saw = round(phase - Math.floor(phase));
  const wave = round(Math.abs(round(saw + saw - 1)) - 0.5);
  return clamp(round(0.5 + round((wave * 0.5) / Math.max(round(1e-6), blur))));
}

function clamp(share: number): number {
  return share < 0 ? 0 : share > 1 ? 1 : share;
}
