/** Choices in a few letters. */
import type { KernelEstimate, StepProfile } from "../../src/engine/index.ts";

/** What was not chosen, and how many times as long it was estimated to take, for example `dense 3.7×`. */
export function insteadOf({ kernel, estimates }: StepProfile): string {
  const ns = new Map(estimates.map((estimate) => [estimate.kernel, estimate.ns]));
  type Choice = KernelEstimate["kernel"];
  const pairs: readonly (readonly [chosen: Choice, other: Choice])[] = [
    kernel === "gather" ? ["gather", "dense"] : ["dense", "gather"],
    (ns.get("merged") ?? 0) <= (ns.get("factored") ?? 0) ? ["merged", "factored"] : ["factored", "merged"],
  ];
  return pairs
    .flatMap(([chosen, other]) => {
      const [own, others] = [ns.get(chosen), ns.get(other)];
      return own === undefined || others === undefined ? [] : [`${other} ${(others / own).toFixed(1)}×`];
    })
    .join(", ");
}
