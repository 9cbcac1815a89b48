/** Kernels of compiled plans: shapes become jobs for kernels/packed-*.ts and kernels/settle.ts. */
import {
  type NeuronDynamics,
  type PackedAttention,
  type PackedKernels,
  type PackedWeights,
  planesOf,
  type Precision,
  type Settlement,
  type SpikeConvolution,
  stateChannels,
  tableSize,
  wordsOf,
} from "../packed.ts";
import { address, type Device } from "./device.ts";
import * as id from "./generated/ids.ts";
import { packPanels } from "./panels.ts";

// Sizes that kernels/settle.ts, kernels/packed-spikes.ts and kernels/scratch.ts share with this file.
const SCRATCH_BYTES = 992 << 10;
const STATE_BYTES = 256 << 10;
const POSITIONS = 128;
const ENTRY_BYTES = 64 << 10;
const LIST_BYTES = SCRATCH_BYTES - STATE_BYTES - 2 * ENTRY_BYTES - POSITIONS * (8 + 128 + 64);
/** Steps that are listed together. */
const STEPS = 8;
/** Parts into which the channels of a kernel row may be cut. */
const MOST_BLOCKS = 8;
/** Bytes of weights that stay in the first caches together. */
const CACHED_BYTES = 48 << 10;
/** Where the spikes of a query are listed. */
const QUERY_BYTES = 27 << 10;
/** Rows of a task of packing and counting. */
const ROWS = 512;

/** Pixels and steps of a task of a convolution. */
type Tile = { readonly height: number; readonly width: number; readonly steps: number };

/** See {@link PackedKernels}. */
export class WasmPackedKernels implements PackedKernels {
  readonly #device: Device;

  constructor(device: Device) {
    this.#device = device;
  }

  allocate(bytes: number): Uint8Array<ArrayBuffer> {
    return this.#device.allocator.bytes(bytes);
  }

  release(block: Uint8Array): void {
    this.#device.allocator.give(block);
  }

  get available(): number {
    return this.#device.allocator.available;
  }

  packSpikes(bits: Uint32Array, x: Float32Array, rows: number, channels: number, planes: number): void {
    const tasks = Math.ceil(rows / ROWS);
    const ints = [address(bits), address(x), rows, channels, planes, ROWS];
    this.#device.launch(id.PACK_SPIKES, tasks, rows * channels * planes, ints);
  }

  unpackSpikes(x: Float32Array, bits: Uint32Array, rows: number, channels: number, planes: number): void {
    const tasks = Math.ceil(rows / ROWS);
    const ints = [address(x), address(bits), rows, channels, planes, ROWS];
    this.#device.launch(id.UNPACK_SPIKES, tasks, rows * channels, ints);
  }

  countSpikes(bits: Uint32Array, rows: number, channels: number, planes: number): number {
    const tasks = Math.ceil(rows / ROWS);
    let total = 0;
    this.#device.borrowWords(tasks, (counts) => {
      const ints = [counts.byteOffset, address(bits), rows, wordsOf(channels), planes, ROWS];
      this.#device.launch(id.COUNT_PACKED, tasks, rows * planes * wordsOf(channels), ints);
      for (const count of counts) total += count;
    });
    return total;
  }

  packWeights(
    weight: Float32Array,
    bias: Float32Array | null,
    shape: Pick<SpikeConvolution, "outChannels" | "inChannels" | "kernel">,
    precision: Precision,
    levels: number,
  ): PackedWeights {
    return packPanels(this.#device.allocator, weight, bias, shape, precision, levels);
  }

  releaseWeights({ panels, start, scale, shift }: PackedWeights): void {
    for (const block of [panels, start, scale, shift]) {
      if (block !== null) this.#device.allocator.give(block);
    }
  }

  servesConvolution(p: Pick<SpikeConvolution, "inChannels" | "kernel">, levels: number): boolean {
    const { inChannels, kernel } = p;
    const one = { height: 1, width: 1, steps: 1 };
    // Runs of all rows are joined where even the narrowest panel of all weights is cached.
    const joined = kernel ** 2 * inChannels <= CACHED_BYTES / 32;
    const most = listBytes({ ...p, stride: 1, planes: planesOf(levels) }, one, joined);
    const entries = 8 * kernel * kernel * Math.min(wordsOf(inChannels), MOST_BLOCKS) * STEPS;
    return kernel * inChannels <= 65536 && most <= LIST_BYTES && entries <= ENTRY_BYTES;
  }

  convolveSpikes(s: Settlement, spikes: Uint32Array, weights: PackedWeights, p: SpikeConvolution): void {
    const { kernel, inChannels } = p;
    const columns = stateChannels(p.outChannels);
    const rowBytes = weights.precision === "int16" ? 2 * Math.min(columns, 64) : 4 * Math.min(columns, 32);
    const rows = kernel * inChannels;
    const cached = Math.floor(CACHED_BYTES / rowBytes);
    const merged = kernel * rows <= cached;
    const blocks = merged ? 1 : Math.min(Math.ceil(rows / cached), wordsOf(inChannels), MOST_BLOCKS);
    const blockWords = Math.ceil(wordsOf(inChannels) / blocks);
    const tile = this.#tile(s.timeSteps, p, blocks, merged);
    const tiles = p.images * Math.ceil(p.outHeight / tile.height) * Math.ceil(p.outWidth / tile.width);
    // A small picture is split by columns too, though each part lists the spikes again.
    const panels = Math.ceil(columns / 64);
    const { threads } = this.#device;
    const shares = tiles >= 2 * threads ? 1 : Math.min(panels, threads);
    const columnGroup = Math.ceil(panels / shares) * 64;
    const tasks = tiles * Math.ceil(columns / columnGroup);
    const work = (s.timeSteps * s.pixels * kernel * rows * columns) / 100;
    this.#launch(id.CONVOLVE_SPIKES, tasks, work, s, 0, weights.scale, weights.shift, [
      address(spikes),
      address(weights.panels),
      address(weights.start),
      weights.precision === "int16" ? 1 : 0,
      p.images,
      p.height,
      p.width,
      inChannels,
      p.planes,
      kernel,
      p.stride,
      p.padding,
      p.outHeight,
      p.outWidth,
      merged ? 1 : 0,
      blocks,
      blockWords,
      columnGroup,
      tile.height,
      tile.width,
      tile.steps,
      listBytes(p, tile, merged),
    ]);
  }

  /** Pixels and steps that a task lists at a time: 128 of both, fewer where threads would stand idle. */
  #tile(timeSteps: number, p: SpikeConvolution, blocks: number, merged: boolean): Tile {
    const columns = stateChannels(p.outChannels);
    const steps = Math.min(timeSteps, STEPS);
    const area = Math.floor(POSITIONS / steps);
    let width = Math.min(p.outWidth, Math.ceil(Math.sqrt(area)));
    let height = Math.min(p.outHeight, Math.floor(area / width));
    const fits = (): boolean => {
      const [rows, across] = [height, width].map((size) => (size - 1) * p.stride + p.kernel) as [
        number,
        number,
      ];
      const entries = 8 * steps * blocks * rows * across;
      const states = 4 * height * width * columns;
      return (
        entries <= ENTRY_BYTES &&
        states <= STATE_BYTES &&
        listBytes(p, { height, width, steps }, merged) <= LIST_BYTES
      );
    };
    const idle = (): boolean => {
      const tiles = p.images * Math.ceil(p.outHeight / height) * Math.ceil(p.outWidth / width);
      return tiles < 4 * this.#device.threads && steps * height * width > 32;
    };
    while (height * width > 1 && (!fits() || idle())) {
      if (height >= width) height = Math.ceil(height / 2);
      else width = Math.ceil(width / 2);
    }
    return { height, width, steps };
  }

  servesDepthwise({ kernel, stride, padding, outWidth }: SpikeConvolution): boolean {
    return kernel <= 8 && stride === 1 && padding < kernel && stripOf(outWidth) >= 1;
  }

  packDepthwise(weight: Float32Array, kernel: number): Float32Array {
    const taps = kernel > 4 ? 8 : 4;
    const channels = weight.length / kernel ** 2;
    const rows = this.#device.allocator.floats(channels * kernel * taps).fill(0);
    for (let row = 0; row < channels * kernel; row++) {
      for (let kx = 0; kx < kernel; kx++) rows[row * taps + kernel - 1 - kx] = weight[row * kernel + kx]!;
    }
    return rows;
  }

  depthwiseSpikes(
    out: Float32Array,
    spikes: Uint32Array,
    weight: Float32Array,
    timeSteps: number,
    p: SpikeConvolution,
  ): void {
    const images = timeSteps * p.images;
    const strip = Math.min(p.outHeight, stripOf(p.outWidth));
    const tasks = images * wordsOf(p.inChannels) * Math.ceil(p.outHeight / strip);
    const work = images * p.outHeight * p.outWidth * p.inChannels * p.kernel;
    this.#device.launch(id.DEPTHWISE_SPIKES, tasks, work, [
      address(out),
      address(spikes),
      address(weight),
      p.height,
      p.width,
      p.inChannels,
      p.planes,
      p.kernel,
      p.padding,
      p.outHeight,
      p.outWidth,
      strip,
    ]);
  }

  settle(s: Settlement, currents: Float32Array): void {
    const group = this.#group(s);
    const work = s.timeSteps * s.pixels * s.channels;
    const tasks = Math.ceil(s.pixels / group);
    this.#launch(id.SETTLE_CURRENTS, tasks, work, s, group, null, null, [address(currents)]);
  }

  servesAttention({
    heads,
    channels,
    queryPlanes = 1,
  }: Pick<PackedAttention, "heads" | "channels"> & Partial<Pick<PackedAttention, "queryPlanes">>): boolean {
    const depth = channels / heads;
    const tables = 4 * tableSize({ heads, channels });
    const sums = 4 * (stateChannels(channels) + 16);
    if (2 * depth * ((1 << queryPlanes) - 1) + 16 > QUERY_BYTES) return false;
    return (
      2 * depth * 128 <= SCRATCH_BYTES &&
      depth <= 1024 &&
      tables + 4 * stateChannels(depth) + sums <= SCRATCH_BYTES - STATE_BYTES - 64
    );
  }

  tabulate(
    tables: Int32Array,
    keys: Uint32Array,
    values: Uint32Array,
    p: PackedAttention,
    pixels: number,
    groups: number,
    groupSteps: number,
  ): void {
    const tasks = groups * p.images * p.heads;
    const depth = p.channels / p.heads;
    const tokens = groupSteps * (pixels / p.images);
    const work = tasks * depth * depth * (tokens / 64) * p.keyPlanes * p.valuePlanes;
    this.#device.launch(id.TABULATE_ATTENTION, tasks, work, [
      address(tables),
      address(keys),
      address(values),
      p.channels,
      p.heads,
      p.keyPlanes,
      p.valuePlanes,
      p.images,
      pixels / p.images,
      groupSteps,
    ]);
  }

  runTables(
    tables: Int32Array,
    leaving: Int32Array | null,
    carried: Int32Array,
    timeSteps: number,
    size: number,
  ): void {
    const group = 4096;
    const ints = [address(tables), address(leaving), address(carried), timeSteps, size, group];
    this.#device.launch(id.RUN_TABLES, Math.ceil(size / group), timeSteps * size, ints);
  }

  attendTables(
    s: Settlement,
    queries: Uint32Array,
    tables: Int32Array,
    perStep: boolean,
    p: PackedAttention,
  ): void {
    const group = this.#group(s);
    const { alpha, beta, gamma, delta } = p.terms;
    const tasks = Math.ceil(s.pixels / group);
    const work = s.timeSteps * s.pixels * p.channels * (p.channels / p.heads / 20 + 1);
    this.#launch(id.ATTEND_TABLES, tasks, work, s, group, p.scale, p.shift, [
      address(queries),
      address(tables),
      0,
      0,
      p.heads,
      p.queryPlanes,
      s.pixels / p.images,
      perStep ? p.images : 0,
      alpha,
      beta,
      gamma,
      delta,
    ]);
  }

  attendPixels(
    s: Settlement,
    queries: Uint32Array,
    keys: Uint32Array,
    values: Uint32Array,
    past: { readonly tables: Int32Array; readonly window: number; readonly resume: boolean } | null,
    p: PackedAttention,
  ): void {
    const group = Math.min(16, this.#group(s));
    const { alpha, beta, gamma, delta } = p.terms;
    const tasks = Math.ceil(s.pixels / group);
    const work = s.timeSteps * s.pixels * p.channels * (p.channels / p.heads / 10 + 1);
    this.#launch(id.ATTEND_PIXELS, tasks, work, s, group, p.scale, p.shift, [
      address(queries),
      past === null ? 0 : address(past.tables),
      address(keys),
      address(values),
      p.heads,
      p.queryPlanes,
      p.keyPlanes,
      p.valuePlanes,
      alpha,
      beta,
      gamma,
      delta,
      past === null ? 0 : 1,
      past === null ? 0 : past.window,
      past === null || !past.resume ? 0 : 1,
    ]);
  }

  /** Pixels of a task: about 128 pairs of a pixel and a step, fewer where threads would stand idle. */
  #group({ timeSteps, pixels, channels }: Settlement): number {
    const states = Math.floor(STATE_BYTES / (4 * stateChannels(channels)));
    const { threads } = this.#device;
    let group = Math.max(1, Math.min(Math.floor(POSITIONS / timeSteps), states));
    while (group > 1 && group * timeSteps > 32 && pixels / group < 4 * threads) group >>= 1;
    // As many tasks for one thread as for another.
    return Math.ceil(pixels / (threads * Math.ceil(pixels / group / threads)));
  }

  #launch(
    kernel: number,
    tasks: number,
    nanoseconds: number,
    s: Settlement,
    group: number,
    scale: Float32Array | null,
    shift: Float32Array | null,
    ints: readonly number[],
  ): void {
    const { neuron } = s;
    const { code, reals } = neuronArguments(neuron?.dynamics ?? null);
    const settlement = [
      s.timeSteps,
      s.pixels,
      s.channels,
      address(s.residual),
      address(s.membrane),
      address(neuron?.spikes ?? null),
      address(neuron?.state ?? null),
      neuron?.resume === true ? 1 : 0,
      ...code,
      address(scale),
      address(shift),
      group,
      0,
      0,
    ];
    this.#device.launch(kernel, tasks, nanoseconds, [...settlement, ...ints], reals);
  }
}

/** Bytes of the lists of one step of a tile, if everything fires. */
function listBytes(
  {
    inChannels,
    planes,
    kernel,
    stride,
  }: Pick<SpikeConvolution, "inChannels" | "planes" | "kernel" | "stride">,
  { height, width }: Tile,
  merged: boolean,
): number {
  const [rows, across] = [height, width].map((size) => (size - 1) * stride + kernel) as [number, number];
  const pixel = 2 * inChannels * ((1 << planes) - 1);
  const runs = kernel === 1 ? 0 : rows * width * kernel;
  const joined = merged ? height * width * kernel ** 2 : 0;
  return (rows * across + runs + joined) * pixel + 16;
}

/** Rows of 32 channels' sums that stay in the second cache; 0 where one does not fit. */
function stripOf(width: number): number {
  return Math.floor((256 << 10) / (32 * 4 * (((width + 3) & -4) + 16 + 16)));
}

/** Kind, decayed input, planes; decay, threshold, rest, keep, levels: see kernels/settle.ts. */
function neuronArguments(dynamics: NeuronDynamics | null): {
  readonly code: readonly number[];
  readonly reals: readonly number[];
} {
  if (dynamics === null) return { code: [0, 0, 0], reals: [0, 0, 0, 0, 0] };
  if (dynamics.kind === "integer-lif") {
    const { keep, levels } = dynamics;
    return { code: [3, 0, planesOf(levels)], reals: [0, 0, 0, keep, levels] };
  }
  const { decay, decayInput, firingThreshold, reset, resetPotential } = dynamics;
  const hard = reset === "hard";
  return {
    code: [hard ? 1 : 2, decayInput ? 1 : 0, 1],
    reals: [decay, firingThreshold, hard ? resetPotential : 0, 0, 0],
  };
}
