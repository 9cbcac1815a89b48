/**
 * Reading flatbuffers that nobody vouches for (flatbuffers.dev, "FlatBuffer Internals"): every offset is checked before
 * it is followed. Only what AEDAT 4.0 needs: one table, scalars, one string or vector of structs.
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

/** The root table of a size-prefixed flatbuffer. */
export class RootTable {
  readonly #view: DataView;
  readonly #table: number;
  readonly #tableBytes: number;
  readonly #vtable: number;
  readonly #vtableBytes: number;

  /**
   * @param bytes - the buffer, with its 4 bytes of size in front
   * @param identifier - the file identifier, 4 characters
   * @throws FlatbufferFault
   */
  constructor(bytes: Uint8Array, identifier: string) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#need(0, 12, "a flatbuffer header");
    const size = this.#view.getUint32(0, true);
    if (size !== bytes.length - 4)
      throw new FlatbufferFault(0, `expected a flatbuffer of ${bytes.length - 4} bytes, got ${size}`);
    const found = String.fromCharCode(...bytes.subarray(8, 12));
    if (found !== identifier) {
      throw new FlatbufferFault(8, `expected the identifier ${identifier}, got ${JSON.stringify(found)}`);
    }
    this.#table = 4 + this.#view.getUint32(4, true);
    this.#need(this.#table, 4, "the root table");
    this.#vtable = this.#table - this.#view.getInt32(this.#table, true);
    this.#need(this.#vtable, 4, "a vtable");
    this.#vtableBytes = this.#view.getUint16(this.#vtable, true);
    this.#tableBytes = this.#view.getUint16(this.#vtable + 2, true);
    if (this.#vtableBytes < 4 || this.#tableBytes < 4)
      throw new FlatbufferFault(
        this.#vtable,
        `expected a vtable of 4 bytes or more, got ${Math.min(this.#vtableBytes, this.#tableBytes)}`,
      );
    this.#need(this.#vtable, this.#vtableBytes, "a vtable");
    this.#need(this.#table, this.#tableBytes, "the root table");
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

  /** A string or vector field: where its elements start and how many they are; none if the field is missing. */
  vector(slot: number, elementBytes: number): { start: number; count: number } {
    const at = this.#field(slot, 4);
    if (at === 0) return { start: 0, count: 0 };
    const start = at + this.#view.getUint32(at, true);
    this.#need(start, 4, "a vector");
    const count = this.#view.getUint32(start, true);
    this.#need(start + 4, count * elementBytes, `a vector of ${count} elements`);
    return { start: start + 4, count };
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

  #need(start: number, bytes: number, what: string): void {
    if (start < 0 || start + bytes > this.#view.byteLength) {
      throw new FlatbufferFault(
        start,
        `expected ${what} within ${this.#view.byteLength} bytes, got bytes ${start} to ${start + bytes}`,
      );
    }
  }
}
