/** One leaky integrate-and-fire neuron: how often it fires for a constant current, and how that is learned. */
import assert from "node:assert/strict";
import { gradients, lif, ReferenceBackend, setBackend, sum, tensor } from "../src/index.ts";

setBackend(new ReferenceBackend());
const TIME_STEPS = 24;

/** A train of spikes as text, such as `.|.|.|`. */
function picture(spikes: ArrayLike<number>): string {
  return Array.from(spikes, (spike) => (spike === 1 ? "|" : ".")).join("");
}

// τ = 2: each step the membrane potential moves half of the way to the current, and at 1 the neuron fires.
const trains = [0.9, 1.1, 1.5, 2].map((current) => {
  const { spikes } = lif(tensor(Array.from({ length: TIME_STEPS }, () => current)), { tau: 2 });
  console.log(`current ${current.toFixed(1)}  ${picture(spikes.data)}`);
  return sum(spikes).item();
});
assert.deepEqual(trains, [0, 6, 12, 24]);

// A spike is a step and has no derivative. A surrogate stands in for it: more current, more spikes.
const current = tensor(Array.from({ length: TIME_STEPS }, () => 0.9));
current.requiresGrad = true;
const [slope] = gradients(sum(lif(current).spikes), [current]);
console.log(`d(spikes)/d(current) of the silent neuron: ${slope!.data[0]!.toFixed(3)} a step`);
assert.ok(slope!.data.every((value) => value > 0));
