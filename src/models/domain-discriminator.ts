/** Tells synthetic from real events by what the regressors read of them. */
import { relu, reshape } from "../autograd/index.ts";
import { ArgumentError, dims, type Random } from "../core/index.ts";
import { Linear, Module } from "../nn/index.ts";
import type { Tensor } from "../tensor/index.ts";

/**
 * The adversary of a feature extractor [Ganin2016, §4.2]: C → width → ReLU → 2 logits, of each feature vector alone. Its
 * loss, and how it turns against the extractor, is `domainLoss` of `saccade/train`.
 */
export class DomainDiscriminator extends Module {
  readonly hidden: Linear;
  readonly output: Linear;

  /**
   * @param channels - C of the features
   * @param options - `width` of the hidden layer, 256 by default
   * @throws ArgumentError
   */
  constructor(random: Random, channels: number, { width = 256 }: { readonly width?: number } = {}) {
    super();
    if (!(Number.isInteger(channels) && channels > 0 && Number.isInteger(width) && width > 0)) {
      throw new ArgumentError(
        `DomainDiscriminator: expected whole numbers of channels, got ${channels} and ${width}`,
      );
    }
    this.hidden = new Linear(random, channels, width);
    this.output = new Linear(random, width, 2);
  }

  /**
   * Logits of synthetic and real.
   *
   * @param features - penultimate activations `[..., C]`, as `PoseTracker.run` and `PoseNetwork.run` give them
   * @returns `[N, 2]`, N the product of the axes before C
   * @throws ShapeError
   */
  forward(features: Tensor): Tensor {
    const C = this.hidden.weight.shape[1]!;
    dims("DomainDiscriminator", `... ${C}`, features.shape);
    return this.output.forward(relu(this.hidden.forward(reshape(features, [-1, C]))));
  }
}
