/** The one convolution that factors 1×1, depthwise 3×3, 1×1 make. */
import { backend } from "../backend/index.ts";
import { Tensor } from "../tensor/index.ts";
import type { ConvolutionWeights } from "./graph.ts";

/** Weights `[Co, Ci, 3, 3]`: for each tap Σ over m of second[n, m]·depthwise[m, tap]·first[m, c]. */
export function mergeFactors([first, depthwise, second]: readonly [
  ConvolutionWeights,
  ConvolutionWeights,
  ConvolutionWeights,
]): ConvolutionWeights {
  const { outChannels, bias } = second;
  const hidden = first.outChannels;
  const inChannels = first.weight.length / hidden;
  const taps = depthwise.kernel ** 2;
  const weight = new Float32Array(outChannels * inChannels * taps);
  const [a, b, c] = [
    Tensor.empty([outChannels, hidden]),
    Tensor.empty([hidden, inChannels]),
    Tensor.empty([outChannels, inChannels]),
  ];
  b.data.set(first.weight);
  for (let tap = 0; tap < taps; tap++) {
    for (let i = 0; i < a.data.length; i++) {
      a.data[i] = second.weight[i]! * depthwise.weight[(i % hidden) * taps + tap]!;
    }
    backend().gemm(c.data, a.data, b.data, { m: outChannels, n: inChannels, k: hidden });
    for (let i = 0; i < c.data.length; i++) weight[i * taps + tap] = c.data[i]!;
  }
  for (const matrix of [a, b, c]) matrix.dispose();
  const { kernel, stride, padding } = depthwise;
  return { weight, bias, outChannels, kernel, stride, padding, groups: 1 };
}
