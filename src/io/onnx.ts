/** ONNX models: the messages of onnx.proto (ONNX 1.12) in protocol buffers. */
import { ArgumentError } from "../core/index.ts";
import { Message } from "./protobuf.ts";
import { bytesOf, type StoredTensor } from "./stored-tensor.ts";

/** An operator and what it reads and writes, by name. An empty name leaves out an optional input. */
export type OnnxNode = {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Whole numbers, lists of them, or text. */
  readonly attributes: Readonly<Record<string, number | readonly number[] | string>>;
};

/** A constant of a graph. */
export type OnnxConstant = Extract<StoredTensor, { dtype: "F32" | "I64" }>;

/** A model of the operator set ai.onnx. Inputs and outputs are float32. */
export type OnnxModel = {
  readonly name: string;
  readonly operatorSet: number;
  /** In an order in which they can run. */
  readonly nodes: readonly OnnxNode[];
  readonly constants: ReadonlyMap<string, OnnxConstant>;
  /** Shapes by name. */
  readonly inputs: ReadonlyMap<string, readonly number[]>;
  readonly outputs: ReadonlyMap<string, readonly number[]>;
  /** Free text by key. */
  readonly metadata?: Readonly<Record<string, string>>;
};

/** Version of the file format; that of ONNX 1.12. */
const IR_VERSION = 8;

/** What a message of protocol buffers may have at most. */
const MAX_BYTES = 2 ** 31 - 1;

/** Numbers of TensorProto.DataType and AttributeProto.AttributeType. */
const dataTypes = { F32: 1, I64: 7 } as const;
const attributeTypes = { integer: 2, text: 3, integers: 7 } as const;

/**
 * Writes a model; the same model gives the same bytes.
 *
 * @throws ArgumentError if it takes 2 GiB or more, which protocol buffers cannot hold
 */
export function encodeOnnx(model: OnnxModel): Uint8Array {
  let weightBytes = 0;
  for (const { data } of model.constants.values()) weightBytes += data.byteLength;
  checkSize(weightBytes);
  const file = new Message()
    .integer(1, IR_VERSION)
    .text(2, "saccade")
    .message(7, (graph) => writeGraph(graph, model))
    .message(8, (set) => set.text(1, "").integer(2, model.operatorSet));
  for (const [key, value] of Object.entries(model.metadata ?? {})) {
    file.message(14, (entry) => entry.text(1, key).text(2, value));
  }
  const bytes = file.finish();
  checkSize(bytes.byteLength);
  return bytes;
}

function checkSize(bytes: number): void {
  if (bytes > MAX_BYTES) {
    throw new ArgumentError(`encodeOnnx: expected a model below 2 GiB, got ${bytes} bytes or more`);
  }
}

function writeGraph(graph: Message, { name, nodes, constants, inputs, outputs }: OnnxModel): void {
  for (const node of nodes) graph.message(1, (message) => writeNode(message, node));
  graph.text(2, name);
  for (const [constant, tensor] of constants) {
    graph.message(5, (message) => {
      for (const size of tensor.shape) message.integer(1, size);
      message.integer(2, dataTypes[tensor.dtype]).text(8, constant).bytes(9, bytesOf(tensor));
    });
  }
  for (const [input, shape] of inputs) graph.message(11, (value) => writeValue(value, input, shape));
  for (const [output, shape] of outputs) graph.message(12, (value) => writeValue(value, output, shape));
}

function writeNode(node: Message, { operator, inputs, outputs, attributes }: OnnxNode): void {
  for (const input of inputs) node.text(1, input);
  for (const output of outputs) node.text(2, output);
  // Profilers show it.
  node.text(3, outputs[0] ?? operator).text(4, operator);
  for (const [name, value] of Object.entries(attributes)) {
    node.message(5, (attribute) => {
      attribute.text(1, name);
      if (typeof value === "number") attribute.integer(3, value).integer(20, attributeTypes.integer);
      else if (typeof value === "string") attribute.text(4, value).integer(20, attributeTypes.text);
      else {
        for (const item of value) attribute.integer(8, item);
        attribute.integer(20, attributeTypes.integers);
      }
    });
  }
}

/** ValueInfoProto of a float32 tensor. */
function writeValue(value: Message, name: string, shape: readonly number[]): void {
  value.text(1, name).message(2, (type) =>
    type.message(1, (tensor) =>
      tensor.integer(1, dataTypes.F32).message(2, (axes) => {
        for (const size of shape) axes.message(1, (axis) => axis.integer(1, size));
      }),
    ),
  );
}
