/** Exports the trained pose model to ONNX and runs it in ONNX Runtime: the same numbers as here. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { createWasmBackend } from "../src/backend/wasm/node.ts";
import { lower, parsePoseModel, Random, setBackend, tensor, toOnnx, withoutGradients } from "../src/index.ts";

const backend = await createWasmBackend({ threads: 1 });
setBackend(backend);
const { model } = parsePoseModel(new Uint8Array(await readFile("weights/nano-pose.safetensors")));

// Sizes are fixed: T = 8 steps of one clip of 4 × 64 × 64 voxels.
const [T, B, C, H, W] = [8, 1, 4, 64, 64];
const graph = lower(model, [C, H, W]);
const file = toOnnx(graph, { timeSteps: T, batch: B });
console.log(`${graph.operations.length} operations, ${(file.byteLength / 1e6).toFixed(1)} MB`);

const random = new Random(1);
const voxels = Float32Array.from({ length: T * B * C * H * W }, () => (random.uniform() < 0.08 ? 1 : 0));
const session = await InferenceSession.create(file);
const theirs = await session.run({ input: new Tensor("float32", voxels, [T, B, C, H, W]) });
const ours = withoutGradients(() => model.forward(tensor(voxels, [T, B, C, H, W])));

for (const [name, { shape, data }] of Object.entries(ours)) {
  const other = theirs[name]!.data as Float32Array;
  const difference = Math.max(...data.map((value, i) => Math.abs(value - other[i]!)));
  console.log(`${name} [${shape.join(", ")}]: largest difference ${difference.toExponential(1)}`);
  assert.ok(difference < 1e-3);
}
await session.release();
backend.dispose();
