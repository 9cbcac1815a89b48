import fc from "fast-check";
import { expect, suite, test } from "vitest";
import { softmax } from "../../src/autograd/index.ts";
import { ArgumentError, Random, ShapeError } from "../../src/core/index.ts";
import { attentionMaps, attentionPicture } from "../../src/models/index.ts";
import { tensor, type Tensor } from "../../src/tensor/index.ts";
import { float64, useBackend } from "../golden/backends.ts";

useBackend(float64);

const grid = { timeSteps: 3, views: 2, height: 2, width: 4 };
const N = 48;

/** Scores of two samples and two heads, from 0 to 1. */
function scoresOf(seed: number): Tensor {
  const random = new Random(seed);
  return tensor(
    Array.from({ length: 4 * N * N }, () => random.uniform()),
    [2, 2, N, N],
  );
}

suite("attention maps", () => {
  test("are the row of the query, in shares of 1, of the last layer and the mean of the heads", () => {
    const scores = [scoresOf(1), softmax(scoresOf(2))];
    const place = fc.record({
      t: fc.nat(2),
      view: fc.nat(1),
      y: fc.nat(1),
      x: fc.nat(3),
    });
    fc.assert(
      fc.property(place, fc.nat(1), (query, sample) => {
        const row = ((query.t * 2 + query.view) * 2 + query.y) * 4 + query.x;
        const rowOf = (layer: number, head: number) =>
          [...scores[layer]!.data].slice(((sample * 2 + head) * N + row) * N).slice(0, N);
        const map = attentionMaps({ scores, grid }, { query, sample });
        expect(map.shape).toEqual([3, 2, 2, 4]);
        const both = rowOf(1, 0).map((share, n) => (share + rowOf(1, 1)[n]!) / 2);
        map.data.forEach((share, n) => expect(share).toBeCloseTo(both[n]!, 12));
        // What had no softmax is divided by its sum.
        const plain = attentionMaps({ scores, grid }, { query, sample, layer: 0, head: 1 });
        const sum = rowOf(0, 1).reduce((a, b) => a + b);
        plain.data.forEach((share, n) => expect(share).toBeCloseTo(rowOf(0, 1)[n]! / sum, 12));
      }),
      { numRuns: 20 },
    );
  });

  test("of a query like nothing stay zero", () => {
    const scores = [tensor(new Float64Array(N * N), [1, 1, N, N])];
    const map = attentionMaps({ scores, grid }, { query: { t: 0, y: 0, x: 0 } });
    expect(map.data.every((share: number) => share === 0)).toBe(true);
  });

  test("of what there is not are refused", () => {
    const run = { scores: [scoresOf(1)], grid };
    const query = { t: 0, y: 0, x: 0 };
    for (const bad of [{ t: 3 }, { y: 2 }, { x: -1 }, { view: 2 }, { t: 0.5 }]) {
      expect(() => attentionMaps(run, { query: { ...query, ...bad } })).toThrow(ArgumentError);
    }
    for (const bad of [{ layer: 1 }, { head: 2 }, { sample: 2 }]) {
      expect(() => attentionMaps(run, { query, ...bad })).toThrow(ArgumentError);
    }
    expect(() => attentionMaps({ scores: [], grid }, { query })).toThrow(
      "attentionMaps: expected a layer below 0, got -1",
    );
  });
});

suite("the picture of attention maps", () => {
  const query = { t: 1, view: 1, y: 1, x: 2 };
  const maps = () => attentionMaps({ scores: [scoresOf(3)], grid }, { query });
  const clip = (views = 2) => {
    const voxels = new Float64Array(3 * views * 4 * 16 * 32);
    voxels.fill(1, 2 * 512 + 5, 2 * 512 + 9); // OFF in the first panel's first row
    voxels.fill(1, 3 * 512 + 40, 3 * 512 + 42); // ON in its second
    return tensor(voxels, [3, 1, views, 4, 16, 32]);
  };

  test("stands alone, with a panel for each step and view, its events, and the query in one of them", () => {
    const svg = attentionPicture(clip(), maps(), { query });
    expect(svg.match(/https?:[^"]*/g)).toEqual(["http://www.w3.org/2000/svg"]);
    expect(svg.match(/ · view 2/g)).toHaveLength(3);
    expect(svg).toContain('d="M5 0.5h4" stroke="#a3aeb9"');
    expect(svg).toContain('d="M8 1.5h2" stroke="#24405f"');
    const marked = svg.split("<g transform").filter((panel) => panel.includes('stroke-width="5"'));
    expect(marked).toHaveLength(2); // a panel and the legend
    expect(marked[0]).toMatch(/t = 2.*view 2/s);
    const opacities = [...svg.matchAll(/fill-opacity="([^"]+)"/g)].map(([, value]) => Number(value));
    expect(opacities).toHaveLength(N);
    expect([Math.min(...opacities), Math.max(...opacities)]).toEqual([0, 1]);
  });

  test("shares of the steps sum to 100 %", () => {
    const svg = attentionPicture(clip(), maps(), { query });
    const shares = [...svg.matchAll(/>([\d.]+) %</g)].map(([, share]) => Number(share));
    expect(shares).toHaveLength(6);
    expect(shares.reduce((a, b) => a + b)).toBeCloseTo(100, 0);
  });

  test("of clip and maps that do not fit is refused", () => {
    expect(() => attentionPicture(clip(1), maps(), { query })).toThrow(ShapeError);
    expect(() => attentionPicture(clip(), maps(), { query, sample: 1 })).toThrow(ArgumentError);
  });
});
