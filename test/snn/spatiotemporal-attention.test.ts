import { expect, suite, test } from "vitest";
import { add } from "../../src/autograd/index.ts";
import { Random } from "../../src/core/index.ts";
import { poseNeurons } from "../../src/models/index.ts";
import { observe } from "../../src/nn/index.ts";
import { positionalEncoding, type Score, sew, SpatiotemporalAttention } from "../../src/snn/index.ts";
import { tensor, type Tensor, withoutGradients } from "../../src/tensor/index.ts";
import { float64, useBackend } from "../golden/backends.ts";

useBackend(float64);

const [T, B, H, W, C] = [2, 2, 2, 3, 4];
const WIDTH = 8;
const TOKENS = T * H * W;
const neurons = { ...poseNeurons, firingThreshold: 0.25 };
/** What two spike vectors have in common, straight from the paper. */
const likeness: Record<Score, (q: number[], k: number[]) => number> = {
  hamming: (q, k) => 1 - q.filter((one, c) => one !== k[c]).length / q.length,
  dot: (q, k) => q.reduce((sum, one, c) => sum + one * k[c]!, 0) / Math.sqrt(q.length),
  euclidean: (q, k) => 1 - q.reduce((sum, one, c) => sum + (one - k[c]!) ** 2, 0) / q.length,
  manhattan: (q, k) => 1 - q.reduce((sum, one, c) => sum + Math.abs(one - k[c]!), 0) / q.length,
};

/** Numbers of a token of one sample and head; tokens count time, then rows, then columns. */
function part(x: Tensor, b: number, head: number, token: number, size: number): number[] {
  const [t, place] = [Math.floor(token / (H * W)), token % (H * W)];
  const at = ((t * B + b) * H * W + place) * WIDTH + head * size;
  return [...x.data.subarray(at, at + size)];
}

const cases = (["hamming", "dot", "euclidean", "manhattan"] as const).flatMap((score) =>
  [true, false].flatMap((softmax) =>
    [true, false].map((binaryValues) => ({ score, softmax, binaryValues, heads: binaryValues ? 2 : 1 })),
  ),
);

suite("spatiotemporal attention", () => {
  test.for(cases)(
    "$score scores, softmax $softmax, binary values $binaryValues, $heads heads: as the equation says",
    ({ score, softmax, binaryValues, heads }) => {
      const options = {
        width: WIDTH,
        score,
        softmax,
        binaryValues,
        heads,
        connection: "add",
        neurons,
      } as const;
      const layer = new SpatiotemporalAttention(new Random(2), C, options);
      // Of weight 0 it starts, and everything would be its shortcut.
      layer.output.norm.weight.data.fill(1);
      withoutGradients(() => {
        const random = new Random(1);
        const bits = Array.from({ length: T * B * H * W * C }, () => Number(random.uniform() < 0.5));
        const spikes = tensor(bits, [T, B, H, W, C]);
        const fired = new Map<string, Tensor>();
        const stop = observe(layer, (path, seen) => {
          if (seen.kind === "neuron") fired.set(path, seen.spikes);
        });
        const { out, scores } = layer.attend(spikes);
        stop();
        const [q, k] = [fired.get("query.neurons")!, fired.get("key.neurons")!];
        const position = tensor(positionalEncoding(H, W, WIDTH, T), [1, 1, H, W, WIDTH]);
        const v = fired.get("valueNeurons") ?? add(layer.value.forward(spikes), position);
        expect(fired.has("valueNeurons")).toBe(binaryValues);
        const size = WIDTH / heads;
        const attended = new Float64Array(T * B * H * W * WIDTH);
        for (let b = 0; b < B; b++) {
          for (let head = 0; head < heads; head++) {
            for (let i = 0; i < TOKENS; i++) {
              const raw = Array.from({ length: TOKENS }, (_, j) =>
                likeness[score](part(q, b, head, i, size), part(k, b, head, j, size)),
              );
              const total = raw.reduce((sum, one) => sum + Math.exp(one), 0);
              const row = softmax ? raw.map((one) => Math.exp(one) / total) : raw;
              const at = ((b * heads + head) * TOKENS + i) * TOKENS;
              row.forEach((share, j) => expect(scores.data[at + j]).toBeCloseTo(share, 9));
              const [t, place] = [Math.floor(i / (H * W)), i % (H * W)];
              const to = ((t * B + b) * H * W + place) * WIDTH + head * size;
              row.forEach((share, j) =>
                part(v, b, head, j, size).forEach((value, c) => (attended[to + c]! += share * value)),
              );
            }
          }
        }
        const current = layer.norm.forward(tensor(attended, [T, B, H, W, WIDTH]));
        const expected = sew(layer.output.forward(layer.neurons.forward(current)), spikes, "add");
        expect([...out.data]).toEqual([...expected.data]);
        expect([...out.data]).not.toEqual([...spikes.data]);
      });
    },
  );
});
