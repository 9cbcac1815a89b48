/** The backend that computes with the kernels of kernels/: WebAssembly with SIMD and threads. */
import type {
  AdamStep,
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
import { ReferenceBackend } from "../reference/index.ts";
import * as depthwise from "./depthwise.ts";
import type { Device } from "./device.ts";
import * as elementwise from "./elementwise.ts";
import * as id from "./generated/ids.ts";
import * as neurons from "./neurons.ts";
import { WasmPackedKernels } from "./packed.ts";
import * as pools from "./pools.ts";
import * as products from "./products.ts";
import * as spikes from "./spikes.ts";

/** See `Backend`. Numbers live in one shared memory, on which the inherited methods work, too. */
export class WasmBackend extends ReferenceBackend {
  override readonly name: string = "wasm";
  override readonly threads: number;
  readonly device: Device;
  override readonly packed: PackedKernels;
  /** Whether the kernels were compiled with V8's revectorisation. */
  readonly revectorized: boolean;
  readonly #release: () => void;

  /**
   * @param device - module, memory and threads
   * @param release - ends the workers
   * @param options - `revectorized`: how the module was compiled (false)
   */
  constructor(device: Device, release: () => void, { revectorized = false } = {}) {
    super();
    this.device = device;
    this.packed = new WasmPackedKernels(device);
    this.threads = device.threads;
    this.revectorized = revectorized;
    this.#release = release;
  }

  override alloc(length: number): Floats {
    return this.device.allocator.floats(length);
  }

  override free(block: Floats): void {
    this.device.allocator.give(block);
  }

  override dispose(): void {
    this.device.stop();
    this.#release();
  }

  override unary(op: UnaryOp, out: Floats, a: Floats): void {
    if (!elementwise.unary(this.device, op, out, a)) super.unary(op, out, a);
  }

  override clamp(out: Floats, a: Floats, low: number, high: number): void {
    elementwise.clamp(this.device, out, a, low, high);
  }

  override binary(op: BinaryOp, out: Floats, a: Floats, b: Floats, broadcast: Broadcast | null): void {
    if (out.length === 0) return;
    if (!elementwise.binary(this.device, op, out, a, b, broadcast)) super.binary(op, out, a, b, broadcast);
  }

  override affine(out: Floats, a: Floats, scale: number, shift: number): void {
    elementwise.affine(this.device, out, a, scale, shift);
  }

  override addScaled(out: Floats, a: Floats, scale: number): void {
    elementwise.addScaled(this.device, out, a, scale);
  }

  override sum(out: Floats, a: Floats, outer: number, axis: number, inner: number): void {
    elementwise.sum(this.device, out, a, outer, axis, inner);
  }

  override countNonZero(a: Floats): number {
    return elementwise.countNonZero(this.device, a);
  }

  override permute(out: Floats, a: Floats, shape: readonly number[], axes: readonly number[]): void {
    if (!elementwise.permute(this.device, out, a, shape, axes)) super.permute(out, a, shape, axes);
  }

  override copyBlocks(
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
    elementwise.copyBlocks(
      this.device,
      out,
      outOffset,
      outStride,
      a,
      aOffset,
      aStride,
      blocks,
      length,
      accumulate,
    );
  }

  override pad(
    out: Floats,
    x: Floats,
    values: Floats | null,
    images: number,
    height: number,
    width: number,
    channels: number,
    padding: number,
  ): void {
    const p = { images, height, width, channels, border: padding, outChannels: channels };
    products.padImages(this.device, out, x, values, p);
  }

  override gemm(c: Floats, a: Floats, b: Floats, p: Gemm): void {
    const { m, n, k, batch = 1 } = p;
    if (m * n * batch === 0) return;
    if (k === 0 || (p.transA === true && p.transB === true)) return super.gemm(c, a, b, p);
    products.gemm(this.device, c, a, b, p);
  }

  override conv2d(out: Floats, x: Floats, w: Floats, bias: Floats | null, p: Convolution): void {
    if (p.groups === 1) return products.conv2d(this.device, out, x, w, bias, p);
    if (depthwise.isDepthwise(p)) return depthwise.conv2d(this.device, out, x, w, bias, p);
    super.conv2d(out, x, w, bias, p);
  }

  override conv2dInputGrad(dx: Floats, dy: Floats, w: Floats, p: Convolution): void {
    if (p.groups === 1) return products.conv2dInputGrad(this.device, dx, dy, w, p);
    if (depthwise.isDepthwise(p) && p.stride === 1 && p.padding < p.kernel) {
      return depthwise.conv2dInputGrad(this.device, dx, dy, w, p);
    }
    super.conv2dInputGrad(dx, dy, w, p);
  }

  override conv2dWeightGrad(dw: Floats, dy: Floats, x: Floats, p: Convolution): void {
    if (p.groups === 1) return products.conv2dWeightGrad(this.device, dw, dy, x, p);
    if (depthwise.isDepthwise(p)) return depthwise.conv2dWeightGrad(this.device, dw, dy, x, p);
    super.conv2dWeightGrad(dw, dy, x, p);
  }

  override spikeLists(x: Floats, rows: number, columns: number): SpikeLists {
    return spikes.spikeLists(this.device, x, rows, columns);
  }

  override freeSpikeLists(lists: SpikeLists): void {
    spikes.freeSpikeLists(this.device, lists);
  }

  override spikeConv2d(out: Floats, x: SpikeLists, w: Floats, bias: Floats | null, p: Convolution): void {
    if (!spikes.servesForward(p)) return super.spikeConv2d(out, x, w, bias, p);
    spikes.spikeConv2d(this.device, out, x, w, bias, p);
  }

  override spikeConv2dWeightGrad(dw: Floats, dy: Floats, x: SpikeLists, p: Convolution): void {
    if (!spikes.servesWeightGrad(p)) return super.spikeConv2dWeightGrad(dw, dy, x, p);
    spikes.spikeConv2dWeightGrad(this.device, dw, dy, x, p);
  }

  override channelMoments(mean: Floats, variance: Floats, x: Floats, rows: number, channels: number): void {
    neurons.channelMoments(this.device, mean, variance, x, rows, channels);
  }

  override channelAffine(
    out: Floats,
    x: Floats,
    scale: Floats,
    shift: Floats,
    rows: number,
    channels: number,
  ): void {
    neurons.channelAffine(this.device, out, x, scale, shift, rows, channels);
  }

  override batchNormGrad(
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
    neurons.batchNormGrad(
      this.device,
      dx,
      dWeight,
      dBias,
      dy,
      x,
      mean,
      inverseDeviation,
      weight,
      rows,
      channels,
    );
  }

  override avgPool2d(out: Floats, x: Floats, p: Pooling): void {
    pools.pool(this.device, id.AVG_POOL, out, x, p);
  }

  override avgPool2dGrad(dx: Floats, dy: Floats, p: Pooling): void {
    pools.poolGrad(this.device, dx, dy, null, p);
  }

  override maxPool2d(out: Floats, x: Floats, p: Pooling): void {
    pools.pool(this.device, id.MAX_POOL, out, x, p);
  }

  override maxPool2dGrad(dx: Floats, dy: Floats, x: Floats, p: Pooling): void {
    pools.poolGrad(this.device, dx, dy, x, p);
  }

  override neuron(
    fired: Floats,
    h: Floats,
    last: Floats | null,
    x: Floats,
    initial: Floats | null,
    p: Neuron,
  ): void {
    neurons.neuron(this.device, fired, h, last, x, initial, p);
  }

  override neuronGrad(
    grad: NeuronGradients,
    dSpikes: Floats,
    dLast: Floats | null,
    h: Floats,
    x: Floats,
    initial: Floats | null,
    p: Neuron,
  ): void {
    neurons.neuronGrad(this.device, grad, dSpikes, dLast, h, x, initial, p);
  }

  override integerNeuron(
    n: Floats,
    u: Floats,
    x: Floats,
    timeSteps: number,
    size: number,
    keep: number,
    levels: number,
  ): void {
    neurons.integerNeuron(this.device, id.INTEGER_NEURON, [n, u, x], timeSteps, size, keep, levels);
  }

  override integerNeuronGrad(
    dx: Floats,
    dn: Floats,
    u: Floats,
    timeSteps: number,
    size: number,
    keep: number,
    levels: number,
  ): void {
    neurons.integerNeuron(this.device, id.INTEGER_NEURON_GRAD, [dx, dn, u], timeSteps, size, keep, levels);
  }

  override sgdStep(w: Floats, g: Floats, velocity: Floats | null, p: SgdStep): void {
    elementwise.sgdStep(this.device, w, g, velocity, p);
  }

  override adamStep(w: Floats, g: Floats, m: Floats, v: Floats, p: AdamStep): void {
    elementwise.adamStep(this.device, w, g, m, v, p);
  }
}
