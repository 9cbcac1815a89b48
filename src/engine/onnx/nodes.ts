/** Nodes and constants of an ONNX graph as it is built. */
import type { OnnxConstant, OnnxNode } from "../../io/index.ts";

/** Collects nodes in order. What a node makes is known by its name, which begins with the path of the layer. */
export class Nodes {
  readonly list: OnnxNode[] = [];
  readonly constants = new Map<string, OnnxConstant>();
  /** Path of the layer whose nodes are being added. */
  layer = "";

  /**
   * Adds a node with one output.
   *
   * @param output - its name; made up if left out
   * @returns the name of the output
   */
  add(
    operator: string,
    inputs: readonly string[],
    attributes: OnnxNode["attributes"] = {},
    output = this.#name(operator),
  ): string {
    this.list.push({ operator, inputs, outputs: [output], attributes });
    return output;
  }

  /** Equal parts of a value along its first axis. */
  split(input: string, parts: number): string[] {
    if (parts === 1) return [input];
    const outputs = Array.from({ length: parts }, (_, i) => `${this.#name("Split")}.${i}`);
    this.list.push({ operator: "Split", inputs: [input], outputs, attributes: { axis: 0 } });
    return outputs;
  }

  /** The inverse of {@link Nodes.split}. */
  join(parts: readonly string[]): string {
    return parts.length === 1 ? parts[0]! : this.add("Concat", parts, { axis: 0 });
  }

  /** A value in another shape. */
  reshape(input: string, shape: readonly number[], output?: string): string {
    return this.add("Reshape", [input, this.integers(shape)], {}, output);
  }

  /** A constant of the layer. */
  weights(name: string, shape: readonly number[], data: Float32Array): string {
    return this.#constant(this.#name(name), { dtype: "F32", shape, data });
  }

  /** A number; the same number is one constant. */
  number(value: number): string {
    return this.#constant(`${value}`, { dtype: "F32", shape: [], data: Float32Array.of(value) });
  }

  /** A list of whole numbers; the same list is one constant. */
  integers(values: readonly number[]): string {
    const data = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    return this.#constant(`[${values.join(", ")}]`, { dtype: "I64", shape: [values.length], data });
  }

  #constant(name: string, constant: OnnxConstant): string {
    this.constants.set(name, constant);
    return name;
  }

  #name(what: string): string {
    return `${this.layer}/${what}.${this.list.length}`;
  }
}
