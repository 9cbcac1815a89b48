/**
 * Joints in space from their places in several pictures over time: learned triangulation. [Aydin2024, §4.4.2] compares it
 * with the geometric one, "for a fair comparison with" [Baldwin2022], and tells neither layers nor parameters; this is the
 * network of dilated convolutions over time of [Pavllo2019], which the authors of [Baldwin2022] built on [Liu2020].
 *
 * | [Pavllo2019] | here |
 * | --- | --- |
 * | joints of one picture | joints of all pictures beside each other, and which of them are known |
 * | the step in the middle of the window | its last step: nothing waits for what comes |
 * | joints relative to the pelvis | joints where they are, as departures from their mean |
 * | dropout 0.25 | none |
 */
import { add, concat, mul, relu, reshape, slice } from "../autograd/index.ts";
import { ArgumentError, dims, Random, ShapeError } from "../core/index.ts";
import { BatchNorm, buffer, Linear, Module } from "../nn/index.ts";
import { full, scope, type Tensor, zeros } from "../tensor/index.ts";

/** Configuration of {@link TemporalTriangulation}; see {@link temporalTriangulationPresets}. */
export type TemporalTriangulationConfig = {
  readonly model: "temporal-triangulation";
  readonly cameras: number;
  readonly joints: number;
  readonly width: number;
  /** Convolutions of three steps: a pose comes of 3^levels steps. */
  readonly levels: number;
};

const base = { model: "temporal-triangulation", cameras: 2, joints: 13 } as const;

/** The size of [Pavllo2019], 2.4 s at 100 Hz; and a small one, 90 ms. */
export const temporalTriangulationPresets = {
  wide: { ...base, width: 1024, levels: 5 },
  small: { ...base, width: 128, levels: 2 },
} as const satisfies Record<string, TemporalTriangulationConfig>;

/** Steps that a convolution sees. */
const TAPS = 3;

/** A convolution over three steps that are `dilation` apart, normalised and rectified: `[T, B, I]` → `[T − 2·dilation, B, O]`. */
class TemporalConv extends Module {
  readonly linear: Linear;
  readonly norm: BatchNorm;
  readonly dilation: number;

  constructor(random: Random, from: number, to: number, dilation: number) {
    super();
    this.linear = new Linear(random, TAPS * from, to, { bias: false });
    this.norm = new BatchNorm(to);
    this.dilation = dilation;
  }

  forward(x: Tensor): Tensor {
    const left = x.shape[0]! - (TAPS - 1) * this.dilation;
    const taps = Array.from({ length: TAPS }, (_, k) =>
      slice(x, 0, k * this.dilation, k * this.dilation + left),
    );
    return relu(this.norm.forward(this.linear.forward(concat(taps, 2))));
  }
}

/** A dilated convolution and one of a single step, added to the last of the three steps. */
class TemporalBlock extends Module {
  readonly conv: TemporalConv;
  readonly linear: Linear;
  readonly norm: BatchNorm;

  constructor(random: Random, width: number, dilation: number) {
    super();
    this.conv = new TemporalConv(random, width, width, dilation);
    this.linear = new Linear(random, width, width, { bias: false });
    this.norm = new BatchNorm(width);
  }

  forward(x: Tensor): Tensor {
    const steps = x.shape[0]!;
    const seen = this.conv.forward(x);
    const last = slice(x, 0, steps - seen.shape[0]!, steps);
    return add(last, relu(this.norm.forward(this.linear.forward(seen))));
  }
}

/** See the head of this file. */
export class TemporalTriangulation extends Module {
  readonly config: TemporalTriangulationConfig;
  readonly entry: TemporalConv;
  readonly blocks: TemporalBlock[];
  readonly output: Linear;
  /** Where the joints are in the mean, and how far from there, `[3·J]`: see {@link measure}. */
  readonly meanJoints: Tensor;
  readonly deviation: Tensor;

  /** @throws ArgumentError if there are fewer than two cameras, or no levels */
  constructor(config: TemporalTriangulationConfig, random: Random = new Random(0)) {
    super();
    const { cameras, joints, width, levels } = config;
    if (!(cameras >= 2 && joints >= 1 && width >= 1 && levels >= 1)) {
      throw new ArgumentError(
        `TemporalTriangulation: expected two cameras and one joint, channel and level or more, got ${cameras}, ${joints}, ${width} and ${levels}`,
      );
    }
    this.config = config;
    this.entry = new TemporalConv(random, 3 * cameras * joints, width, 1);
    this.blocks = Array.from(
      { length: levels - 1 },
      (_, i) => new TemporalBlock(random, width, TAPS ** (i + 1)),
    );
    this.output = new Linear(random, width, 3 * joints);
    this.meanJoints = buffer(zeros([3 * joints]));
    this.deviation = buffer(full([3 * joints], 1));
  }

  /** R, the steps that a pose comes of. */
  get window(): number {
    return TAPS ** this.config.levels;
  }

  /**
   * Takes mean and deviation of the joints from poses, in whose unit the model then answers.
   *
   * @param poses - `[N, J, 3]`; numbers that are none are left out
   */
  measure(poses: ArrayLike<number>): void {
    const numbers = 3 * this.config.joints;
    for (let i = 0; i < numbers; i++) {
      const known: number[] = [];
      for (let at = i; at < poses.length; at += numbers) if (!Number.isNaN(poses[at])) known.push(poses[at]!);
      if (known.length === 0) continue;
      const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
      const variance = known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / known.length;
      this.meanJoints.data[i] = mean;
      // A joint that never moves has no deviation to divide by.
      this.deviation.data[i] = Math.sqrt(variance) || 1;
    }
  }

  /**
   * @param x - what `viewsOf` gives, `[T, B, 3·cameras·J]`, T of {@link window} or more
   * @returns joints at the end of each window, `[T − R + 1, B, J, 3]`
   * @throws ShapeError
   */
  forward(x: Tensor): Tensor {
    const { cameras, joints } = this.config;
    const { T, B } = dims("TemporalTriangulation", `T B ${3 * cameras * joints}`, x.shape) as {
      T: number;
      B: number;
    };
    if (T < this.window) {
      throw new ShapeError(`TemporalTriangulation: expected ${this.window} steps or more, got ${T}`);
    }
    let features = scope(() => this.entry.forward(x));
    for (const block of this.blocks) {
      const before = features;
      features = scope(() => block.forward(before));
    }
    const departures = mul(this.output.forward(features), this.deviation);
    return reshape(add(departures, this.meanJoints), [T - this.window + 1, B, joints, 3]);
  }
}

/**
 * Places in pictures as the network takes them, joint by joint: u' = 2u/W − 1, v' = 2v/H − 1 and 1; three times 0 where a joint is
 * not known.
 *
 * @param pixels - `[…, cameras, J, 2]`
 * @param sizes - of the picture of each camera
 * @returns `[…, cameras·J·3]`
 * @throws ShapeError if the numbers are not those of whole poses
 */
export function viewsOf(
  pixels: ArrayLike<number>,
  sizes: readonly { readonly width: number; readonly height: number }[],
  joints: number,
): Float32Array {
  if (pixels.length % (2 * joints * sizes.length) !== 0) {
    throw new ShapeError(
      `viewsOf: expected ${sizes.length} views of ${joints} joints, got ${pixels.length} numbers`,
    );
  }
  const out = new Float32Array((pixels.length / 2) * 3);
  for (let i = 0; i < pixels.length / 2; i++) {
    const { width, height } = sizes[Math.floor(i / joints) % sizes.length]!;
    const [u, v] = [pixels[2 * i]!, pixels[2 * i + 1]!];
    if (!Number.isNaN(u + v)) out.set([(2 * u) / width - 1, (2 * v) / height - 1, 1], 3 * i);
  }
  return out;
}
