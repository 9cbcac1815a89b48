/** Learning rates over a run, as functions of the step. */
import { ArgumentError } from "../core/index.ts";

/** Learning rate at a step. */
export type Schedule = (step: number) => number;

/** The same rate always. */
export function constantRate(rate: number): Schedule {
  return () => rate;
}

/**
 * Linear warm-up from 0, then half a cosine down to `floor`, as PyTorch's CosineAnnealingLR.
 *
 * @param rate - the highest rate
 * @param steps - steps of the whole run
 * @param options - `warmup` steps, lowest rate `floor`
 */
export function cosineRate(rate: number, steps: number, { warmup = 0, floor = 0 } = {}): Schedule {
  if (!(steps > warmup))
    throw new ArgumentError(`cosineRate: expected steps above warmup ${warmup}, got ${steps}`);
  return (step) => {
    if (step < warmup) return (rate * (step + 1)) / warmup;
    const done = Math.min(1, (step - warmup) / (steps - warmup));
    return floor + ((rate - floor) * (1 + Math.cos(Math.PI * done))) / 2;
  };
}

/** Multiplies the rate by `factor` at each milestone, as PyTorch's MultiStepLR. */
export function stepRate(rate: number, milestones: readonly number[], factor = 0.1): Schedule {
  return (step) => rate * factor ** milestones.filter((milestone) => step >= milestone).length;
}
