/** A profile as `saccade profile` makes it, in made-up numbers. */
import type { ProfileReport } from "../../apps/report/profile-data.ts";
import type { KernelName, StepProfile } from "../../src/engine/index.ts";

const energy = [45, 7].map((nm) => ({
  node: `${nm} nm`,
  spiking: { synapsesMj: 0.1, neuronsMj: 0.01, addressesMj: 0.01, memoryMj: 2 },
  dense: { synapsesMj: 1.2, neuronsMj: 0.001, addressesMj: 0.001, memoryMj: 12 },
}));

const KERNELS: readonly KernelName[] = [
  "gather",
  "dense",
  "depthwise gather",
  "depthwise",
  "popcount attention",
  "settle",
];

/** @param steps - their number */
export function sampleProfile(steps = 12, name = "nano-pose.safetensors"): ProfileReport {
  const ms = (i: number): number => 0.05 + ((i * 7) % 11) / 10;
  const sum = Array.from({ length: steps }, (_, i) => ms(i)).reduce((a, b) => a + b, 0);
  return {
    model: { name, parameters: 1_152_549, weights: name, attention: "hamming, joint" },
    input: { name: "walk.aedat4", shape: [8, 1, 4, 64, 64], fromSeconds: 1 },
    machine: { processor: "A processor of eight cores", node: "v24.0.0", threads: 2 },
    precision: "int16",
    runs: 20,
    time: { compiledMs: 6.4, eagerMs: 31, fastestCompiledMs: 6.1, fastestEagerMs: 30, speedUp: 4.9 },
    total: { denseMacs: 24e7, macs: 14e6, acs: 23e6, energy },
    steps: Array.from({ length: steps }, (_, i): StepProfile => {
      const kernel = KERNELS[i % KERNELS.length]!;
      return {
        layer: i === steps - 1 ? "head.pose" : `stages.${i >> 2}.blocks.0.layer${i}`,
        kind: "conv 3×3",
        outputShape: [8, 1, 16, 16, 64],
        firingRate: kernel === "dense" ? null : i / steps,
        outputFiringRate: 0.1,
        denseMacs: 1e6,
        macs: kernel === "dense" ? 1e6 : 0,
        acs: kernel === "dense" ? 0 : 1e5,
        kernel,
        estimates:
          kernel === "gather"
            ? [
                { kernel: "gather", ns: 50_000 },
                { kernel: "dense", ns: 125_000 },
              ]
            : [],
        ms: ms(i),
        share: ms(i) / sum,
        energy,
      };
    }),
    warnings: ["The input is noise: firing rates mean nothing."],
  };
}
