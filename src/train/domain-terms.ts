/** What a pose model's loss has beside where it gets used to real events, of which there are no poses. */
import { ArgumentError, Random } from "../core/index.ts";
import type { DomainDiscriminator, PoseEstimator } from "../models/index.ts";
import { type Tensor, tensor } from "../tensor/index.ts";
import { domainLoss, reversalRate } from "./domain-loss.ts";
import { penultimateLoss } from "./penultimate-loss.ts";
import type { PoseLossWeights } from "./pose-loss.ts";
import type { DomainConfig } from "./run-config.ts";

/** What learns from both domains. */
export type DomainLearner = {
  readonly model: Pick<PoseEstimator, "read">;
  /** Of the kind `discriminator`. */
  readonly discriminator?: DomainDiscriminator | undefined;
  /** Of the poses' loss. */
  readonly weights: PoseLossWeights;
};

/** Features of both domains, `[P, B, F]`. */
export type DomainFeatures = { readonly synthetic: Tensor; readonly real: Tensor };

/**
 * The term `domain`, which has the weight of the configuration: `penultimateLoss` of the real features, or `domainLoss` with
 * a reversal that rises by `reversalRate`, and then `domainAccuracy`, which is only told.
 *
 * @param chance - `seed` of the directions that `penultimateLoss` tries first, and `progress`, the share of the run that is over
 * @throws ArgumentError if the kind is `discriminator` and there is none
 */
export function domainTerms(
  config: DomainConfig,
  { model, discriminator, weights }: DomainLearner,
  { synthetic, real }: DomainFeatures,
  { seed, progress }: { readonly seed: number; readonly progress: number },
): { readonly domain: Tensor; readonly domainAccuracy?: Tensor } {
  if (config.kind === "penultimate") {
    const { radius } = config;
    const options = { weights, radius, random: new Random(seed) };
    return { domain: penultimateLoss((features) => model.read(features), real, options) };
  }
  if (discriminator === undefined) {
    throw new ArgumentError("domainTerms: expected a discriminator, got none");
  }
  const reversal = reversalRate(progress, 1);
  const { total, accuracy } = domainLoss(discriminator, synthetic, real, { reversal });
  return { domain: total, domainAccuracy: tensor([accuracy], []) };
}
