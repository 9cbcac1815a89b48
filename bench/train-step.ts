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

/** Turns that the two take, and steps of a turn that count. */
const TURNS = 4;
const STEPS = 5;

type Step = { forward: number; backward: number; update: number; total: number };

/** A model in a backend of its own, which takes steps when asked. */
async function trainee(threads: number) {
  const backend = await createWasmBackend({ threads });
  setBackend(backend);
  const model = new SpikeVideoFormer(presets.tiny, new Random(0));
  const parameters = model.parameters();
  const optimizer = new Sgd(parameters);
  const random = new Random(1);
  const pixels = Float32Array.from({ length: 8 * 8 * 3 * 64 * 64 }, () => random.normal());
  const video = tensor(pixels, [8, 8, 3, 64, 64]);
  const step = (): Step => {
    setBackend(backend);
    return scope(() => {
      const start = performance.now();
      const loss = crossEntropy(model.forward(video).logits!, [0, 1, 2, 3, 4, 5, 6, 7]);
      const forward = performance.now();
      const slopes = gradients(loss, parameters);
      const backward = performance.now();
      optimizer.step(slopes, 0.01);
      const end = performance.now();
      return {
        forward: (forward - start) / 1000,
        backward: (backward - forward) / 1000,
        update: (end - backward) / 1000,
        total: (end - start) / 1000,
      };
    });
  };
  const weights = () => Float32Array.from(parameters.flatMap((p) => Array.from(p.data)));
  return { threads, step, weights, dispose: () => backend.dispose() };
}

function rival(threads: number): number | null {
  const command = process.env["SACCADE_TORCH_RIVAL"];
  if (command === undefined) return null;
  const text = execSync(`${command} --threads ${threads}`, { encoding: "utf8" });
  return (JSON.parse(text) as { seconds: number }).seconds;
}

const trainees = [await trainee(1), await trainee(2)];
const steps: Step[][] = trainees.map(() => []);
// In turn, so that a slow spell of the machine falls on both; the first step of a turn finds cold caches.
for (let turn = 0; turn < TURNS; turn++) {
  trainees.forEach(({ step }, i) => {
    step();
    for (let run = 0; run < STEPS; run++) steps[i]!.push(step());
  });
}
const [one, two] = steps.map((counted) => {
  counted.sort((a, b) => a.total - b.total);
  return counted[counted.length >> 1]!;
}) as [Step, Step];
const rows = [one, two].map(({ forward, backward, update, total }, i) => {
  const { threads } = trainees[i]!;
  const other = rival(threads);
  const times = [forward, backward, update, total].map((seconds) => seconds.toFixed(3));
  const against = other === null ? "left out | –" : `${other.toFixed(3)} | ${(other / total).toFixed(2)}×`;
  return `| ${threads} | ${times.join(" | ")} | ${against} |`;
});
console.log(
  `Training step, tiny SpikeVideoFormer, seconds (median of ${TURNS * STEPS}), Node ${process.versions.node}\n`,
);
console.log("| threads | forward | backward | SGD | step | PyTorch | PyTorch / ours |");
console.log("| --- | --- | --- | --- | --- | --- | --- |");
console.log(rows.join("\n"));
console.log(`\ntwo threads against one: ${(one.total / two.total).toFixed(2)}×`);
const [weights, others] = trainees.map((trainee) => trainee.weights()) as [Float32Array, Float32Array];
const same = weights.every((w, i) => Object.is(w, others[i]));
console.log(
  `weights after ${TURNS * (STEPS + 1)} steps with one and two threads: ${same ? "the same bits" : "DIFFERENT"}`,
);
for (const { dispose } of trainees) dispose();
setBackend(undefined);
