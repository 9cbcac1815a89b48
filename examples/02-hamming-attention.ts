/** Why Hamming attention: silence counts as agreement, and it is linear in the number of tokens. */
import assert from "node:assert/strict";
import {
  attention,
  linearAttention,
  Random,
  ReferenceBackend,
  scores,
  setBackend,
  sum,
  type Tensor,
  tensor,
} from "../src/index.ts";

setBackend(new ReferenceBackend());

// Three spike vectors of eight channels: the first two are equal, but fire rarely.
const keys = tensor(
  [0, 0, 0, 1, 0, 0, 0, 0, /**/ 0, 0, 0, 1, 0, 0, 0, 0, /**/ 1, 1, 1, 1, 1, 1, 1, 1],
  [3, 8],
);
const rows = (t: Tensor) => [0, 1, 2].map((i) => Array.from(t.data.subarray(3 * i, 3 * i + 3)));
const dot = rows(scores(keys, keys, "dot"));
const hamming = rows(scores(keys, keys, "hamming"));
console.log("score of the first vector with each:");
console.log(
  `  dot product  ${dot[0]!.map((s) => s.toFixed(2)).join("  ")}   cannot tell equal from different`,
);
console.log(`  Hamming      ${hamming[0]!.map((s) => s.toFixed(2)).join("  ")}   share of equal channels`);
assert.equal(dot[0]![1], dot[0]![2]);
assert.deepEqual(hamming[0], [1, 1, 1 / 8]);

// The score is a product of a function of q with one of k, so kᵀv can be formed first: no N × N matrix.
const [N, D] = [64, 16];
const random = new Random(1);
const spikes = () =>
  tensor(
    Array.from({ length: N * D }, () => Number(random.uniform() < 0.3)),
    [N, D],
  );
const [q, k, v] = [spikes(), spikes(), spikes()];
const quadratic = attention(q, k, v, "hamming");
const linear = linearAttention(q, k, v, "hamming", 1 / D);
// The linear form leaves out the same ½·Σv for every query.
const constant = sum(v, [0]);
const difference = Math.max(
  ...quadratic.data.map((value, i) => Math.abs(value - linear.data[i]! - constant.data[i % D]! / 2)),
);
console.log(`largest difference of the two forms over ${N} tokens: ${difference}`);
assert.ok(difference < 1e-5);
