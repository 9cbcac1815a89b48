import { afterAll, expect, suite, test } from "vitest";
import { ReferenceBackend, setBackend } from "../../src/backend/index.ts";
import { createWasmBackend } from "../../src/backend/wasm/node.ts";
import { Random } from "../../src/core/index.ts";
import { compile, type CompileOptions, Session, typicalCosts } from "../../src/engine/index.ts";
import type { SpikeVideoFormerConfig } from "../../src/models/index.ts";
import type { AttentionDesign, Score } from "../../src/snn/index.ts";
import { useBackend, wasm } from "../golden/backends.ts";
import { expectClose } from "../golden/close.ts";
import {
  allAt,
  clipOf,
  type Done,
  eager,
  expectSame,
  expectSpikes,
  lively,
  neurons,
  type Ran,
  ran,
  runCompiled,
  small,
} from "./support.ts";

const designs: readonly AttentionDesign[] = ["joint", "hierarchical", "factorised", "spatial"];
const scores: readonly Score[] = ["hamming", "dot", "euclidean", "manhattan"];
const attentions = designs.flatMap((attention) => scores.map((score) => ({ attention, score })));

/** Heads with the frames that they get. */
const heads = [
  [{ kind: "classification", classes: 5 }, 32, 48],
  [{ kind: "pose", inputSize: 32 }, 32, 32],
  [{ kind: "dense", classes: 3 }, 40, 24],
] as const;

/** Steps and clips. */
const sizes = [
  [3, 2],
  [1, 1],
  [8, 1],
  [1, 2],
  [3, 1],
  [8, 2],
] as const;

/** Integer neurons have no distances. */
function served({ score, neuron }: Pick<SpikeVideoFormerConfig, "score" | "neuron">): boolean {
  return neuron.kind !== "integer-lif" || score === "hamming" || score === "dot";
}

const compact: SpikeVideoFormerConfig = { ...small, depths: [0, 1, 1, 1, 1] };

/** Expects a compiled run to be the eager one bit for bit. */
function expectEqual(got: Ran, want: Done): void {
  expectSpikes(got.spikes, want.layers, 0, 0);
  for (const [name, { shape, data }] of Object.entries(want.outputs)) {
    expect(got.outputs[name]!.shape, name).toEqual(shape);
    // Interpolation and means round, in an order of their own.
    expectClose(name, got.outputs[name]!.data, data, 1e-6);
  }
}

/** The smallest and largest share of neurons that fire, by layers. */
function ratesOf({ layers }: Done): Map<string, number> {
  return new Map(
    [...layers].map(([path, { spikes, levels }]) => [
      path,
      spikes.reduce((a, b) => a + b, 0) / (spikes.length * levels),
    ]),
  );
}

suite("a compiled model, sums being exact in any order", () => {
  useBackend(wasm);

  test.for(attentions)(
    "with $attention attention and $score scores fires and answers as it does eagerly, with every neuron and head",
    ({ attention, score }) => {
      let turn = 0;
      for (const neuron of Object.values(neurons)) {
        if (!served({ score, neuron })) continue;
        for (const [head, H, W] of heads) {
          const [T, B] = sizes[turn++ % sizes.length]!;
          const config = { ...compact, attention, score, neuron, head };
          const { model, clip } = lively(config, turn, [T, B, 3, H, W]);
          const want = eager(model, clip);
          for (const [path, rate] of ratesOf(want)) {
            // The sums of dot products are not normalised, and those of few tokens are small.
            const free = score === "dot" && path.endsWith("outputNeurons");
            if (!free) expect(rate, path).toBeGreaterThanOrEqual(0.1);
            if (!free) expect(rate, path).toBeLessThanOrEqual(0.8);
          }
          const firingRates = turn % 2 === 0 ? allAt(model, 0.001) : new Map<string, number>();
          expectEqual(runCompiled(model, clip, { firingRates }), want);
          clip.dispose();
          model.dispose();
        }
      }
    },
  );

  test.for(designs)("with %s attention takes frames of numbers and of events in one plan", (attention) => {
    const { model, clip } = lively({ ...compact, attention }, 7, [3, 2, 3, 32, 48]);
    const events = clipOf(new Random(8), clip.shape, true);
    const plan = compile(model, { input: [2, 3, 32, 48], timeSteps: 3, keepSpikes: true });
    const session = new Session(plan);
    const first = ran(session, () => session.run(clip));
    expectEqual(first, eager(model, clip));
    expectEqual(
      ran(session, () => session.run(events)),
      eager(model, events),
    );
    expectSame(
      ran(session, () => session.run(clip)),
      first,
    );
    session.dispose();
    plan.dispose();
    model.dispose();
  });

  test.for(attentions)(
    "computes RepConv as one convolution or as three alike: $attention attention, $score scores",
    ({ attention, score }) => {
      const { model, clip } = lively({ ...compact, attention, score }, 9, [2, 1, 3, 32, 32]);
      const want = eager(model, clip);
      const at = (rate: number): CompileOptions => ({
        input: [3, 32, 32],
        timeSteps: 2,
        keepSpikes: true,
        firingRates: allAt(model, rate),
        // Maps so small that listing would decide.
        costs: { ...typicalCosts, wordNs: 0 },
      });
      const results = [0.001, 1].map((rate) => {
        const plan = compile(model, at(rate));
        const session = new Session(plan);
        const apart = plan.steps.filter(({ layer }) => /attention.*(query|output)\.pointwise1$/.test(layer));
        expect(apart.length > 0, `in factors at a rate of ${rate}`).toBe(rate === 1);
        const result = ran(session, () => session.run(clip));
        session.dispose();
        plan.dispose();
        return result;
      });
      for (const result of results) expectEqual(result, want);
      model.dispose();
    },
  );

  test("counts up to 15 spikes a step, and more steps than a kernel takes at a time", () => {
    for (const [neuron, T, score] of [
      [{ kind: "integer-lif", levels: 15 }, 3, "hamming"],
      [{ kind: "integer-lif", levels: 3 }, 3, "dot"],
      [{}, 150, "hamming"],
      [{ kind: "integer-lif" }, 130, "dot"],
    ] as const) {
      for (const attention of designs) {
        const config = { ...compact, depths: [0, 1, 0, 1, 0], attention, score, neuron } as const;
        const { model, clip } = lively(config, 3, [T, 1, 3, 16, 16]);
        expectEqual(runCompiled(model, clip), eager(model, clip));
        clip.dispose();
        model.dispose();
      }
    }
  });

  test("has as many channels as are no multiple of anything", () => {
    const config = { ...compact, embedDims: [6, 10, 42, 70], heads: 7 } as const;
    for (const neuron of [neurons["lif, soft"], neurons["integer-lif"]]) {
      for (const attention of designs) {
        const { model, clip } = lively({ ...config, attention, neuron }, 4, [2, 1, 3, 32, 32]);
        expectEqual(runCompiled(model, clip), eager(model, clip));
        model.dispose();
      }
    }
  });
});

suite("a compiled model on the reference backend", () => {
  useBackend({ name: "reference", create: async () => new ReferenceBackend(), epsilon: 0 });

  test.for(attentions)(
    "with $attention attention and $score scores is the eager one",
    ({ attention, score }) => {
      const config = { ...compact, depths: [0, 1, 0, 1, 0], attention, score } as const;
      const neuron = attention === "joint" && score === "dot" ? neurons["integer-lif"] : neurons["lif, soft"];
      const { model, clip } = lively({ ...config, neuron }, 5, [2, 2, 3, 16, 16]);
      expectEqual(runCompiled(model, clip), eager(model, clip));
      model.dispose();
    },
  );
});

suite("a compiled model of real numbers", () => {
  useBackend(wasm);

  /** Sums in another order differ by less. */
  const MARGIN = 1e-4;
  /** Share of a layer that one flip before it may change. */
  const BEHIND = 0.25;

  const flips = { marginal: 0, behind: 0, compared: 0 };
  afterAll(() => {
    // Of 3 million neurons and steps none flipped when this was written; rounding may differ on other machines.
    expect(flips.compared).toBeGreaterThan(2e6);
    expect(flips.marginal).toBeLessThanOrEqual(4);
  });

  test.for(attentions)(
    "fires as it does eagerly: $attention attention, $score scores",
    ({ attention, score }) => {
      Object.values(neurons).forEach((neuron, i) => {
        if (!served({ score, neuron })) return;
        const [T, B] = sizes[i % sizes.length]!;
        const [head, H, W] = heads[i % heads.length]!;
        const config = { ...compact, attention, score, neuron, head };
        const { model, clip } = lively(config, 11 + i, [T, B, 3, H, W], { exact: false });
        const want = eager(model, clip);
        const got = runCompiled(model, clip);
        const { marginal, behind, compared } = expectSpikes(got.spikes, want.layers, MARGIN, BEHIND);
        flips.marginal += marginal;
        flips.behind += behind;
        flips.compared += compared;
        if (marginal === 0) {
          for (const [name, { data }] of Object.entries(want.outputs)) {
            expectClose(name, got.outputs[name]!.data, data, 1e-5);
          }
        }
        model.dispose();
      });
    },
  );

  // Of 12 models, those of binary neurons agreed in 98.7 to 100 %, those of integer neurons in 93.9 to 96.0 %.
  test("with int16 weights fires as with float32: 97 % of binary neurons, 92 % of those that count", () => {
    for (const [i, attention] of designs.entries()) {
      for (const neuron of [{}, neurons["lif, soft"], neurons["integer-lif"]]) {
        const config = { ...compact, attention, neuron };
        const { model, clip } = lively(config, 30 + i, [3, 2, 3, 32, 48], { exact: false });
        const firingRates = allAt(model, 0.001);
        const float = runCompiled(model, clip, { firingRates });
        const short = runCompiled(model, clip, { firingRates, precision: "int16" });
        expectSame(runCompiled(model, clip, { firingRates, precision: "int16" }), short);
        let [same, all] = [0, 0];
        for (const [layer, spikes] of float.spikes) {
          const others = short.spikes.get(layer)!;
          const agree = spikes.filter((s, at) => s === others[at]).length;
          same += agree;
          all += spikes.length;
        }
        const least = config.neuron === neurons["integer-lif"] ? 0.92 : 0.97;
        expect(same / all, attention).toBeGreaterThan(least);
        model.dispose();
      }
    }
  });
});

test.for(["f32", "int16"] as const)("one thread and two give the same bits in %s", async (precision) => {
  const results: Ran[][] = [];
  for (const threads of [1, 2]) {
    const backend = await createWasmBackend({ threads, wakeAboveNs: 0 });
    const previous = setBackend(backend);
    results.push(
      designs.map((attention, i) => {
        const config = { ...compact, attention, score: scores[i]! };
        const { model, clip } = lively(config, 50, [3, 2, 3, 32, 48], { exact: false });
        return runCompiled(model, clip, { precision, firingRates: allAt(model, i % 2 === 0 ? 0.001 : 0.15) });
      }),
    );
    setBackend(previous);
    backend.dispose();
  }
  results[0]!.forEach((one, i) => expectSame(results[1]![i]!, one));
});
