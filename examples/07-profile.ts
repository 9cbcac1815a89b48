/** Where a compiled model's time goes, which operations its spikes cause, and what they would cost. */
import assert from "node:assert/strict";
import {
  createModel,
  presets,
  profileSession,
  Random,
  Session,
  setBackend,
  tensor,
  totalMj,
  tune,
  withoutGradients,
} from "../src/index.ts";
import { createWasmBackend } from "../src/backend/wasm/node.ts";

setBackend(await createWasmBackend({ threads: 1 }));
const random = new Random(1);
const model = createModel({ ...presets.tiny, inChannels: 2 }, random).eval();
// A model is silent as it is made; biases let its neurons fire as those of a trained one do.
for (const [name, { data }] of model.namedTensors()) {
  if (/norm\d?\.bias$/.test(name)) data.forEach((_, i) => (data[i] = random.normal(0.1, 0.6)));
}

// Four steps of 64×64 pixels with two polarities: one pixel in twelve has an event.
const [timeSteps, input] = [4, [1, 2, 64, 64]];
const events = Float32Array.from({ length: 4 * 2 * 64 * 64 }, () => Number(random.uniform() < 1 / 12));
const { steps, total, ms } = withoutGradients(() => {
  const clip = tensor(events, [timeSteps, ...input], { spikeLevels: 1 });
  // Compiled twice: the second time it is known how often every neuron fires, and with it the cheaper kernel.
  const session = new Session(tune(model, { input, timeSteps }, clip));
  return profileSession(session, clip, { now: () => performance.now(), runs: 5 });
});

const slowest = steps.toSorted((a, b) => b.ms - a.ms).slice(0, 5);
for (const { layer, kernel, firingRate, ms: time } of slowest) {
  const rate = firingRate === null ? "real input" : `${(100 * firingRate).toFixed(0)} % fire`;
  console.log(`${time.toFixed(3)} ms  ${kernel.padEnd(8)} ${rate.padEnd(10)}  ${layer}`);
}
console.log(`${ms.toFixed(2)} ms a clip of ${timeSteps} steps`);
console.log(
  `${(total.acs / 1e6).toFixed(1)} M accumulates and ${(total.macs / 1e6).toFixed(1)} M multiply-accumulates, ` +
    `where a dense network does ${(total.denseMacs / 1e6).toFixed(1)} M`,
);
for (const { node, spiking, dense } of total.energy) {
  const [less, operations] = [totalMj(dense) / totalMj(spiking), dense.synapsesMj / spiking.synapsesMj];
  console.log(
    `${node}: ${less.toFixed(1)}× less energy with memory, ${operations.toFixed(1)}× by operations alone`,
  );
}
assert.ok(total.acs + total.macs < total.denseMacs);
assert.equal(
  total.acs,
  steps.reduce((sum, { acs }) => sum + acs, 0),
);
