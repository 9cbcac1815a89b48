/**
 * The interface that computes: flat arrays in, flat arrays out. A kernel never allocates what it returns, trusts its
 * arguments (shapes are checked above, in autograd), and gives the same bits however many threads run it.
 *
 * Arrays are row-major. Images are channels-last, `[N, H, W, C]` with N = T·B, so that every 1×1 convolution and
 * linear layer is one product over rows, and the active channels of a pixel lie side by side.
 */

import type { PackedKernels } from "./packed.ts";

/** Numbers of a tensor: float32 in use, float64 in gradient checks. */
export type Floats = Float32Array | Float64Array;

/** Element-wise functions of one argument. */
export type UnaryOp =
  | "neg"
  | "abs"
  | "square"
  | "sqrt"
  | "exp"
  | "log"
  | "sin"
  | "cos"
  | "acos"
  | "relu"
  | "sigmoid"
  | "reciprocal";

/** Element-wise functions of two arguments. */
export type BinaryOp = "add" | "sub" | "mul" | "div";

/** How a broadcast walks: the shape of the result and the strides of both arguments (0 where repeated). */
export type Broadcast = {
  readonly shape: readonly number[];
  readonly a: readonly number[];
  readonly b: readonly number[];
};

/** A batched product `C[i] = op(A[i]) · op(B[i])`, `op(A)` being m×k and `op(B)` k×n. Strides count elements. */
export type Gemm = {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transA?: boolean;
  readonly transB?: boolean;
  /** Add to C instead of overwriting it. */
  readonly accumulate?: boolean;
  /** Number of products; 1 if left out. */
  readonly batch?: number;
  /** Distance from one matrix of the batch to the next; m·k, k·n and m·n if left out. */
  readonly strideA?: number;
  readonly strideB?: number;
  readonly strideC?: number;
};

/** A square 2D convolution over channels-last images. Weights are `[Co, Ci/groups, k, k]`, as in PyTorch. */
export type Convolution = {
  /** Images: T·B. */
  readonly images: number;
  readonly height: number;
  readonly width: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly groups: number;
  readonly outHeight: number;
  readonly outWidth: number;
};

/** A square pooling window over channels-last images. */
export type Pooling = {
  readonly images: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly outHeight: number;
  readonly outWidth: number;
};

/**
 * The positions of the non-zero entries of a spike matrix `[rows, columns]`: row r holds
 * `indices[offsets[r] … offsets[r + 1] − 1]`, ascending.
 */
export type SpikeLists = {
  readonly rows: number;
  readonly columns: number;
  readonly offsets: Uint32Array;
  readonly indices: Uint16Array;
};

/** The derivative that stands in for that of the spike, as a function of u = h − θ. */
export type Surrogate =
  /** α / (2 (1 + (π/2·α·u)²)); α = 2 is also eq. 7 of [Aydin2024]. */
  | { readonly kind: "atan"; readonly alpha: number }
  /** α·σ(αu)(1 − σ(αu)). */
  | { readonly kind: "sigmoid"; readonly alpha: number }
  /** 1/width where |u| < width/2, else 0. */
  | { readonly kind: "rectangular"; readonly width: number }
  /** ATan where the neuron fired, else 0: eq. 5 of [Zou2023]. */
  | { readonly kind: "gated-atan"; readonly alpha: number };

/** Dynamics of a leaky integrate-and-fire neuron over T steps. */
export type Neuron = {
  readonly timeSteps: number;
  /** Neurons in a step. */
  readonly size: number;
  /** 1/τ, in (0, 1]; 0 for a neuron that does not leak. */
  readonly decay: number;
  /** Whether the input is multiplied by 1/τ too. */
  readonly decayInput: boolean;
  readonly firingThreshold: number;
  readonly reset: "hard" | "soft";
  /** Value after a hard reset. */
  readonly resetPotential: number;
  /** Whether the reset path carries no gradient. */
  readonly detachReset: boolean;
  readonly surrogate: Surrogate;
};

/** Gradients of {@link Backend.neuron}; those not wanted are null. */
export type NeuronGradients = {
  /** `[T, size]` */
  readonly x: Floats;
  /** `[size]`: of the initial membrane potential */
  readonly initial: Floats | null;
  /** `[1]`: of 1/τ */
  readonly decay: Floats | null;
};

/** Constants of one optimiser step. */
export type SgdStep = {
  readonly rate: number;
  readonly momentum: number;
  readonly weightDecay: number;
  readonly nesterov: boolean;
};

/** Constants of one Adam step; `correction1` = 1 − β₁ᵗ, `correction2` = 1 − β₂ᵗ. */
export type AdamStep = {
  readonly rate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** AdamW: decay the parameter itself instead of adding to the gradient. */
  readonly decoupled: boolean;
  readonly correction1: number;
  readonly correction2: number;
};

/** See the head of this file. */
export interface Backend {
  readonly name: string;
  /** Threads that kernels run on. */
  readonly threads: number;
  /** What compiled plans compute with. */
  readonly packed: PackedKernels;

  /** Uninitialised numbers. Throws RangeError when memory is exhausted. */
  alloc(length: number): Floats;
  /** Gives numbers back; they must not be used any more. */
  free(block: Floats): void;
  /** Stops the threads and releases the memory. */
  dispose(): void;

  /** out = op(a) */
  unary(op: UnaryOp, out: Floats, a: Floats): void;
  /** Limits to [low, high]. */
  clamp(out: Floats, a: Floats, low: number, high: number): void;
  /** Without a broadcast all three have the same length. */
  binary(op: BinaryOp, out: Floats, a: Floats, b: Floats, broadcast: Broadcast | null): void;
  /** out = scale·a + shift */
  affine(out: Floats, a: Floats, scale: number, shift: number): void;
  /** out += scale·a */
  addScaled(out: Floats, a: Floats, scale: number): void;
  /** Sums the middle axis: `[outer, axis, inner]` → `[outer, inner]`. */
  sum(out: Floats, a: Floats, outer: number, axis: number, inner: number): void;
  /** Number of entries that are not 0. */
  countNonZero(a: Floats): number;

  /** Softmax over each row of `[rows, n]`. */
  softmax(out: Floats, a: Floats, rows: number, n: number): void;
  /** Gradient of {@link Backend.softmax} from its result. */
  softmaxGrad(da: Floats, out: Floats, dOut: Floats, rows: number, n: number): void;
  /** Logarithm of the softmax over each row. */
  logSoftmax(out: Floats, a: Floats, rows: number, n: number): void;
  /** Gradient of {@link Backend.logSoftmax} from its result. */
  logSoftmaxGrad(da: Floats, out: Floats, dOut: Floats, rows: number, n: number): void;

  /** `out` has axis i of `a` at position where `axes` names i. */
  permute(out: Floats, a: Floats, shape: readonly number[], axes: readonly number[]): void;
  /** Copies (or adds) `blocks` runs of `length` numbers between strided places. */
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
  ): void;
  /** Pads `[N, H, W, C]` by `padding` on each side with one value a channel (0 if null). */
  pad(
    out: Floats,
    x: Floats,
    values: Floats | null,
    images: number,
    height: number,
    width: number,
    channels: number,
    padding: number,
  ): void;

  /** Matrix products; see {@link Gemm}. */
  gemm(c: Floats, a: Floats, b: Floats, p: Gemm): void;
  /** Dense or grouped convolution; `bias` has Co entries. */
  conv2d(out: Floats, x: Floats, w: Floats, bias: Floats | null, p: Convolution): void;
  /** Gradient of {@link Backend.conv2d} with respect to its input. */
  conv2dInputGrad(dx: Floats, dy: Floats, w: Floats, p: Convolution): void;
  /** Gradient of {@link Backend.conv2d} with respect to its weights. */
  conv2dWeightGrad(dw: Floats, dy: Floats, x: Floats, p: Convolution): void;

  /** Lists the non-zero entries of `[rows, columns]`; columns ≤ 65535. */
  spikeLists(x: Floats, rows: number, columns: number): SpikeLists;
  /** Gives lists back. */
  freeSpikeLists(lists: SpikeLists): void;
  /** {@link conv2d} on binary spikes (groups = 1): adds the weights of those that fired. */
  spikeConv2d(out: Floats, x: SpikeLists, w: Floats, bias: Floats | null, p: Convolution): void;
  /** {@link conv2dWeightGrad} on binary spikes (groups = 1). */
  spikeConv2dWeightGrad(dw: Floats, dy: Floats, x: SpikeLists, p: Convolution): void;

  /** Mean and biased variance of each channel of `[rows, channels]`. */
  channelMoments(mean: Floats, variance: Floats, x: Floats, rows: number, channels: number): void;
  /** out[r, c] = x[r, c]·scale[c] + shift[c] */
  channelAffine(out: Floats, x: Floats, scale: Floats, shift: Floats, rows: number, channels: number): void;
  /**
   * Gradient of batch normalisation with batch statistics. `dWeight` and `dBias` are written first:
   * dBias = Σ dy, dWeight = Σ dy·x̂ with x̂ = (x − mean)·inverseDeviation, then
   * dx = weight·inverseDeviation·(dy − dBias/rows − x̂·dWeight/rows).
   */
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
  ): void;

  /** Mean over windows; padding counts as zeros in a window of k² (PyTorch's count_include_pad). */
  avgPool2d(out: Floats, x: Floats, p: Pooling): void;
  /** Spreads each gradient evenly over its window. */
  avgPool2dGrad(dx: Floats, dy: Floats, p: Pooling): void;
  /** Largest entry of each window; padding never wins. */
  maxPool2d(out: Floats, x: Floats, p: Pooling): void;
  /** The first largest entry of a window takes the gradient. */
  maxPool2dGrad(dx: Floats, dy: Floats, x: Floats, p: Pooling): void;

  /**
   * Charges, fires and resets over T steps. `spikes` and `h` (potential after charge) are `[T, size]`; `initial`
   * (null: the reset potential, 0 for soft reset) and `last` (null: not wanted) are `[size]`.
   */
  neuron(spikes: Floats, h: Floats, last: Floats | null, x: Floats, initial: Floats | null, p: Neuron): void;
  /** Back-propagation through time of {@link neuron}; `dLast` may be null. */
  neuronGrad(
    grad: NeuronGradients,
    dSpikes: Floats,
    dLast: Floats | null,
    h: Floats,
    x: Floats,
    initial: Floats | null,
    p: Neuron,
  ): void;
  /**
   * Integer neuron: u[t] = (u[t−1] − n[t−1])·keep + x[t], n = round half to even of clamp(u, 0, levels).
   * `u` is `[T, size]`, kept for the gradient.
   */
  integerNeuron(
    n: Floats,
    u: Floats,
    x: Floats,
    timeSteps: number,
    size: number,
    keep: number,
    levels: number,
  ): void;
  /** Straight through where 0 ≤ u ≤ levels; the reset carries no gradient. */
  integerNeuronGrad(
    dx: Floats,
    dn: Floats,
    u: Floats,
    timeSteps: number,
    size: number,
    keep: number,
    levels: number,
  ): void;

  /** PyTorch's SGD: v = momentum·v + g (+ decay·w), w −= rate·v. `velocity` is null without momentum. */
  sgdStep(w: Floats, g: Floats, velocity: Floats | null, p: SgdStep): void;
  /** PyTorch's Adam and AdamW. */
  adamStep(w: Floats, g: Floats, m: Floats, v: Floats, p: AdamStep): void;
}
