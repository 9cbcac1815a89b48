/**
 * What compiled plans compute with: packed spikes, and kernels that settle their sums at once. Packed spikes are
 * `[T, pixels, planes, words]` with the pixels of all images of a step; channel c is bit c mod 32 of word ⌊c/32⌋, and
 * plane p holds bit p of a spike count (one plane: binary). Membrane potentials are `[T, pixels, C]`.
 */
import type { Neuron } from "./backend.ts";

/**
 * Dynamics of a neuron at inference, in float32; see `Backend.neuron` and `Backend.integerNeuron`, which rounds
 * alike where `keep` is a power of two.
 */
export type NeuronDynamics =
  | ({ readonly kind: "lif" } & Pick<
      Neuron,
      "decay" | "decayInput" | "firingThreshold" | "reset" | "resetPotential"
    >)
  | { readonly kind: "integer-lif"; readonly keep: number; readonly levels: number };

/** Bits that a spike count of `levels` at most needs. */
export function planesOf(levels: number): number {
  return 32 - Math.clz32(levels);
}

/** 32-bit words that a pixel's channels take in one plane. */
export function wordsOf(channels: number): number {
  return (channels + 31) >>> 5;
}

/** Length of a row of carried membranes: the channels, up to a multiple of 16. */
export function stateChannels(channels: number): number {
  return (channels + 15) & -16;
}

/** What becomes of the currents `[T, pixels, C]` that a kernel sums up. */
export type Settlement = {
  readonly timeSteps: number;
  /** Pixels of all images in a step. */
  readonly pixels: number;
  readonly channels: number;
  /** Membrane potential that is added. */
  readonly residual: Float32Array | null;
  /** Where the sum goes, if it is wanted. May be `residual`. */
  readonly membrane: Float32Array | null;
  readonly neuron: {
    readonly dynamics: NeuronDynamics;
    /** Packed spikes. */
    readonly spikes: Uint32Array;
    /** Membranes between runs, `[pixels, stateChannels(C)]`; null: at rest before the first step. */
    readonly state: Float32Array | null;
    /** Whether `state` holds membranes to go on from. */
    readonly resume: boolean;
  } | null;
};

/** `f32`: float32 weights and sums. `int16`: int16 weights and sums with a scale for each output. */
export type Precision = "f32" | "int16";

/** A convolution from packed spikes; `[Co, Ci, k, k]` as in PyTorch. */
export type SpikeConvolution = {
  readonly images: number;
  readonly height: number;
  readonly width: number;
  readonly inChannels: number;
  readonly planes: number;
  readonly outChannels: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly outHeight: number;
  readonly outWidth: number;
};

/** Weights as a kernel wants them. */
export type PackedWeights = {
  readonly precision: Precision;
  /** Panels of float32 or int16. */
  readonly panels: Float32Array | Int16Array;
  /** What sums start with: the bias, or zeros (int16). */
  readonly start: Float32Array | Int16Array;
  /** int16 only: sums become currents by scale·sum + shift. */
  readonly scale: Float32Array | null;
  readonly shift: Float32Array | null;
};

/** Constants of `α·Σ q[i]·k[i]v + (β + γ·|q|)·Σv + δ·Σ|k|v`, the sum over keys of a score: whole numbers. */
export type AttentionTerms = {
  readonly alpha: number;
  readonly beta: number;
  readonly gamma: number;
  readonly delta: number;
};

/** Attention between packed spikes; currents are scale[c]·sum + shift[c]. */
export type PackedAttention = {
  readonly images: number;
  readonly heads: number;
  readonly channels: number;
  readonly queryPlanes: number;
  readonly keyPlanes: number;
  readonly valuePlanes: number;
  readonly terms: AttentionTerms;
  /** `[stateChannels(C)]` */
  readonly scale: Float32Array;
  readonly shift: Float32Array;
};

/** Numbers of the tables of all heads of one group of tokens. */
export function tableSize({ heads, channels }: Pick<PackedAttention, "heads" | "channels">): number {
  const depth = channels / heads;
  return heads * (depth + 2) * ((depth + 3) & -4);
}

/** See the head of this file. Kernels trust their arguments; arrays come from {@link PackedKernels.allocate}. */
export interface PackedKernels {
  /** Uninitialised bytes, 64-byte aligned. @throws RangeError when memory is exhausted */
  allocate(bytes: number): Uint8Array<ArrayBuffer>;
  /** Gives bytes back. */
  release(block: Uint8Array): void;
  /** Bytes of the largest block that could still be allocated. */
  readonly available: number;

  /** Packs spike counts `[rows, C]`. */
  packSpikes(bits: Uint32Array, x: Float32Array, rows: number, channels: number, planes: number): void;
  /** The inverse of {@link PackedKernels.packSpikes}. */
  unpackSpikes(x: Float32Array, bits: Uint32Array, rows: number, channels: number, planes: number): void;
  /** Sum of the spike counts of rows of packed spikes. */
  countSpikes(bits: Uint32Array, rows: number, channels: number, planes: number): number;

  /**
   * Brings `[Co, Ci, k, k]` into the order and numbers that {@link PackedKernels.convolveSpikes} reads.
   * int16: output n has the smallest scale at which no set of spikes (each up to `levels`) can overflow its sum.
   */
  packWeights(
    weight: Float32Array,
    bias: Float32Array | null,
    shape: Pick<SpikeConvolution, "outChannels" | "inChannels" | "kernel">,
    precision: Precision,
    levels: number,
  ): PackedWeights;
  /** Gives weights back. */
  releaseWeights(weights: PackedWeights): void;
  /** Whether {@link PackedKernels.convolveSpikes} can list what may fire under a kernel of this size. */
  servesConvolution(p: Pick<SpikeConvolution, "inChannels" | "kernel">, levels: number): boolean;

  /** Adds the weights of what fired, and settles the sums. */
  convolveSpikes(s: Settlement, spikes: Uint32Array, weights: PackedWeights, p: SpikeConvolution): void;
  /** Whether {@link PackedKernels.depthwiseSpikes} serves this. */
  servesDepthwise(p: SpikeConvolution): boolean;
  /** Brings `[C, 1, k, k]` into the order that {@link PackedKernels.depthwiseSpikes} reads. */
  packDepthwise(weight: Float32Array, kernel: number): Float32Array;
  /** Depthwise convolution of `steps` steps of spikes, without bias: currents `[steps, images, H', W', C]`. */
  depthwiseSpikes(
    out: Float32Array,
    spikes: Uint32Array,
    weight: Float32Array,
    timeSteps: number,
    p: SpikeConvolution,
  ): void;
  /** Settles currents that lie in memory. */
  settle(s: Settlement, currents: Float32Array): void;

  /** Whether heads of this size can be attended to (`queryPlanes`: 1 if left out). */
  servesAttention(
    p: Pick<PackedAttention, "heads" | "channels"> & Partial<Pick<PackedAttention, "queryPlanes">>,
  ): boolean;
  /**
   * Tables of what keys and values say, `[groups · images, tableSize]`, a group being `groupSteps` consecutive steps.
   */
  tabulate(
    tables: Int32Array,
    keys: Uint32Array,
    values: Uint32Array,
    p: PackedAttention,
    pixels: number,
    groups: number,
    groupSteps: number,
  ): void;
  /**
   * Turns tables of single steps `[T, size]` into those of all steps so far, `carried` first and afterwards the last;
   * `leaving` are tables of steps that are no longer seen.
   */
  runTables(
    tables: Int32Array,
    leaving: Int32Array | null,
    carried: Int32Array,
    timeSteps: number,
    size: number,
  ): void;
  /** Queries tables and settles the sums; `perStep`: each step has its own, else all share those of an image. */
  attendTables(
    s: Settlement,
    queries: Uint32Array,
    tables: Int32Array,
    perStep: boolean,
    p: PackedAttention,
  ): void;
  /**
   * Attention along time alone, pixel by pixel. With `past`, a step sees itself and those before: `past.tables`
   * `[pixels, tableSize]` are carried (gone on from if `resume`), and with a window of w steps keys and values begin w
   * steps before the first query.
   */
  attendPixels(
    s: Settlement,
    queries: Uint32Array,
    keys: Uint32Array,
    values: Uint32Array,
    past: { readonly tables: Int32Array; readonly window: number; readonly resume: boolean } | null,
    p: PackedAttention,
  ): void;
}
