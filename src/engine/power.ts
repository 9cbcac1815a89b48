/** Power of networks that run at rates of their own: energy of an inference times inferences a second. */
import type { LayerOperations } from "./activity.ts";
import { type EnergyCost, energyCosts, energyMj } from "./energy.ts";

/** Operations of one inference. */
export type Operations = {
  /** Multiply-accumulates. */
  readonly macs: number;
  /** Accumulates. */
  readonly acs: number;
};

/** A network, or a part of one, and how often it runs. */
export type RunningPart = { readonly operations: Operations; readonly rateHz: number };

/** Operations a second, and what they cost, watts. */
export type Power = {
  readonly macsPerSecond: number;
  readonly acsPerSecond: number;
  readonly watts: number;
};

/** Power of parts that run beside each other, at 7 nm unless told otherwise, as [Aydin2024, §4.1] has it: compute alone. */
export function powerOf(parts: readonly RunningPart[], cost: EnergyCost = energyCosts[1]): Power {
  let [macs, acs] = [0, 0];
  for (const { operations, rateHz } of parts) {
    macs += operations.macs * rateHz;
    acs += operations.acs * rateHz;
  }
  return { macsPerSecond: macs, acsPerSecond: acs, watts: energyMj({ macs, acs }, cost) / 1000 };
}

/** Operations of the parts of a hybrid: of one run of the ANN and the state initialisers, and of one step of the SNN. */
export type HybridOperations = {
  readonly ann: Operations;
  readonly initialisers: Operations;
  readonly snn: Operations;
};

/**
 * Operations of a hybrid by its parts, from what an `ActivityMonitor` has seen of `Hybrid`.
 *
 * @param seen - `operations()` of the monitor
 * @param runs - runs of the ANN, and steps of the SNN, over all samples, that it has seen
 */
export function hybridOperations(
  seen: readonly LayerOperations[],
  runs: { readonly ann: number; readonly snn: number },
): HybridOperations {
  const below = (wanted: keyof HybridOperations, count: number): Operations => {
    let [macs, acs] = [0, 0];
    for (const layer of seen) {
      const part = /^(ann|initialisers)\./.exec(layer.layer)?.[1] ?? "snn";
      if (part !== wanted) continue;
      macs += layer.macs / count;
      acs += layer.acs / count;
    }
    return { macs, acs };
  };
  return {
    ann: below("ann", runs.ann),
    initialisers: below("initialisers", runs.ann),
    snn: below("snn", runs.snn),
  };
}

/** Power of a hybrid whose ANN and SNN run at rates f₁ and f₂: (ANN + initialisers)·f₁ + SNN·f₂; see {@link powerOf}. */
export function hybridPower(
  { ann, initialisers, snn }: HybridOperations,
  { annHz, snnHz }: { readonly annHz: number; readonly snnHz: number },
  cost?: EnergyCost,
): Power {
  const parts = [
    { operations: ann, rateHz: annHz },
    { operations: initialisers, rateHz: annHz },
    { operations: snn, rateHz: snnHz },
  ];
  return powerOf(parts, cost);
}
