/** Attention between spikes: similarity scores, and the forms of them that are linear in the number of tokens. */
import {
  add,
  affine,
  concat,
  matmul,
  reshape,
  scaleGradient,
  softmax,
  square,
  sub,
  sum,
} from "../autograd/index.ts";
import { dims } from "../core/index.ts";
import { full, type Tensor } from "../tensor/index.ts";

/**
 * How similar two binary vectors q, k of D channels are:
 * `hamming` ½ + (2q−1)ᵀ(2k−1)/2D, the share of equal channels; `dot` qᵀk/√D; `euclidean` 1 − Σ(q−k)²/D;
 * `manhattan` 1 − Σ|q−k|/D. On binary vectors the first and the last two agree in value; their gradients differ.
 */
export type Score = "hamming" | "dot" | "euclidean" | "manhattan";

/**
 * All scores between tokens. Source: [Zou2023, §III-C], [Zou2025, §3.2].
 *
 * @param q - binary queries, `[..., N, D]`
 * @param k - binary keys, `[..., M, D]`
 * @returns `[..., N, M]`
 * @throws ShapeError
 */
export function scores(q: Tensor, k: Tensor, score: Score): Tensor {
  const { D } = dims("scores", "... M D", k.shape, dims("scores", "... N D", q.shape)) as { D: number };
  switch (score) {
    case "hamming":
      return affine(matmul(signs(q), signs(k), { transB: true }), 1 / (2 * D), 0.5);
    case "dot":
      return affine(matmul(q, k, { transB: true }), 1 / Math.sqrt(D));
    case "euclidean": {
      const squares = add(
        column(sum(square(q), [q.shape.length - 1])),
        row(sum(square(k), [k.shape.length - 1])),
      );
      return affine(sub(squares, affine(matmul(q, k, { transB: true }), 2)), -1 / D, 1);
    }
    case "manhattan":
      // On binary vectors |q − k| = (q − k)², and the derivative sign(q − k) = q − k is half that of the square.
      return scores(scaleGradient(q, 0.5), scaleGradient(k, 0.5), "euclidean");
  }
}

/**
 * Attention by the matrix of scores, quadratic in tokens.
 *
 * @param q - binary queries, `[..., N, D]`
 * @param k - binary keys, `[..., M, D]`
 * @param v - values, `[..., M, E]`
 * @param options - `softmax` over the keys (the pose tracker's released code has it)
 * @returns `[..., N, E]`
 */
export function attention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  score: Score,
  options: { readonly softmax?: boolean } = {},
): Tensor {
  const all = scores(q, k, score);
  return matmul(options.softmax === true ? softmax(all) : all, v);
}

/**
 * The same sums without the matrix of scores, linear in tokens: every score is a product of a function of q with a
 * function of k, so `kᵀv` is formed first. `hamming` leaves out the constant ½·Σv, as the released SpikeVideoFormer
 * does; its result, and that of `euclidean` and `manhattan`, is the sum over keys of D·score (less ½D for hamming),
 * and that of `dot` the sum of qᵀk, so that the caller's scale is all that remains. Source: [Zou2025, §3.2].
 *
 * @param q - binary queries, `[..., N, D]`
 * @param k - binary keys, `[..., M, D]`
 * @param v - values, `[..., M, E]`
 * @param scale - factor of the result
 * @returns `[..., N, E]`
 * @throws ShapeError
 */
export function linearAttention(q: Tensor, k: Tensor, v: Tensor, score: Score, scale: number): Tensor {
  const { D } = dims("linearAttention", "... M D", k.shape, dims("linearAttention", "... N D", q.shape)) as {
    D: number;
  };
  switch (score) {
    case "hamming":
      return affine(matmul(signs(q), matmul(signs(k), v, { transA: true })), scale / 2);
    case "dot":
      return affine(matmul(q, matmul(k, v, { transA: true })), scale);
    case "euclidean": {
      // D − |q|² − |k|² + 2qᵀk = [2q, D − |q|², −1] · [k, 1, |k|²]
      const last = q.shape.length - 1;
      const norm = (x: Tensor) => column(sum(square(x), [last]));
      const ones = (x: Tensor, value: number) => full([...x.shape.slice(0, -1), 1], value);
      const left = concat([affine(q, 2), affine(norm(q), -1, D), ones(q, -1)], last);
      const right = concat([k, ones(k, 1), norm(k)], last);
      return affine(matmul(left, matmul(right, v, { transA: true })), scale);
    }
    case "manhattan":
      return linearAttention(scaleGradient(q, 0.5), scaleGradient(k, 0.5), v, "euclidean", scale);
  }
}

/** {0, 1} → {−1, +1} */
function signs(x: Tensor): Tensor {
  return affine(x, 2, -1);
}

function column(x: Tensor): Tensor {
  return reshape(x, [...x.shape, 1]);
}

function row(x: Tensor): Tensor {
  return reshape(x, [...x.shape.slice(0, -1), 1, x.shape.at(-1)!]);
}
