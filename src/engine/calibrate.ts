/** Measuring what kernels cost on this machine, so that plans choose well. */
import {
  backend,
  type Floats,
  type PackedWeights,
  type Precision,
  type Settlement,
} from "../backend/index.ts";
import { Random } from "../core/index.ts";
import { type KernelCosts, listedWords, typicalCosts } from "./choice.ts";

/** A map of a middle layer: four steps of 14×14 pixels. */
const STEPS = 4;
const SIDE = 14;
const CHANNELS = 128;
const PIXELS = STEPS * SIDE * SIDE;
/** Gathering is measured where listing weighs most: a 3×3 convolution, without border. */
const INNER = SIDE - 2;
const GATHERED = STEPS * INNER * INNER;
/** Densities of spikes between which the cost of one is taken. */
const [SPARSE, BUSY] = [0.05, 0.3];
/** Runs of a kernel: at least, at most, and in about so many milliseconds. */
const RUNS = { least: 4, most: 100, ms: 90 };

/**
 * Measures {@link KernelCosts} on the backend in use, with its threads: nanoseconds of elapsed time, the fastest of
 * many runs, for other work on the machine only ever adds. Takes about a second with WebAssembly. A constant that the
 * clock cannot resolve keeps its typical value.
 *
 * @param now - milliseconds on a clock that does not jump
 */
export function measureKernelCosts(now: () => number): KernelCosts {
  const fastestNs = (run: () => void): number => fastest(run, now) * 1e6;
  const bench = new Bench();
  try {
    const settleNs = fastestNs(() => bench.settle()) / (PIXELS * CHANNELS);
    const gathered = {
      f32: gatherCosts(bench, "f32", settleNs, fastestNs),
      int16: gatherCosts(bench, "int16", settleNs, fastestNs),
    };
    const dense = fastestNs(() => bench.multiply());
    const depthwise = fastestNs(() => bench.multiplyDepthwise());
    return {
      addNs: {
        f32: measured(gathered.f32.addNs, typicalCosts.addNs.f32),
        int16: measured(gathered.int16.addNs, typicalCosts.addNs.int16),
      },
      wordNs: measured((gathered.f32.wordNs + gathered.int16.wordNs) / 2, typicalCosts.wordNs),
      macNs: measured(dense / (PIXELS * CHANNELS * CHANNELS), typicalCosts.macNs),
      depthwiseMacNs: measured(depthwise / (PIXELS * CHANNELS * 9), typicalCosts.depthwiseMacNs),
      settleNs: measured(settleNs, typicalCosts.settleNs),
    };
  } finally {
    bench.release();
  }
}

/** The line through two densities: its slope is the cost of a spike, its start that of the words and of settling. */
function gatherCosts(
  bench: Bench,
  precision: Precision,
  settleNs: number,
  fastestNs: (run: () => void) => number,
): { readonly addNs: number; readonly wordNs: number } {
  const [sparse, busy] = [SPARSE, BUSY].map((density) => {
    const rate = bench.fire(density) / (PIXELS * CHANNELS);
    const adds = GATHERED * 9 * CHANNELS * rate * CHANNELS;
    return { adds, ns: fastestNs(() => bench.gather(precision)) };
  }) as [Sample, Sample];
  const addNs = (busy.ns - sparse.ns) / (busy.adds - sparse.adds);
  const start = sparse.ns - sparse.adds * addNs - GATHERED * CHANNELS * settleNs;
  return { addNs, wordNs: start / (GATHERED * listedWords(3, 1, CHANNELS)) };
}

type Sample = { readonly adds: number; readonly ns: number };

/** Milliseconds of the fastest run. */
function fastest(run: () => void, now: () => number): number {
  let best = Infinity;
  const begin = now();
  // A clock that stands still ends it at the least.
  const goesOn = (ms: number): boolean => ms > 0 && ms < RUNS.ms;
  for (let count = 0; count < RUNS.least || (count < RUNS.most && goesOn(now() - begin)); count++) {
    const start = now();
    run();
    best = Math.min(best, now() - start);
  }
  return best;
}

function measured(ns: number, typical: number): number {
  return ns > 0 && Number.isFinite(ns) ? ns : typical;
}

/** Buffers and weights that the kernels run on. */
class Bench {
  readonly #kernels = backend().packed;
  readonly #random = new Random(1);
  readonly #blocks: Uint8Array[] = [];
  readonly #floats: Floats[] = [];
  readonly #spikes = this.#words(PIXELS * (CHANNELS / 32));
  readonly #fired = this.#words(PIXELS * (CHANNELS / 32));
  readonly #currents = this.#reals(PIXELS * CHANNELS);
  readonly #x = this.#numbers(PIXELS * CHANNELS);
  readonly #out = this.#numbers(PIXELS * CHANNELS);
  readonly #weight = this.#numbers(9 * CHANNELS * CHANNELS);
  readonly #packed = { f32: this.#pack("f32"), int16: this.#pack("int16") };

  /** Lets neurons fire at random; returns how many did. */
  fire(density: number): number {
    let count = 0;
    for (let i = 0; i < this.#currents.length; i++) {
      const spike = this.#random.uniform() < density ? 1 : 0;
      this.#currents[i] = spike;
      count += spike;
    }
    this.#kernels.packSpikes(this.#spikes, this.#currents, PIXELS, CHANNELS, 1);
    return count;
  }

  /** A 3×3 convolution from spikes, up to new spikes. */
  gather(precision: Precision): void {
    const shape = { ...SHAPE, planes: 1, kernel: 3, outHeight: INNER, outWidth: INNER };
    this.#kernels.convolveSpikes(
      this.#settlement(INNER * INNER),
      this.#spikes,
      this.#packed[precision],
      shape,
    );
  }

  /** A dense 1×1 convolution. */
  multiply(): void {
    const weight = this.#weight.subarray(0, CHANNELS * CHANNELS);
    backend().conv2d(this.#out, this.#x, weight, null, { ...SHAPE, images: STEPS, groups: 1 });
  }

  /** A dense depthwise 3×3 convolution. */
  multiplyDepthwise(): void {
    const shape = { ...SHAPE, images: STEPS, groups: CHANNELS, kernel: 3, padding: 1 };
    backend().conv2d(this.#out, this.#x, this.#weight.subarray(0, CHANNELS * 9), null, shape);
  }

  /** Neurons that fire on currents in memory. */
  settle(): void {
    this.#kernels.settle(this.#settlement(SIDE * SIDE), this.#currents);
  }

  release(): void {
    for (const weights of Object.values(this.#packed)) this.#kernels.releaseWeights(weights);
    for (const block of this.#blocks) this.#kernels.release(block);
    for (const block of this.#floats) backend().free(block);
  }

  #settlement(pixels: number): Settlement {
    const reset = { firingThreshold: 1, reset: "hard", resetPotential: 0 } as const;
    return {
      timeSteps: STEPS,
      pixels,
      channels: CHANNELS,
      residual: null,
      membrane: null,
      neuron: {
        dynamics: { kind: "lif", decay: 0.5, decayInput: true, ...reset },
        spikes: this.#fired,
        state: null,
        resume: false,
      },
    };
  }

  #pack(precision: Precision): PackedWeights {
    return this.#kernels.packWeights(
      Float32Array.from(this.#weight),
      null,
      { ...SHAPE, kernel: 3 },
      precision,
      1,
    );
  }

  #words(length: number): Uint32Array {
    const block = this.#kernels.allocate(4 * length + 64);
    this.#blocks.push(block);
    return new Uint32Array(block.buffer, block.byteOffset, length);
  }

  #reals(length: number): Float32Array {
    const words = this.#words(length);
    return new Float32Array(words.buffer, words.byteOffset, length);
  }

  #numbers(length: number): Floats {
    const block = backend().alloc(length);
    this.#floats.push(block);
    for (let i = 0; i < length; i++) block[i] = this.#random.uniform() - 0.5;
    return block;
  }
}

const SHAPE = {
  images: 1,
  height: SIDE,
  width: SIDE,
  inChannels: CHANNELS,
  outChannels: CHANNELS,
  kernel: 1,
  stride: 1,
  padding: 0,
  outHeight: SIDE,
  outWidth: SIDE,
} as const;
