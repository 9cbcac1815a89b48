/**
 * Reading flatbuffers that nobody vouches for (flatbuffers.dev, "FlatBuffer Internals"): every offset is checked before
 * it is followed. Only what AEDAT 4.0 needs: tables, scalars, strings, vectors of structs and of tables.
 */

/** A flatbuffer breaks its format; `at` is the offset within the buffer. */
export class FlatbufferFault extends Error {
  override readonly name = "FlatbufferFault";
  readonly at: number;

  constructor(at: number, what: string) {
    super(what);
    this.at = at;
  }
}

/**
 * The root table of a size-prefixed flatbuffer.
 *
 * @param bytes - the buffer, with its 4 bytes of size in front
 * @param identifier - the file identifier, 4 characters
 * @throws FlatbufferFault
 */
export function rootTable(bytes: Uint8Array, identifier: string): Table {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  need(view, 0, 12, "a flatbuffer header");
  const size = view.getUint32(0, true);
  if (size !== bytes.length - 4)
    throw new FlatbufferFault(0, `expected a flatbuffer of ${bytes.length - 4} bytes, got ${size}`);
  const found = String.fromCharCode(...bytes.subarray(8, 12));
  if (found !== identifier) {
    throw new FlatbufferFault(8, `expected the identifier ${identifier}, got ${JSON.stringify(found)}`);
  }
  return new Table(view, 4 + view.getUint32(4, true));
}

/** One table of a flatbuffer. Reading a field checks that it lies within the table, and the table within the buffer. */
export class Table {
  readonly #view: DataView;
  readonly #table: number;
  readonly #tableBytes: number;
  readonly #vtable: number;
  readonly #vtableBytes: number;

  /**
   * @param at - where the table starts
   * @throws FlatbufferFault
   */
  constructor(view: DataView, at: number) {
    this.#view = view;
    this.#table = at;
    need(view, at, 4, "a table");
    this.#vtable = at - view.getInt32(at, true);
    need(view, this.#vtable, 4, "a vtable");
    this.#vtableBytes = view.getUint16(this.#vtable, true);
    this.#tableBytes = view.getUint16(this.#vtable + 2, true);
    if (this.#vtableBytes < 4 || this.#tableBytes < 4)
      throw new FlatbufferFault(
        this.#vtable,
        `expected a vtable of 4 bytes or more, got ${Math.min(this.#vtableBytes, this.#tableBytes)}`,
      );
    need(view, this.#vtable, this.#vtableBytes, "a vtable");
    need(view, at, this.#tableBytes, "a table");
  }

  /** An int8 field; 0 if the table lacks it. */
  int8(slot: number): number {
    const at = this.#field(slot, 1);
    return at === 0 ? 0 : this.#view.getInt8(at);
  }

  /** An int16 field; 0 if the table lacks it. */
  int16(slot: number): number {
    const at = this.#field(slot, 2);
    return at === 0 ? 0 : this.#view.getInt16(at, true);
  }

  /** An int32 field. */
  int32(slot: number, missing: number): number {
    const at = this.#field(slot, 4);
    return at === 0 ? missing : this.#view.getInt32(at, true);
  }

  /** An int64 field, rounded to a double. */
  int64(slot: number, missing: number): number {
    const at = this.#field(slot, 8);
    return at === 0 ? missing : this.#view.getInt32(at + 4, true) * 2 ** 32 + this.#view.getUint32(at, true);
  }

  /** A float32 field; 0 if the table lacks it, which writers leave out when it is 0. */
  float32(slot: number): number {
    const at = this.#field(slot, 4);
    return at === 0 ? 0 : this.#view.getFloat32(at, true);
  }

  /** A string or vector field: where its elements start and how many they are; none if the field is missing. */
  vector(slot: number, elementBytes: number): { start: number; count: number } {
    const at = this.#field(slot, 4);
    if (at === 0) return { start: 0, count: 0 };
    const start = at + this.#view.getUint32(at, true);
    need(this.#view, start, 4, "a vector");
    const count = this.#view.getUint32(start, true);
    need(this.#view, start + 4, count * elementBytes, `a vector of ${count} elements`);
    return { start: start + 4, count };
  }

  /** The tables of a field that is a vector of them, one by one. */
  *tables(slot: number): Generator<Table> {
    const { start, count } = this.vector(slot, 4);
    for (let i = 0, at = start; i < count; i++, at += 4) {
      yield new Table(this.#view, at + this.#view.getUint32(at, true));
    }
  }

  /** Offset of a field, or 0 if the table lacks it. */
  #field(slot: number, bytes: number): number {
    const entry = 4 + 2 * slot;
    if (entry + 2 > this.#vtableBytes) return 0;
    const offset = this.#view.getUint16(this.#vtable + entry, true);
    if (offset === 0) return 0;
    if (offset < 4 || offset + bytes > this.#tableBytes) {
      throw new FlatbufferFault(
        this.#vtable + entry,
        `expected a field within ${this.#tableBytes} bytes, got offset ${offset}`,
      );
    }
    return this.#table + offset;
  }
}

function need(view: DataView, start: number, bytes: number, what: string): void {
  if (start < 0 || start + bytes > view.byteLength) {
    throw new FlatbufferFault(
      start,
      `expected ${what} within ${view.byteLength} bytes, got bytes ${start} to ${start + bytes}`,
    );
  }
}
