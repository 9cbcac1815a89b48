/**
 * A network as inference sees it: batch normalisation folded into weights, attention as one operation, neurons by their
 * constants. Compiled plans and the export to ONNX start from it. A value has the shape of one time step of one clip;
 * all operations but neurons and attention act on every step alone.
 */
import type { NeuronDynamics } from "../backend/index.ts";
import type { Extent, Score } from "../snn/index.ts";

/** Number of a value of the graph; see {@link Graph.values}. */
export type ValueId = number;

/** What flows between operations. */
export type Value = {
  /** Path of the layer that makes it. */
  readonly layer: string;
  /** `[H, W, C]` of one time step of one clip. */
  readonly shape: readonly [number, number, number];
  /** The largest spike count where it holds spikes (1: binary); 0 where it holds reals. */
  readonly levels: number;
};

/** A convolution with its bias: square kernel, groups = 1 or as many as channels. */
export type ConvolutionWeights = {
  /** `[Co, Ci/groups, k, k]` */
  readonly weight: Float32Array;
  /** `[Co]` */
  readonly bias: Float32Array | null;
  readonly outChannels: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly groups: number;
};

/** One operation; `layer` is the path of the module that it comes from. */
export type Operation = { readonly layer: string; readonly output: ValueId } & (
  | { readonly kind: "convolution"; readonly input: ValueId; readonly weights: ConvolutionWeights }
  /**
   * A 3×3 convolution given by factors 1×1, depthwise 3×3, 1×1; only the last has a bias. Their product is one
   * convolution of the same padding.
   */
  | {
      readonly kind: "factored-convolution";
      readonly input: ValueId;
      readonly factors: readonly [ConvolutionWeights, ConvolutionWeights, ConvolutionWeights];
    }
  | { readonly kind: "add"; readonly a: ValueId; readonly b: ValueId }
  | { readonly kind: "neuron"; readonly input: ValueId; readonly dynamics: NeuronDynamics }
  /** scale[c]·(sums of `linearAttention` of scale 1) + shift[c]; heads are contiguous groups of channels. */
  | {
      readonly kind: "attention";
      readonly q: ValueId;
      readonly k: ValueId;
      readonly v: ValueId;
      readonly extent: Extent;
      readonly score: Score;
      readonly heads: number;
      readonly scale: Float32Array;
      readonly shift: Float32Array;
    }
  /** Mean over H and W, `[1, 1, C]`. */
  | { readonly kind: "mean"; readonly input: ValueId }
  /** Bilinear, pixel centres aligned (align_corners = false). */
  | { readonly kind: "resize"; readonly input: ValueId }
);

/** An output of the network. */
export type GraphOutput = {
  readonly name: string;
  readonly value: ValueId;
  /**
   * How it is handed out: `steps` `[T, B, C]`, `mean` over the steps `[B, C]`, or `maps` `[T, B, C, H, W]`.
   */
  readonly form: "steps" | "mean" | "maps";
};

/** A network with one input of reals or spikes. Operations stand in an order in which they can run. */
export type Graph = {
  readonly values: readonly Value[];
  readonly operations: readonly Operation[];
  readonly input: ValueId;
  readonly outputs: readonly GraphOutput[];
};
