import fc from "fast-check";
import { expect, suite, test } from "vitest";
import {
  type AttentionTerms,
  type PackedAttention,
  type PackedKernels,
  planesOf,
  type Settlement,
  stateChannels,
  tableSize,
  wordsOf,
} from "../../src/backend/index.ts";
import { linearAttention } from "../../src/snn/index.ts";
import { scope, tensor } from "../../src/tensor/index.ts";
import { float32, useBackend } from "../golden/backends.ts";
import { subjects } from "./conformance.ts";
import {
  counts,
  type Ending,
  endings,
  expectSettled,
  type Lender,
  type Numbers,
  seed,
} from "./packed-conformance.ts";

type Score = "hamming" | "dot" | "euclidean";

/** Terms of a score, and the scale that makes their sum that of `linearAttention`. */
function termsOf(score: Score, depth: number): { readonly terms: AttentionTerms; readonly scale: number } {
  switch (score) {
    case "hamming":
      return { terms: { alpha: 4, beta: depth, gamma: -2, delta: -2 }, scale: 0.5 };
    case "dot":
      return { terms: { alpha: 1, beta: 0, gamma: 0, delta: 0 }, scale: 1 };
    case "euclidean":
      return { terms: { alpha: 4, beta: 2 * depth, gamma: -2, delta: -2 }, scale: 0.5 };
  }
}

/** What a query sees: all tokens of its clip, of its step or of the steps so far; the same along time alone. */
const MODES = ["all", "step", "running", "pixel", "causal pixel"] as const;

type Case = {
  readonly mode: (typeof MODES)[number];
  readonly score: Score;
  readonly images: number;
  readonly perImage: number;
  readonly heads: number;
  readonly depth: number;
  readonly timeSteps: number;
  /** Largest counts of queries, keys and values. */
  readonly levels: readonly [number, number, number];
  readonly density: number;
  /** Steps before the first; seen if tables are resumed. */
  readonly history: number;
  /** Whether a query sees as many steps as there are in the history, itself included, or all before it. */
  readonly window: boolean;
  readonly resume: boolean;
};

const small: Case = {
  mode: "all",
  score: "hamming",
  images: 2,
  perImage: 5,
  heads: 3,
  depth: 12,
  timeSteps: 4,
  levels: [1, 1, 1],
  density: 0.3,
  history: 0,
  window: false,
  resume: false,
};

const level = fc.constantFrom(1, 1, 4, 7);
const cases: fc.Arbitrary<Case> = fc.record({
  mode: fc.constantFrom(...MODES),
  score: fc.constantFrom("hamming" as const, "dot" as const, "euclidean" as const),
  images: fc.integer({ min: 1, max: 3 }),
  perImage: fc.integer({ min: 1, max: 20 }),
  heads: fc.integer({ min: 1, max: 4 }),
  depth: fc.constantFrom(1, 8, 12, 16, 31, 45),
  timeSteps: fc.integer({ min: 1, max: 6 }),
  levels: fc.tuple(level, level, level),
  density: fc.constantFrom(0.2, 0.5, 0, 1),
  history: fc.integer({ min: 0, max: 3 }),
  window: fc.boolean(),
  resume: fc.boolean(),
});

/** Queries, keys and values; the latter begin `history` steps earlier, in silence unless tables are resumed. */
function tokens(
  c: Case,
  start: number,
): { readonly history: number; readonly counts: readonly Float32Array[] } {
  const history = c.mode === "running" || c.mode === "causal pixel" ? c.history : 0;
  const step = c.images * c.perImage * c.heads * c.depth;
  const made = c.levels.map((most, i) => {
    const x = counts((c.timeSteps + (i === 0 ? 0 : history)) * step, start + i, most, c.density);
    return i > 0 && !c.resume ? x.fill(0, 0, history * step) : x;
  });
  return { history, counts: made };
}

/** Whether the query of a pixel at step t sees the key of pixel `other` at step `before`. */
function sees(c: Case, t: number, pixel: number, before: number, other: number): boolean {
  const image = Math.floor(pixel / c.perImage) === Math.floor(other / c.perImage);
  const past = before <= t && (!c.window || c.history === 0 || before > t - c.history);
  switch (c.mode) {
    case "all":
      return image;
    case "step":
      return image && before === t;
    case "running":
      return image && past;
    case "pixel":
      return pixel === other;
    case "causal pixel":
      return pixel === other && past;
  }
}

function attend(c: Case, ending: Ending, start: number, scale?: number): readonly Numbers[] {
  const { mode, images, heads, depth, timeSteps, resume } = c;
  const channels = heads * depth;
  const pixels = images * c.perImage;
  const given = tokens(c, start);
  const { history } = given;
  const window = c.window ? history : 0;
  const planes = c.levels.map(planesOf);
  const frames = planes.map((n) => pixels * n * wordsOf(channels));
  const columns = stateChannels(channels);

  function prepare(kernels: PackedKernels, lend: Lender, kept: Numbers[]) {
    const [queries, keys, values] = given.counts.map((x, i) => lend.spikes(x, channels, planes[i]!));
    const p: PackedAttention = {
      images,
      heads,
      channels,
      queryPlanes: planes[0]!,
      keyPlanes: planes[1]!,
      valuePlanes: planes[2]!,
      terms: termsOf(c.score, depth).terms,
      scale: lend.floats(
        columns,
        Array.from({ length: columns }, (_, i) => scale ?? Math.sin(i + 1) / depth),
      ),
      shift: lend.floats(
        columns,
        Array.from({ length: columns }, (_, i) => (scale === undefined ? 0.1 * i : 0)),
      ),
    };
    expect(kernels.servesAttention(p)).toBe(true);
    const size = tableSize(p);
    const queriesFrom = (t: number): Uint32Array => queries!.subarray(t * frames[0]!);
    const keysFrom = (t: number): Uint32Array => keys!.subarray(t * frames[1]!);
    const valuesFrom = (t: number): Uint32Array => values!.subarray(t * frames[2]!);
    /** Tables of `groups` groups, the first of which begins at step t of the history. */
    const tabulate = (t: number, groups: number, steps: number, clips = images): Int32Array => {
      const tables = lend.integers(groups * clips * size);
      kernels.tabulate(tables, keysFrom(t), valuesFrom(t), { ...p, images: clips }, pixels, groups, steps);
      kept.push(tables);
      return tables;
    };
    switch (mode) {
      case "all": {
        const tables = tabulate(0, 1, timeSteps);
        return (s: Settlement, t: number) => kernels.attendTables(s, queriesFrom(t), tables, false, p);
      }
      case "step": {
        const tables = tabulate(0, timeSteps, 1);
        return (s: Settlement, t: number) =>
          kernels.attendTables(s, queriesFrom(t), tables.subarray(t * images * size), true, p);
      }
      case "running": {
        const tables = tabulate(history, timeSteps, 1);
        const leaving = window > 0 ? tabulate(0, timeSteps, 1) : null;
        const carried = tabulate(0, 1, history);
        return (s: Settlement, t: number) => {
          const at = t * images * size;
          const now = tables.subarray(at);
          kernels.runTables(now, leaving?.subarray(at) ?? null, carried, s.timeSteps, images * size);
          kernels.attendTables(s, queriesFrom(t), now, true, p);
        };
      }
      case "pixel":
        return (s: Settlement) => kernels.attendPixels(s, queries!, keys!, values!, null, p);
      case "causal pixel": {
        const tables = resume ? tabulate(0, 1, history, pixels) : lend.integers(pixels * size);
        if (!resume) kept.push(tables);
        return (s: Settlement, t: number) => {
          const past = { tables, window, resume: resume || t > 0 };
          const first = t + history - window;
          kernels.attendPixels(s, queriesFrom(t), keysFrom(first), valuesFrom(first), past, p);
        };
      }
    }
  }

  const together = mode === "pixel";
  return expectSettled({ timeSteps, pixels, channels }, ending, start + 3, prepare, { together });
}

const sums: Ending = { residual: "none", membrane: true, dynamics: null, state: "none" };
const firing: Ending = {
  residual: "apart",
  membrane: true,
  dynamics: {
    kind: "lif",
    decay: 0.5,
    decayInput: true,
    firingThreshold: 0.5,
    reset: "soft",
    resetPotential: 0,
  },
  state: "fresh",
};

suite("attention between packed spikes", () => {
  test("settles to the bits of the reference whatever is seen, in one run or two", () => {
    fc.assert(
      fc.property(cases, endings, seed, (c, ending, start) => {
        attend(c, ending, start);
      }),
      { numRuns: 100 },
    );
  });

  test.for(MODES)("serves wide heads, many heads, many tokens and many steps (%s)", (mode) => {
    const past = { history: 2, window: true, resume: true };
    attend(
      { ...small, ...past, mode, heads: 2, depth: 72, levels: [4, 4, 4], score: "euclidean" },
      firing,
      1,
    );
    attend({ ...small, ...past, mode, heads: 1, depth: 64, images: 1 }, firing, 2);
    attend({ ...small, mode, images: 1, perImage: 1100, timeSteps: 2, heads: 1, depth: 8 }, firing, 3);
    attend({ ...small, mode, images: 1, perImage: 2, timeSteps: 600, heads: 2, depth: 8 }, firing, 4);
    attend({ ...small, mode, images: 1, perImage: 1, timeSteps: 130, heads: 250, depth: 8 }, firing, 5);
  });

  test("serves the widest head that it says it serves, all of it firing", () => {
    const serves = (depth: number): boolean =>
      subjects[0]!.packed.servesAttention({ heads: 1, channels: depth });
    let depth = 64;
    while (serves(depth + 1)) depth++;
    expect(depth).toBeGreaterThan(400);
    for (const mode of MODES) {
      attend(
        {
          ...small,
          mode,
          images: 1,
          perImage: 2,
          timeSteps: 3,
          heads: 1,
          depth,
          levels: [7, 7, 7],
          density: 1,
        },
        sums,
        6,
      );
    }
  });

  suite("as linearAttention has it", () => {
    useBackend(float32);

    test.for(["hamming", "dot", "euclidean"] as const)("sums the score %s over what is seen", (score) => {
      for (const mode of MODES) {
        for (const past of [
          { history: 0, window: false, resume: false },
          { history: 2, window: false, resume: true },
          { history: 2, window: true, resume: true },
          { history: 2, window: true, resume: false },
        ]) {
          const c: Case = { ...small, ...past, mode, score, levels: [1, 1, 4] };
          const [got] = attend(c, sums, 7, termsOf(score, c.depth).scale);
          const want = definition(c, 7);
          want.forEach((x, i) => {
            if (got![i] !== x) expect.fail(`${mode}, entry ${i}: expected ${x}, got ${got![i]}`);
          });
        }
      }
    });
  });
});

/** The float sums of `linearAttention`, query by query. */
function definition(c: Case, start: number): Float32Array {
  const { history, counts: given } = tokens(c, start);
  const { depth, heads } = c;
  const pixels = c.images * c.perImage;
  const out = new Float32Array(given[0]!.length);
  /** Of one head, the tokens at these indices. */
  const head = (x: Float32Array, index: readonly number[], h: number) =>
    tensor(
      index.flatMap((i) => Array.from(x.subarray((i * heads + h) * depth, (i * heads + h + 1) * depth))),
      [index.length, depth],
    );
  for (let i = 0; i < c.timeSteps * pixels; i++) {
    const seen: number[] = [];
    for (let j = 0; j < (c.timeSteps + history) * pixels; j++) {
      const before = Math.floor(j / pixels) - history;
      if (!c.resume && before < 0) continue;
      if (sees(c, Math.floor(i / pixels), i % pixels, before, j % pixels)) seen.push(j);
    }
    for (let h = 0; h < heads; h++) {
      scope(() => {
        const [q, k, v] = given.map((x, part) => head(x, part === 0 ? [i] : seen, h));
        out.set(linearAttention(q!, k!, v!, c.score, 1).data, (i * heads + h) * depth);
      });
    }
  }
  return out;
}
