/** From a {@link Graph} to steps: each computes a current and settles it, so that sums never wait in memory. */
import type { NeuronDynamics } from "../backend/index.ts";
import type { ConvolutionWeights, Graph, Operation, ValueId } from "./graph.ts";

/** What computes a current. */
export type Work =
  | Extract<Operation, { readonly kind: "convolution" }>
  | Extract<Operation, { readonly kind: "attention" }>
  | { readonly kind: "mean"; readonly input: ValueId }
  | { readonly kind: "resize"; readonly input: ValueId }
  /** A value that is there already. */
  | { readonly kind: "value"; readonly input: ValueId };

/** One step of a plan: a current, to which a membrane potential may be added, which is kept or fires or both. */
export type Step = {
  readonly layer: string;
  readonly work: Work;
  readonly residual: ValueId | null;
  readonly membrane: ValueId | null;
  readonly neuron: { readonly dynamics: NeuronDynamics; readonly spikes: ValueId } | null;
};

/** The graph with each factored convolution as one, or as its three factors. */
export function expand(
  graph: Graph,
  merge: (
    operation: Extract<Operation, { readonly kind: "factored-convolution" }>,
  ) => ConvolutionWeights | null,
): Graph {
  const values = [...graph.values];
  const operations = graph.operations.flatMap((operation): Operation[] => {
    if (operation.kind !== "factored-convolution") return [operation];
    const { layer, input, output, factors } = operation;
    const merged = merge(operation);
    if (merged !== null) return [{ kind: "convolution", layer, input, output, weights: merged }];
    const names = ["pointwise1", "depthwise", "pointwise2"];
    let from = input;
    return factors.map((weights, i) => {
      const path = `${layer}.${names[i]}`;
      const [H, W] = values[output]!.shape;
      const to =
        i === 2 ? output : values.push({ layer: path, shape: [H, W, weights.outChannels], levels: 0 }) - 1;
      const convolution = { kind: "convolution", layer: path, input: from, output: to, weights } as const;
      from = to;
      return convolution;
    });
  });
  return { ...graph, values, operations };
}

/** The steps of a graph without factored convolutions, in the order of its operations. */
export function fuse(graph: Graph): Step[] {
  const { operations } = graph;
  const outputs = new Set(graph.outputs.map(({ value }) => value));
  const readers = new Map<ValueId, number[]>();
  operations.forEach((operation, i) => {
    for (const input of inputsOf(operation)) readers.set(input, [...(readers.get(input) ?? []), i]);
  });
  const made = new Set([graph.input]);
  const done = new Set<number>();
  return operations.flatMap((operation, i): Step[] => {
    if (done.has(i)) return [];
    const { work, residual: given } = workOf(operation);
    let residual = given;
    let current = operation.output;
    const readersOf = (value: ValueId): readonly number[] => readers.get(value) ?? [];
    if (operation.kind === "neuron") {
      current = operation.input;
    } else {
      const [only, ...others] = readersOf(current);
      const sum = only === undefined ? undefined : operations[only]!;
      if (others.length === 0 && sum?.kind === "add" && residual === null && !outputs.has(current)) {
        const other = sum.a === current ? sum.b : sum.a;
        if (made.has(other) && other !== current) {
          residual = other;
          current = sum.output;
          done.add(only!);
        }
      }
    }
    const firing = (operation.kind === "neuron" ? [i] : readersOf(current)).find(
      (reader) => operations[reader]!.kind === "neuron" && !done.has(reader),
    );
    const neuron = firing === undefined ? null : (operations[firing] as NeuronOperation);
    if (firing !== undefined) done.add(firing);
    const wanted =
      operation.kind !== "neuron" &&
      (outputs.has(current) || readersOf(current).some((reader) => reader !== firing));
    if (operation.kind !== "neuron") made.add(current);
    return [
      {
        layer: operation.layer,
        work,
        residual,
        membrane: wanted ? current : null,
        neuron: neuron === null ? null : { dynamics: neuron.dynamics, spikes: neuron.output },
      },
    ];
  });
}

type NeuronOperation = Extract<Operation, { readonly kind: "neuron" }>;

function workOf(operation: Operation): { work: Work; residual: ValueId | null } {
  switch (operation.kind) {
    case "add":
      return { work: { kind: "value", input: operation.a }, residual: operation.b };
    case "neuron":
      return { work: { kind: "value", input: operation.input }, residual: null };
    case "factored-convolution":
      throw new Error(`fuse: expected an expanded graph, got ${operation.kind} at ${operation.layer}`);
    default:
      return { work: operation, residual: null };
  }
}

/** Values that an operation reads. */
export function inputsOf(operation: Operation): readonly ValueId[] {
  switch (operation.kind) {
    case "add":
      return [operation.a, operation.b];
    case "attention":
      return [operation.q, operation.k, operation.v];
    default:
      return [operation.input];
  }
}
