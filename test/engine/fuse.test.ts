import { expect, suite, test } from "vitest";
import { expand, fuse, inputsOf, type Step } from "../../src/engine/fuse.ts";
import type { Graph, ValueId } from "../../src/engine/graph.ts";
import { lower } from "../../src/engine/lower.ts";
import { mergeFactors } from "../../src/engine/merge.ts";
import { SpikeVideoFormer } from "../../src/models/index.ts";
import type { AttentionDesign, Score } from "../../src/snn/index.ts";
import { useBackend, wasm } from "../golden/backends.ts";
import { neurons, small } from "./support.ts";

const designs: readonly AttentionDesign[] = ["joint", "hierarchical", "factorised", "spatial"];
const scores: readonly Score[] = ["hamming", "dot", "euclidean", "manhattan"];
const heads = [
  { kind: "classification", classes: 5 },
  { kind: "pose", inputSize: 32 },
  { kind: "dense", classes: 3 },
] as const;

function read({ work, residual }: Step): readonly ValueId[] {
  const inputs = work.kind === "attention" ? [work.q, work.k, work.v] : [work.input];
  return residual === null ? inputs : [...inputs, residual];
}

function made({ membrane, neuron }: Step): readonly ValueId[] {
  return [...(membrane === null ? [] : [membrane]), ...(neuron === null ? [] : [neuron.spikes])];
}

/** What has to hold of the steps of any graph. */
function check(graph: Graph, steps: readonly Step[]): void {
  const { values, operations, outputs, input } = graph;
  const ready = new Set<ValueId>([input]);
  const where = (id: ValueId): string => `value ${id} of ${values[id]!.layer}`;
  for (const step of steps) {
    for (const id of read(step))
      expect(ready.has(id), `${where(id)} is made before ${step.layer}`).toBe(true);
    for (const id of made(step)) {
      expect(ready.has(id), `${where(id)} is made once`).toBe(false);
      ready.add(id);
    }
    expect(made(step).length, `${step.layer} makes something`).toBeGreaterThan(0);
    for (const id of made(step)) expect(values[id]!.levels > 0).toBe(id === step.neuron?.spikes);
  }
  for (const { value } of outputs) expect(ready.has(value), where(value)).toBe(true);
  // Each operation is in one step: what it computes, sums, or fires.
  const fired = steps.flatMap(({ neuron }) => (neuron === null ? [] : [neuron.spikes]));
  const neurons = operations.filter(({ kind }) => kind === "neuron").map(({ output }) => output);
  expect([...fired].sort((a, b) => a - b)).toEqual(neurons.sort((a, b) => a - b));
  const worked = steps.flatMap(({ work }) => ("output" in work ? [work.output] : []));
  const works = operations
    .filter(({ kind }) => kind !== "add" && kind !== "neuron")
    .map(({ output }) => output);
  expect(worked).toEqual(works);
  // What nothing reads is an output.
  const wanted = new Set([...operations.flatMap(inputsOf), ...outputs.map(({ value }) => value)]);
  for (const { output } of operations) expect(wanted.has(output), where(output)).toBe(true);
  const kept = steps.flatMap(({ membrane }) => (membrane === null ? [] : [membrane]));
  const later = new Set([...steps.flatMap(read), ...outputs.map(({ value }) => value)]);
  for (const id of kept) expect(later.has(id), `${where(id)} is kept for something`).toBe(true);
}

suite("steps of a graph", () => {
  useBackend(wasm);

  test.for(designs.flatMap((attention) => scores.map((score) => ({ attention, score }))))(
    "read what was made before and fire each neuron once: $attention attention, $score scores",
    ({ attention, score }) => {
      for (const neuron of [{}, neurons["integer-lif"]]) {
        for (const head of heads) {
          for (const depths of [
            [1, 1, 2, 2, 1],
            [0, 0, 0, 0, 0],
          ] as const) {
            const model = new SpikeVideoFormer({ ...small, depths, attention, score, neuron, head });
            const lowered = lower(model, [3, 32, 32]);
            let turn = 0;
            for (const merge of [() => true, () => false, () => turn++ % 2 === 0]) {
              const graph = expand(lowered, ({ factors }) => (merge() ? mergeFactors(factors) : null));
              check(graph, fuse(graph));
            }
            model.dispose();
          }
        }
      }
    },
  );

  /** A graph of additions and neurons by its operations; value 0 is the input, and all are one number. */
  function graphOf(operations: Graph["operations"], outputs: readonly ValueId[]): Graph {
    const spiking = new Set(operations.filter(({ kind }) => kind === "neuron").map(({ output }) => output));
    const values = Array.from({ length: operations.length + 1 }, (_, id) => ({
      layer: `v${id}`,
      shape: [1, 1, 1] as const,
      levels: spiking.has(id) ? 1 : 0,
    }));
    return {
      values,
      operations,
      input: 0,
      outputs: outputs.map((value) => ({ name: `o${value}`, value, form: "steps" })),
    };
  }

  const dynamics = { kind: "integer-lif", keep: 0.25, levels: 1 } as const;
  const weights = {
    weight: Float32Array.of(1),
    bias: null,
    outChannels: 1,
    kernel: 1,
    stride: 1,
    padding: 0,
    groups: 1,
  };
  const conv = (input: ValueId, output: ValueId) =>
    ({ kind: "convolution", layer: `c${output}`, input, output, weights }) as const;
  const add = (a: ValueId, b: ValueId, output: ValueId) =>
    ({ kind: "add", layer: `a${output}`, a, b, output }) as const;
  const fire = (input: ValueId, output: ValueId) =>
    ({ kind: "neuron", layer: `n${output}`, input, dynamics, output }) as const;

  test.for([
    [
      "two layers of neurons on one current",
      [conv(0, 1), fire(1, 2), fire(1, 3), conv(2, 4), conv(3, 5)],
      [4, 5],
    ],
    ["a sum of what comes later", [conv(0, 1), conv(0, 2), add(1, 2, 3), fire(3, 4), conv(4, 5)], [5]],
    ["a current twice", [conv(0, 1), add(1, 1, 2), fire(2, 3), conv(3, 4)], [4]],
    [
      "a sum of three",
      [conv(0, 1), conv(0, 2), conv(0, 3), add(1, 2, 4), add(4, 3, 5), fire(5, 6), conv(6, 7)],
      [7],
    ],
    [
      "a sum that is an output and fires",
      [conv(0, 1), conv(0, 2), add(1, 2, 3), fire(3, 4), conv(4, 5)],
      [3, 5],
    ],
    ["a term that is an output", [conv(0, 1), conv(0, 2), add(1, 2, 3), fire(3, 4), conv(4, 5)], [1, 2, 5]],
    ["neurons on the input", [fire(0, 1), conv(1, 2)], [2]],
    [
      "a residual that is kept",
      [conv(0, 1), fire(1, 2), conv(2, 3), add(1, 3, 4), fire(4, 5), conv(5, 6), add(4, 6, 7)],
      [7],
    ],
  ] as const)("serve %s", ([, operations, outputs]) => {
    const graph = graphOf(operations, outputs);
    check(graph, fuse(graph));
  });
});
