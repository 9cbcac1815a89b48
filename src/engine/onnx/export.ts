/** From a {@link Graph} to an ONNX model: dense, all steps unrolled. */
import { ArgumentError } from "../../core/index.ts";
import { encodeOnnx } from "../../io/index.ts";
import type { ConvolutionWeights, Graph, GraphOutput, Operation, Value, ValueId } from "../graph.ts";
import { attention } from "./attention.ts";
import { neuron } from "./neuron.ts";
import { Nodes } from "./nodes.ts";

/** Sizes that are fixed in an exported model, and what it says of itself. */
export type OnnxOptions = {
  readonly timeSteps: number;
  /** 1 if left out. */
  readonly batch?: number;
  /** Free text by key. */
  readonly metadata?: Readonly<Record<string, string>>;
};

/** Of 2022, read by ONNX Runtime 1.12 and later. */
const OPERATOR_SET = 17;

/**
 * A network as an ONNX model. Its input is `input`, `[T, B, C, H, W]`; its outputs have the names and shapes of the
 * model's. Results differ from the model's by rounding, so that a neuron at its threshold may fire in one alone.
 *
 * @returns the bytes of the file
 * @throws ArgumentError for sizes that are no positive integers, and models of 2 GiB or more
 */
export function toOnnx(graph: Graph, { timeSteps, batch = 1, metadata = {} }: OnnxOptions): Uint8Array {
  for (const [name, size] of Object.entries({ timeSteps, batch })) {
    if (!(Number.isSafeInteger(size) && size >= 1)) {
      throw new ArgumentError(`toOnnx: expected ${name} as a positive integer, got ${size}`);
    }
  }
  const exported = new Export(graph, timeSteps, batch);
  const [H, W, C] = graph.values[graph.input]!.shape;
  const { nodes, outputs } = exported.run();
  return encodeOnnx({
    name: "saccade",
    operatorSet: OPERATOR_SET,
    nodes: nodes.list,
    constants: nodes.constants,
    inputs: new Map([[INPUT, [timeSteps, batch, C, H, W]]]),
    outputs,
    metadata,
  });
}

const INPUT = "input";

/** Every value is `[T·B, C, H, W]`, so that a convolution is one node for all steps. */
class Export {
  readonly #graph: Graph;
  readonly #timeSteps: number;
  readonly #batch: number;
  readonly #nodes = new Nodes();
  readonly #names = new Map<ValueId, string>();

  constructor(graph: Graph, timeSteps: number, batch: number) {
    this.#graph = graph;
    this.#timeSteps = timeSteps;
    this.#batch = batch;
  }

  run(): { nodes: Nodes; outputs: Map<string, readonly number[]> } {
    const { input, operations, outputs } = this.#graph;
    this.#nodes.layer = INPUT;
    this.#names.set(input, this.#nodes.reshape(INPUT, this.#frames(input)));
    for (const operation of operations) {
      this.#nodes.layer = operation.layer;
      this.#names.set(operation.output, this.#operation(operation));
    }
    return {
      nodes: this.#nodes,
      outputs: new Map(outputs.map((output) => [output.name, this.#handOut(output)])),
    };
  }

  #name(value: ValueId): string {
    return this.#names.get(value)!;
  }

  #shape(value: ValueId): Value["shape"] {
    return this.#graph.values[value]!.shape;
  }

  #frames(value: ValueId): number[] {
    const [H, W, C] = this.#shape(value);
    return [this.#timeSteps * this.#batch, C, H, W];
  }

  #operation(operation: Operation): string {
    const nodes = this.#nodes;
    switch (operation.kind) {
      case "convolution":
        return this.#convolve(this.#name(operation.input), this.#shape(operation.input), operation.weights);
      case "factored-convolution":
        // In factors, which are less than a quarter of the work of their product where all is dense.
        return operation.factors.reduce(
          (x, weights) => this.#convolve(x, this.#shape(operation.input), weights),
          this.#name(operation.input),
        );
      case "add":
        return nodes.add("Add", [this.#name(operation.a), this.#name(operation.b)]);
      case "neuron":
        return neuron(nodes, this.#name(operation.input), operation.dynamics, this.#timeSteps);
      case "attention": {
        const inputs = [this.#name(operation.q), this.#name(operation.k), this.#name(operation.v)] as const;
        return attention(nodes, operation, inputs, this.#shape(operation.v), this.#timeSteps, this.#batch);
      }
      case "mean":
        return nodes.add("GlobalAveragePool", [this.#name(operation.input)]);
      case "resize":
        return nodes.add(
          "Resize",
          [this.#name(operation.input), "", "", nodes.integers(this.#frames(operation.output))],
          { mode: "linear", coordinate_transformation_mode: "half_pixel" },
        );
    }
  }

  #convolve(x: string, [H, W]: Value["shape"], weights: ConvolutionWeights): string {
    const nodes = this.#nodes;
    const { weight, bias, outChannels, kernel, stride, padding, groups } = weights;
    const biases = bias === null ? [] : [nodes.weights("bias", [outChannels], bias)];
    const fanIn = weight.length / outChannels;
    // A window that is the whole map makes it a matrix product.
    if (kernel === H && kernel === W && padding === 0 && groups === 1) {
      const matrix = nodes.weights("weight", [outChannels, fanIn], weight);
      const rows = nodes.add("Gemm", [nodes.add("Flatten", [x]), matrix, ...biases], { transB: 1 });
      return nodes.reshape(rows, [this.#timeSteps * this.#batch, outChannels, 1, 1]);
    }
    const filters = [outChannels, fanIn / kernel ** 2, kernel, kernel];
    return nodes.add("Conv", [x, nodes.weights("weight", filters, weight), ...biases], {
      group: groups,
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: [padding, padding, padding, padding],
    });
  }

  /** Adds the node that makes an output. @returns its shape */
  #handOut({ name, value, form }: GraphOutput): number[] {
    const nodes = this.#nodes;
    const [H, W, C] = this.#shape(value);
    const lead = [this.#timeSteps, this.#batch];
    const shape = { steps: [...lead, C], mean: [this.#batch, C], maps: [...lead, C, H, W] }[form];
    nodes.layer = name;
    if (form === "mean") {
      const steps = nodes.reshape(this.#name(value), [...lead, C]);
      nodes.add("ReduceMean", [steps], { axes: [0], keepdims: 0 }, name);
    } else {
      nodes.reshape(this.#name(value), shape, name);
    }
    return shape;
  }
}
