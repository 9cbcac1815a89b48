/** Softmax attention of real numbers [Vaswani2017]. */
import { add, affine, matmul, permute, reshape, softmax } from "../autograd/index.ts";
import { ArgumentError, type Random } from "../core/index.ts";
import { scope, type Tensor } from "../tensor/index.ts";
import { Linear } from "./layers.ts";
import { Module } from "./module.ts";

/**
 * softmax(q kᵀ/√D + bias)·v in heads of D channels, between four linear maps with bias. Heads are contiguous groups of
 * channels. PyTorch's `MultiheadAttention` holds the first three maps in one matrix, `in_proj_weight`.
 */
export class MultiheadAttention extends Module {
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly output: Linear;
  readonly heads: number;

  /** @throws ArgumentError when the channels do not divide into the heads */
  constructor(random: Random, channels: number, heads: number) {
    super();
    if (!(heads >= 1) || channels % heads !== 0) {
      throw new ArgumentError(
        `attention: expected channels that divide into ${heads} heads, got ${channels}`,
      );
    }
    this.query = new Linear(random, channels, channels);
    this.key = new Linear(random, channels, channels);
    this.value = new Linear(random, channels, channels);
    this.output = new Linear(random, channels, channels);
    this.heads = heads;
  }

  /**
   * What the queries gather from the values.
   *
   * @param query - `[..., N, C]`
   * @param key - `[..., M, C]`
   * @param value - `[..., M, C]`
   * @param bias - added to the scores: of a shape that broadcasts to `[..., heads, N, M]`
   * @returns `[..., N, C]`
   * @throws ShapeError
   */
  forward(query: Tensor, key: Tensor, value: Tensor, bias: Tensor | null = null): Tensor {
    const q = this.#split(this.query.forward(query));
    const k = this.#split(this.key.forward(key));
    const v = this.#split(this.value.forward(value));
    const perProduct = q.size * k.shape.at(-2)!;
    this.observer?.({ kind: "synapse", macs: perProduct, input: q });
    this.observer?.({ kind: "synapse", macs: perProduct, input: v });
    // In a scope of its own: scores are what takes most memory.
    const weights = scope(() => {
      const scores = matmul(affine(q, 1 / Math.sqrt(q.shape.at(-1)!)), k, { transB: true });
      return softmax(bias === null ? scores : add(scores, bias));
    });
    const gathered = swapHeads(matmul(weights, v));
    return this.output.forward(reshape(gathered, query.shape));
  }

  /** `[..., N, C]` → `[..., heads, N, D]` */
  #split(x: Tensor): Tensor {
    const channels = x.shape.at(-1)!;
    return swapHeads(reshape(x, [...x.shape.slice(0, -1), this.heads, channels / this.heads]));
  }
}

/** Swaps the second and third axis from the end. */
function swapHeads(x: Tensor): Tensor {
  const lead = x.shape.length - 3;
  return permute(x, [...Array.from({ length: lead }, (_, i) => i), lead + 1, lead, lead + 2]);
}
