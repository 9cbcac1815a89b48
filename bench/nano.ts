/** Inference of the nano pose model on a window of 1 s (T = 8), against real time; with one and two threads. */
import { setBackend } from "../src/backend/index.ts";
import { createWasmBackend } from "../src/backend/wasm/node.ts";
import { Random } from "../src/core/index.ts";
import { presets, SpikeVideoFormer } from "../src/models/index.ts";
import { tensor, withoutGradients } from "../src/tensor/index.ts";

const RUNS = 20;

console.log(`nano pose model, one window of 1 s, Node ${process.versions.node}\n`);
console.log("| threads | ms per window (median) | ms per step | times faster than real time |");
console.log("| --- | --- | --- | --- |");
for (const threads of [1, 2]) {
  const backend = await createWasmBackend({ threads });
  setBackend(backend);
  const model = new SpikeVideoFormer(presets.nano, new Random(0)).eval();
  const random = new Random(1);
  const voxels = Float32Array.from({ length: 8 * 4 * 64 * 64 }, () => (random.uniform() < 0.08 ? 1 : 0));
  const times: number[] = [];
  for (let run = 0; run < RUNS + 3; run++) {
    const start = performance.now();
    withoutGradients(() => {
      const video = tensor(voxels, [8, 1, 4, 64, 64], { spikeLevels: 1 });
      model.forward(video);
    });
    times.push(performance.now() - start);
  }
  const median = times.slice(3).sort((a, b) => a - b)[RUNS >> 1]!;
  console.log(
    `| ${threads} | ${median.toFixed(1)} | ${(median / 8).toFixed(2)} | ${(1000 / median).toFixed(0)}× |`,
  );
  backend.dispose();
  setBackend(undefined);
}
