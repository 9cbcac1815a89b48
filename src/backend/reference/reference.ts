/** The backend that is the truth: plain TypeScript, in float32 or float64, one thread. */
import type {
  AdamStep,
  Backend,
  BinaryOp,
  Broadcast,
  Convolution,
  Floats,
  Gemm,
  Neuron,
  NeuronGradients,
  Pooling,
  SgdStep,
  SpikeLists,
  UnaryOp,
} from "../backend.ts";
import type { PackedKernels } from "../packed.ts";
import * as convolution from "./convolution.ts";
import * as elementwise from "./elementwise.ts";
import * as neurons from "./neuron.ts";
import { ReferencePackedKernels } from "./packed.ts";
import * as spikes from "./spikes.ts";

/** See {@link Backend}. Slow, short, and without a dependency: what the fast backends are measured against. */
export class ReferenceBackend implements Backend {
  readonly name: string = "reference";
  readonly threads: number = 1;
  readonly packed: PackedKernels = new ReferencePackedKernels();
  readonly #precision: "float32" | "float64";

  /** @param options - `precision` of the numbers; float64 serves gradient checks */
  constructor({ precision = "float32" }: { readonly precision?: "float32" | "float64" } = {}) {
    this.#precision = precision;
  }

  alloc(length: number): Floats {
    return this.#precision === "float32" ? new Float32Array(length) : new Float64Array(length);
  }

  free(_block: Floats): void {}

  dispose(): void {}

  unary(op: UnaryOp, out: Floats, a: Floats): void {
    elementwise.unary(op, out, a);
  }

  clamp(out: Floats, a: Floats, low: number, high: number): void {
    for (let i = 0; i < out.length; i++) out[i] = Math.min(Math.max(a[i]!, low), high);
  }

  binary(op: BinaryOp, out: Floats, a: Floats, b: Floats, broadcast: Broadcast | null): void {
    elementwise.binary(op, out, a, b, broadcast);
  }

  affine(out: Floats, a: Floats, scale: number, shift: number): void {
    for (let i = 0; i < out.length; i++) out[i] = a[i]! * scale + shift;
  }

  addScaled(out: Floats, a: Floats, scale: number): void {
    for (let i = 0; i < out.length; i++) out[i]! += scale * a[i]!;
  }

  sum(out: Floats, a: Floats, outer: number, axis: number, inner: number): void {
    elementwise.sum(out, a, outer, axis, inner);
  }

  countNonZero(a: Floats): number {
    let count = 0;
    for (let i = 0; i < a.length; i++) if (a[i] !== 0) count++;
    return count;
  }

  softmax(out: Floats, a: Floats, rows: number, n: number): void {
    elementwise.softmax(out, a, rows, n, false);
  }

  softmaxGrad(da: Floats, out: Floats, dOut: Floats, rows: number, n: number): void {
    elementwise.softmaxGrad(da, out, dOut, rows, n, false);
  }

  logSoftmax(out: Floats, a: Floats, rows: number, n: number): void {
    elementwise.softmax(out, a, rows, n, true);
  }

  logSoftmaxGrad(da: Floats, out: Floats, dOut: Floats, rows: number, n: number): void {
    elementwise.softmaxGrad(da, out, dOut, rows, n, true);
  }

  permute(out: Floats, a: Floats, shape: readonly number[], axes: readonly number[]): void {
    elementwise.permute(out, a, shape, axes);
  }

  copyBlocks(
    out: Floats,
    outOffset: number,
    outStride: number,
    a: Floats,
    aOffset: number,
    aStride: number,
    blocks: number,
    length: number,
    accumulate: boolean,
  ): void {
    elementwise.copyBlocks(out, outOffset, outStride, a, aOffset, aStride, blocks, length, accumulate);
  }

  pad(
    out: Floats,
    x: Floats,
    values: Floats | null,
    images: number,
    height: number,
    width: number,
    channels: number,
    padding: number,
  ): void {
    const outWidth = width + 2 * padding;
    const outHeight = height + 2 * padding;
    for (let i = 0; i < out.length; i++) out[i] = values === null ? 0 : values[i % channels]!;
    for (let n = 0; n < images; n++) {
      const to = ((n * outHeight + padding) * outWidth + padding) * channels;
      const from = n * height * width * channels;
      const row = width * channels;
      this.copyBlocks(out, to, outWidth * channels, x, from, row, height, row, false);
    }
  }

  gemm(c: Floats, a: Floats, b: Floats, p: Gemm): void {
    const { m, n, k, transA = false, transB = false, accumulate = false, batch = 1 } = p;
    const { strideA = m * k, strideB = k * n, strideC = m * n } = p;
    for (let i = 0; i < batch; i++) {
      for (let row = 0; row < m; row++) {
        for (let column = 0; column < n; column++) {
          let total = 0;
          for (let q = 0; q < k; q++) {
            const left = a[i * strideA + (transA ? q * m + row : row * k + q)]!;
            const right = b[i * strideB + (transB ? column * k + q : q * n + column)]!;
            total += left * right;
          }
          const at = i * strideC + row * n + column;
          c[at] = accumulate ? c[at]! + total : total;
        }
      }
    }
  }

  conv2d(out: Floats, x: Floats, w: Floats, bias: Floats | null, p: Convolution): void {
    convolution.conv2d(out, x, w, bias, p);
  }

  conv2dInputGrad(dx: Floats, dy: Floats, w: Floats, p: Convolution): void {
    convolution.conv2dInputGrad(dx, dy, w, p);
  }

  conv2dWeightGrad(dw: Floats, dy: Floats, x: Floats, p: Convolution): void {
    convolution.conv2dWeightGrad(dw, dy, x, p);
  }

  spikeLists(x: Floats, rows: number, columns: number): SpikeLists {
    return spikes.spikeLists(x, rows, columns);
  }

  freeSpikeLists(_lists: SpikeLists): void {}

  spikeConv2d(out: Floats, x: SpikeLists, w: Floats, bias: Floats | null, p: Convolution): void {
    spikes.spikeConv2d(out, x, w, bias, p);
  }

  spikeConv2dWeightGrad(dw: Floats, dy: Floats, x: SpikeLists, p: Convolution): void {
    spikes.spikeConv2dWeightGrad(dw, dy, x, p);
  }

  channelMoments(mean: Floats, variance: Floats, x: Floats, rows: number, channels: number): void {
    for (let c = 0; c < channels; c++) {
      let total = 0;
      for (let r = 0; r < rows; r++) total += x[r * channels + c]!;
      const centre = total / rows;
      let squares = 0;
      for (let r = 0; r < rows; r++) squares += (x[r * channels + c]! - centre) ** 2;
      mean[c] = centre;
      variance[c] = squares / rows;
    }
  }

  channelAffine(out: Floats, x: Floats, scale: Floats, shift: Floats, rows: number, channels: number): void {
    for (let i = 0; i < rows * channels; i++) out[i] = x[i]! * scale[i % channels]! + shift[i % channels]!;
  }

  batchNormGrad(
    dx: Floats,
    dWeight: Floats,
    dBias: Floats,
    dy: Floats,
    x: Floats,
    mean: Floats,
    inverseDeviation: Floats,
    weight: Floats,
    rows: number,
    channels: number,
  ): void {
    for (let c = 0; c < channels; c++) {
      let bias = 0;
      let slope = 0;
      for (let r = 0; r < rows; r++) {
        const i = r * channels + c;
        bias += dy[i]!;
        slope += dy[i]! * (x[i]! - mean[c]!) * inverseDeviation[c]!;
      }
      dBias[c] = bias;
      dWeight[c] = slope;
      for (let r = 0; r < rows; r++) {
        const i = r * channels + c;
        const normal = (x[i]! - mean[c]!) * inverseDeviation[c]!;
        dx[i] = weight[c]! * inverseDeviation[c]! * (dy[i]! - bias / rows - (normal * slope) / rows);
      }
    }
  }

  avgPool2d(out: Floats, x: Floats, p: Pooling): void {
    convolution.avgPool2d(out, x, p);
  }

  avgPool2dGrad(dx: Floats, dy: Floats, p: Pooling): void {
    convolution.avgPool2dGrad(dx, dy, p);
  }

  maxPool2d(out: Floats, x: Floats, p: Pooling): void {
    convolution.maxPool2d(out, x, p);
  }

  maxPool2dGrad(dx: Floats, dy: Floats, x: Floats, p: Pooling): void {
    convolution.maxPool2dGrad(dx, dy, x, p);
  }

  neuron(spikes: Floats, h: Floats, last: Floats | null, x: Floats, initial: Floats | null, p: Neuron): void {
    neurons.neuron(spikes, h, last, x, initial, p);
  }

  neuronGrad(
    grad: NeuronGradients,
    dSpikes: Floats,
    dLast: Floats | null,
    h: Floats,
    x: Floats,
    initial: Floats | null,
    p: Neuron,
  ): void {
    neurons.neuronGrad(grad, dSpikes, dLast, h, x, initial, p);
  }

  integerNeuron(
    n: Floats,
    u: Floats,
    x: Floats,
    timeSteps: number,
    size: number,
    keep: number,
    levels: number,
  ): void {
    neurons.integerNeuron(n, u, x, timeSteps, size, keep, levels);
  }

  integerNeuronGrad(
    dx: Floats,
    dn: Floats,
    u: Floats,
    timeSteps: number,
    size: number,
    keep: number,
    levels: number,
  ): void {
    neurons.integerNeuronGrad(dx, dn, u, timeSteps, size, keep, levels);
  }

  sgdStep(w: Floats, g: Floats, velocity: Floats | null, p: SgdStep): void {
    for (let i = 0; i < w.length; i++) {
      const slope = g[i]! + p.weightDecay * w[i]!;
      if (velocity === null) {
        w[i]! -= p.rate * slope;
        continue;
      }
      velocity[i] = p.momentum * velocity[i]! + slope;
      w[i]! -= p.rate * (p.nesterov ? slope + p.momentum * velocity[i]! : velocity[i]!);
    }
  }

  adamStep(w: Floats, g: Floats, m: Floats, v: Floats, p: AdamStep): void {
    for (let i = 0; i < w.length; i++) {
      const slope = g[i]! + (p.decoupled ? 0 : p.weightDecay * w[i]!);
      m[i] = p.beta1 * m[i]! + (1 - p.beta1) * slope;
      v[i] = p.beta2 * v[i]! + (1 - p.beta2) * slope * slope;
      const decayed = p.decoupled ? w[i]! * (1 - p.rate * p.weightDecay) : w[i]!;
      w[i] = decayed - ((p.rate / p.correction1) * m[i]!) / (Math.sqrt(v[i]! / p.correction2) + p.epsilon);
    }
  }
}
