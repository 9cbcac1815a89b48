/** Trains a small spiking transformer to tell which way a bar moves. A single frame does not show it: time does. */
import assert from "node:assert/strict";
import { createWasmBackend } from "../src/backend/wasm/node.ts";
import { Adam, createModel, crossEntropy, gradients, parseModelConfig, Random } from "../src/index.ts";
import { scope, setBackend, tensor, withoutGradients } from "../src/index.ts";

const backend = await createWasmBackend({ threads: 1 });
setBackend(backend);
const random = new Random(1);
const [TIME_STEPS, BATCH, SIZE] = [4, 16, 16];

/** Clips `[T, B, 1, H, W]` of bars that move by two pixels a step, to the left (class 0) or to the right (1). */
function clips() {
  const labels = Array.from({ length: BATCH }, () => random.integer(0, 2));
  const video = new Float32Array(TIME_STEPS * BATCH * SIZE * SIZE);
  labels.forEach((label, b) => {
    const start = random.integer(0, SIZE);
    for (let t = 0; t < TIME_STEPS; t++) {
      const x = (start + (label === 1 ? 2 : -2) * t + 4 * SIZE) % SIZE;
      for (let y = 0; y < SIZE; y++) video[((t * BATCH + b) * SIZE + y) * SIZE + x] = 1;
    }
  });
  return { video: tensor(video, [TIME_STEPS, BATCH, 1, SIZE, SIZE]), labels };
}

const head = { kind: "classification", classes: 2 };
const sizes = { embedDims: [16, 16, 32, 32], depths: [1, 1, 1, 1, 0], heads: 4, inChannels: 1 };
const model = createModel(
  parseModelConfig({ model: "spikevideoformer", ...sizes, head }, "spikevideoformer"),
  random.fork("init"),
);
const optimizer = new Adam(model.parameters());
for (let step = 1; step <= 300; step++) {
  const loss = scope(() => {
    const { video, labels } = clips();
    const error = crossEntropy(model.forward(video).logits!, labels);
    optimizer.step(gradients(error, model.parameters()), 0.005);
    return error.item();
  });
  if (step % 50 === 0) console.log(`step ${step}: loss ${loss.toFixed(3)}`);
}

model.eval();
let correct = 0;
for (let batch = 0; batch < 8; batch++) {
  correct += withoutGradients(() => {
    const { video, labels } = clips();
    const { data } = model.forward(video).logits!;
    return labels.filter((label, b) => Number(data[2 * b + 1]! > data[2 * b]!) === label).length;
  });
}
console.log(`${correct} of ${8 * BATCH} new clips right`);
assert.ok(correct >= 0.9 * 8 * BATCH);
backend.dispose();
