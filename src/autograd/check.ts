/** Checks analytic gradients against central differences. */
import { scope, type Tensor, withoutGradients } from "../tensor/index.ts";
import { gradients } from "./tape.ts";

/**
 * Largest difference between the gradient of `loss` and its central differences, relative to the larger of 1 and the
 * gradient's size. Meant for a float64 backend.
 *
 * @param loss - a smooth function of the inputs, of one element
 * @param inputs - tensors to differentiate with respect to; changed and restored in place
 * @param options - `step` of the difference; 1e-5 suits float64
 */
export function gradientError(
  loss: () => Tensor,
  inputs: readonly Tensor[],
  { step = 1e-5 }: { readonly step?: number } = {},
): number {
  for (const input of inputs) input.requiresGrad = true;
  const analytic = scope(() => gradients(loss(), inputs));
  const evaluate = () => withoutGradients(() => loss().item());
  let worst = 0;
  inputs.forEach((input, i) => {
    for (let k = 0; k < input.size; k++) {
      const held = input.data[k]!;
      input.data[k] = held + step;
      const above = evaluate();
      input.data[k] = held - step;
      const below = evaluate();
      input.data[k] = held;
      const expected = (above - below) / (2 * step);
      const got = analytic[i]!.data[k]!;
      worst = Math.max(worst, Math.abs(got - expected) / Math.max(1, Math.abs(expected)));
    }
  });
  for (const gradient of analytic) gradient.dispose();
  return worst;
}
