/** Spiking attention as ONNX nodes: products in an order that is linear in the number of tokens. */
import type { Operation, Value } from "../graph.ts";
import type { Nodes } from "./nodes.ts";

type Attention = Operation & { readonly kind: "attention" };

/** Order of the axes T, B, A, D, N that makes the steps of a pixel its tokens, and the order that undoes it. */
const TEMPORAL = { forth: [1, 2, 4, 3, 0], back: [4, 0, 1, 3, 2] };
/** Where the channels of a head stand in both orders. */
const D_AXIS = 3;

/**
 * scale·(sums over the keys) + shift. Tokens are columns, so that VKᵀ comes first and its product with Q second.
 *
 * @param inputs - q, k, v, `[T·B, C, H, W]`
 * @param shape - of one step
 * @param timeSteps - T
 * @param batch - B
 * @returns `[T·B, C, H, W]`
 */
export function attention(
  nodes: Nodes,
  { extent, score, heads, scale, shift }: Attention,
  inputs: readonly [string, string, string],
  [H, W, C]: Value["shape"],
  timeSteps: number,
  batch: number,
): string {
  const temporal = extent === "temporal";
  const sizes = [timeSteps, batch, heads, C / heads, H * W];
  const tokens = temporal ? TEMPORAL.forth.map((axis) => sizes[axis]!) : sizes;
  const [q, k, v] = inputs.map((input) => {
    const split = nodes.reshape(input, sizes);
    return temporal ? nodes.add("Transpose", [split], { perm: TEMPORAL.forth }) : split;
  }) as [string, string, string];

  const { queries, keys, factor } = factors(nodes, score, q, k, tokens);
  const products = nodes.add("MatMul", [v, nodes.add("Transpose", [keys], { perm: [0, 1, 2, 4, 3] })]);
  const sums = extent === "joint" ? nodes.add("ReduceSum", [products, nodes.integers([0])]) : products;
  const attended = nodes.add("MatMul", [sums, queries]);
  const back = temporal ? nodes.add("Transpose", [attended], { perm: TEMPORAL.back }) : attended;

  // Scaled last: up to here all are whole numbers, and exact.
  const scales = Float32Array.from(scale, (value) => value * factor);
  const maps = nodes.reshape(back, [timeSteps * batch, C, H, W]);
  const scaled = nodes.add("Mul", [maps, nodes.weights("scale", [C, 1, 1], scales)]);
  return shift.every((value) => value === 0)
    ? scaled
    : nodes.add("Add", [scaled, nodes.weights("shift", [C, 1, 1], shift)]);
}

/** Functions of q and of k whose product is the score; see `linearAttention`. */
function factors(
  nodes: Nodes,
  score: Attention["score"],
  q: string,
  k: string,
  tokens: readonly number[],
): { queries: string; keys: string; factor: number } {
  const times = (x: string, value: number) => nodes.add("Mul", [x, nodes.number(value)]);
  switch (score) {
    case "hamming": {
      const signs = (x: string) => nodes.add("Sub", [times(x, 2), nodes.number(1)]);
      return { queries: signs(q), keys: signs(k), factor: 0.5 };
    }
    case "dot":
      return { queries: q, keys: k, factor: 1 };
    case "euclidean":
    case "manhattan": {
      // D − |q|² − |k|² + 2qᵀk
      const width = tokens[D_AXIS]!;
      const row = nodes.integers(tokens.with(D_AXIS, 1));
      const norms = (x: string) =>
        nodes.add("ReduceSum", [nodes.add("Mul", [x, x]), nodes.integers([D_AXIS])]);
      const all = (value: number) => nodes.add("Expand", [nodes.number(value), row]);
      const join = (rows: readonly string[]) => nodes.add("Concat", rows, { axis: D_AXIS });
      const rest = nodes.add("Sub", [nodes.number(width), norms(q)]);
      return { queries: join([times(q, 2), rest, all(-1)]), keys: join([k, all(1), norms(k)]), factor: 1 };
    }
  }
}
