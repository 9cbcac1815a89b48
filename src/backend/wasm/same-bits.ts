/** A test of one compilation of the kernels against another: for optimisations of an engine that are still young. */
import { Random } from "../../core/index.ts";
import { type PackedAttention, stateChannels, tableSize, wordsOf } from "../packed.ts";
import { Device } from "./device.ts";
import { WasmBackend } from "./wasm.ts";

// No multiple of a vector's length, so that the ends of loops run too.
const STEPS = 3;
const SIDE = 9;
const PIXELS = SIDE * SIDE;
const INPUTS = 40;
const OUTPUTS = 75;
const FIRING_RATE = 0.2;

const convolution = {
  images: STEPS,
  height: SIDE,
  width: SIDE,
  inChannels: INPUTS,
  outChannels: OUTPUTS,
  kernel: 3,
  stride: 1,
  padding: 1,
  groups: 1,
  outHeight: SIDE,
  outWidth: SIDE,
} as const;

const dynamics = {
  kind: "lif",
  decay: 0.3,
  decayInput: true,
  firingThreshold: 0.5,
  reset: "hard",
  resetPotential: 0,
} as const;

const attention = {
  images: 1,
  heads: 3,
  channels: OUTPUTS,
  queryPlanes: 1,
  keyPlanes: 1,
  valuePlanes: 1,
  terms: { alpha: 2, beta: OUTPUTS / 3, gamma: -1, delta: -1 },
} as const;

/**
 * Whether two compilations of the kernels give the same bits on fixed random numbers: dense products and convolutions,
 * sums of spikes in float32 and int16, neurons with their gradient, normalisation, attention. A trap is a no.
 */
export function computeSameBits(one: WebAssembly.Module, other: WebAssembly.Module): boolean {
  try {
    const [first, second] = [results(one), results(other)];
    return first.every((bytes, i) => bytes.every((byte, at) => byte === second[i]![at]));
  } catch {
    return false;
  }
}

/** All that the kernels wrote. */
function results(module: WebAssembly.Module): Uint8Array[] {
  const device = new Device(module, { threads: 1, wakeAboveNs: 0, patienceMs: 1 });
  const bench = new Bench(new WasmBackend(device, () => undefined));
  runDense(bench);
  runPacked(bench);
  return bench.blocks.map((block) => new Uint8Array(block.buffer, block.byteOffset, block.byteLength));
}

function runDense(bench: Bench): void {
  const { backend } = bench;
  const rows = STEPS * PIXELS;
  const x = bench.spikes(rows * INPUTS);
  const w = bench.reals(OUTPUTS * INPUTS * 9);
  const y = bench.reals(rows * OUTPUTS);
  const bias = bench.reals(OUTPUTS);
  for (const transA of [false, true]) {
    backend.gemm(bench.floats(70 * 67), x, w, { m: 70, n: 67, k: 130, transA });
  }
  backend.conv2d(y, x, w, bias, convolution);
  backend.conv2dWeightGrad(bench.floats(w.length), y, x, convolution);
  const depthwise = { ...convolution, outChannels: INPUTS, groups: INPUTS };
  backend.conv2d(bench.floats(x.length), x, w, null, depthwise);
  const lists = backend.spikeLists(x, rows, INPUTS);
  backend.spikeConv2d(bench.floats(y.length), lists, w, bias, convolution);
  backend.spikeConv2dWeightGrad(bench.floats(w.length), y, lists, convolution);
  const [mean, variance] = [bench.floats(OUTPUTS), bench.floats(OUTPUTS)];
  backend.channelMoments(mean, variance, y, rows, OUTPUTS);
  const normed = bench.floats(y.length);
  backend.channelAffine(normed, y, variance, mean, rows, OUTPUTS);
  const [spikes, h, dx] = [bench.floats(y.length), bench.floats(y.length), bench.floats(y.length)];
  const neuron = {
    ...dynamics,
    timeSteps: STEPS,
    size: PIXELS * OUTPUTS,
    detachReset: false,
    surrogate: { kind: "sigmoid", alpha: 4 },
  } as const;
  backend.neuron(spikes, h, null, y, null, neuron);
  backend.neuronGrad({ x: dx, initial: null, decay: null }, normed, null, h, y, null, neuron);
}

function runPacked(bench: Bench): void {
  const { packed } = bench.backend;
  const rows = STEPS * PIXELS;
  const columns = stateChannels(OUTPUTS);
  const bits = bench.words(rows * wordsOf(INPUTS));
  packed.packSpikes(bits, bench.spikes(rows * INPUTS), rows, INPUTS, 1);
  const w = bench.reals(OUTPUTS * INPUTS * 9);
  const bias = bench.reals(OUTPUTS);
  const settlement = () => ({
    timeSteps: STEPS,
    pixels: PIXELS,
    channels: OUTPUTS,
    residual: bench.reals(rows * OUTPUTS),
    membrane: bench.floats(rows * OUTPUTS),
    neuron: { dynamics, spikes: bench.words(rows * wordsOf(OUTPUTS)), state: null, resume: false },
  });
  const shape = { ...convolution, images: 1, planes: 1 };
  const fired = (["f32", "int16"] as const).map((precision) => {
    const settled = settlement();
    const weights = packed.packWeights(w, bias, shape, precision, 1);
    packed.convolveSpikes(settled, bits, weights, shape);
    return settled.neuron.spikes;
  });
  const depthwise = { ...shape, outChannels: INPUTS };
  const kernels = packed.packDepthwise(w.subarray(0, INPUTS * 9), 3);
  packed.depthwiseSpikes(bench.floats(rows * INPUTS), bits, kernels, STEPS, depthwise);
  const p: PackedAttention = { ...attention, scale: bench.reals(columns), shift: bench.reals(columns) };
  const tables = bench.integers(tableSize(p));
  packed.tabulate(tables, fired[0]!, fired[1]!, p, PIXELS, 1, STEPS);
  packed.attendTables(settlement(), fired[0]!, tables, false, p);
  packed.attendPixels(settlement(), fired[0]!, fired[1]!, fired[0]!, null, p);
}

/** Numbers that repeat in a backend's memory, all of which are compared in the end. */
class Bench {
  readonly backend: WasmBackend;
  readonly blocks: ArrayBufferView[] = [];
  readonly #random = new Random(1);

  constructor(backend: WasmBackend) {
    this.backend = backend;
  }

  floats(length: number): Float32Array {
    return this.#keep(this.backend.device.allocator.floats(length).fill(0));
  }

  words(length: number): Uint32Array {
    return this.#keep(this.backend.device.allocator.words(length).fill(0));
  }

  integers(length: number): Int32Array {
    const words = this.words(length);
    return new Int32Array(words.buffer, words.byteOffset, length);
  }

  reals(length: number): Float32Array {
    const block = this.floats(length);
    for (let i = 0; i < length; i++) block[i] = this.#random.uniform() - 0.5;
    return block;
  }

  spikes(length: number): Float32Array {
    const block = this.floats(length);
    for (let i = 0; i < length; i++) block[i] = Number(this.#random.uniform() < FIRING_RATE);
    return block;
  }

  #keep<T extends ArrayBufferView>(block: T): T {
    this.blocks.push(block);
    return block;
  }
}
