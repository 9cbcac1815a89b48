/** Files of tables made by hand: what NumPy and MATLAB write, and what nobody should. */
import { zlibSync } from "fflate";
import { type Events, encodeEvents, type SensorSize, type WriteFormat } from "../../src/events/index.ts";
import { bytesOf } from "./support.ts";

/** A recording in a format, whole. */
export function written(format: WriteFormat, sensor: SensorSize, ...batches: Events[]): Promise<Uint8Array> {
  return bytesOf(encodeEvents(format, sensor, batches));
}

export function bytesOfText(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A .npy file with a header as Python writes it. */
export function npyOf(
  descr: string,
  shape: string,
  data: Uint8Array,
  { fortran = false, version = 1 } = {},
): Uint8Array {
  const order = fortran ? "True" : "False";
  const header = bytesOfText(`{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }\n`);
  const prefix = version === 1 ? 10 : 12;
  const bytes = new Uint8Array(prefix + header.length + data.length);
  bytes.set([0x93, ...bytesOfText("NUMPY"), version, 0]);
  const view = new DataView(bytes.buffer);
  if (version === 1) view.setUint16(8, header.length, true);
  else view.setUint32(8, header.length, true);
  bytes.set(header, prefix);
  bytes.set(data, prefix + header.length);
  return bytes;
}

/** Numbers of a type such as `<i8`, one after another. */
export function numbersOf(type: string, values: readonly number[]): Uint8Array {
  const little = type[0] !== ">";
  const kind = type.slice(1);
  const width = Number(type[2]);
  const bytes = new Uint8Array(width * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => {
    const at = i * width;
    if (kind === "f8") view.setFloat64(at, value, little);
    else if (kind === "f4") view.setFloat32(at, value, little);
    else if (width === 8) view.setBigInt64(at, BigInt(value), little);
    else if (width === 4) view.setInt32(at, value, little);
    else if (width === 2) view.setInt16(at, value, little);
    else view.setInt8(at, value);
  });
  return bytes;
}

/** Arrays of bytes, one after another. */
export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** Types of MATLAB's numbers by NumPy's names. */
const MAT_TYPES: Readonly<Record<string, number>> = {
  i1: 1,
  u1: 2,
  i2: 3,
  u2: 4,
  i4: 5,
  u4: 6,
  f4: 7,
  f8: 9,
  i8: 12,
  u8: 13,
};

/** Writes MAT-files, level 5. */
export class MatFile {
  readonly #big: boolean;

  constructor(bigEndian = false) {
    this.#big = bigEndian;
  }

  file(...elements: readonly Uint8Array[]): Uint8Array {
    const header = new Uint8Array(128).fill(0x20);
    header.set(bytesOfText("MATLAB 5.0 MAT-file, made by hand"));
    header.set(this.#big ? [1, 0, 0x4d, 0x49] : [0, 1, 0x49, 0x4d], 124);
    return joined(header, ...elements);
  }

  compressed(element: Uint8Array): Uint8Array {
    const packed = zlibSync(element);
    return joined(this.#tag(15, packed.length), packed);
  }

  element(type: number, content: Uint8Array): Uint8Array {
    if (content.length > 0 && content.length <= 4) {
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setUint32(0, (content.length << 16) | type, !this.#big);
      bytes.set(content, 4);
      return bytes;
    }
    return joined(this.#tag(type, content.length), content, new Uint8Array(-content.length & 7));
  }

  /** A row of numbers of class double, stored as another type. */
  numbers(name: string, type: string, values: readonly number[]): Uint8Array {
    const data = this.element(MAT_TYPES[type]!, numbersOf((this.#big ? ">" : "<") + type, values));
    return this.#matrix(6, name, [1, values.length], data);
  }

  struct(name: string, fields: Readonly<Record<string, Uint8Array>>): Uint8Array {
    const names = joined(...Object.keys(fields).map((field) => bytesOfText(field.padEnd(8, "\0"))));
    const length = this.element(5, this.#int32([8]));
    return this.#matrix(2, name, [1, 1], length, this.element(1, names), ...Object.values(fields));
  }

  #matrix(
    kind: number,
    name: string,
    size: readonly number[],
    ...content: readonly Uint8Array[]
  ): Uint8Array {
    const flags = this.element(6, this.#int32([kind, 0]));
    const all = joined(
      flags,
      this.element(5, this.#int32(size)),
      this.element(1, bytesOfText(name)),
      ...content,
    );
    return joined(this.#tag(14, all.length), all);
  }

  #tag(type: number, bytes: number): Uint8Array {
    return this.#int32([type, bytes]);
  }

  #int32(values: readonly number[]): Uint8Array {
    return numbersOf((this.#big ? ">" : "<") + "i4", values);
  }
}
