/**
 * One training step of the tiny SpikeVideoFormer ([16, 32, 64, 96], B = 8, T = 8, 3×64×64: forward, backward, SGD),
 * seconds per phase, with one and two threads in turn. The rival is the same network in PyTorch: set
 * SACCADE_TORCH_RIVAL to a command that takes `--threads N` and prints `{"seconds": …}` as JSON; left out without it.
 */
import { execSync } from "node:child_process";
import { setBackend } from "../src/backend/index.ts";
import { createWasmBackend } from "../src/backend/wasm/node.ts";
import { gradients } from "../src/autograd/index.ts";
import { Random } from "../src/core/index.ts";
import { presets, SpikeVideoFormer } from "../src/models/index.ts";
import { crossEntropy, Sgd } from "../src/nn/index.ts";
import { scope, tensor } from "../src/tensor/index.ts";

const RUNS = 7;

type Step = { forward: number; backward: number; update: number; total: number };

async function measure(threads: number): Promise<{ step: Step; weights: Float32Array }> {
  const backend = await createWasmBackend({ threads });
  setBackend(backend);
  const model = new SpikeVideoFormer(presets.tiny, new Random(0));
  const parameters = model.parameters();
  const optimizer = new Sgd(parameters);
  const random = new Random(1);
  const pixels = Float32Array.from({ length: 8 * 8 * 3 * 64 * 64 }, () => random.normal());
  const video = tensor(pixels, [8, 8, 3, 64, 64]);
  const labels = [0, 1, 2, 3, 4, 5, 6, 7];
  const steps: Step[] = [];
  for (let run = 0; run <= RUNS; run++) {
    const start = performance.now();
    scope(() => {
      const loss = crossEntropy(model.forward(video).logits!, labels);
      const forward = performance.now();
      const slopes = gradients(loss, parameters);
      const backward = performance.now();
      optimizer.step(slopes, 0.01);
      const end = performance.now();
      steps.push({
        forward: (forward - start) / 1000,
        backward: (backward - forward) / 1000,
        update: (end - backward) / 1000,
        total: (end - start) / 1000,
      });
    });
  }
  const weights = Float32Array.from(parameters.flatMap((p) => Array.from(p.data)));
  backend.dispose();
  setBackend(undefined);
  const [, ...counted] = steps;
  counted.sort((a, b) => a.total - b.total);
  return { step: counted[RUNS >> 1]!, weights };
}

function rival(threads: number): number | null {
  const command = process.env["SACCADE_TORCH_RIVAL"];
  if (command === undefined) return null;
  const text = execSync(`${command} --threads ${threads}`, { encoding: "utf8" });
  return (JSON.parse(text) as { seconds: number }).seconds;
}

const rows: string[] = [];
const results: { step: Step; weights: Float32Array }[] = [];
for (const threads of [1, 2]) {
  const result = await measure(threads);
  results.push(result);
  const other = rival(threads);
  const { forward, backward, update, total } = result.step;
  const times = [forward, backward, update, total].map((seconds) => seconds.toFixed(3));
  const against = other === null ? "left out | –" : `${other.toFixed(3)} | ${(other / total).toFixed(2)}×`;
  rows.push(`| ${threads} | ${times.join(" | ")} | ${against} |`);
}
const [one, two] = results as [(typeof results)[0], (typeof results)[0]];
console.log(
  `Training step, tiny SpikeVideoFormer, seconds (median of ${RUNS}), Node ${process.versions.node}\n`,
);
console.log("| threads | forward | backward | SGD | step | PyTorch | PyTorch / ours |");
console.log("| --- | --- | --- | --- | --- | --- | --- |");
console.log(rows.join("\n"));
console.log(`\ntwo threads against one: ${(one.step.total / two.step.total).toFixed(2)}×`);
const same = one.weights.every((w, i) => Object.is(w, two.weights[i]));
console.log(
  `weights after ${RUNS + 1} steps with one and two threads: ${same ? "the same bits" : "DIFFERENT"}`,
);
