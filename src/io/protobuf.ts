/** Messages of protocol buffers, as they are written. */
import protobuf from "protobufjs/minimal.js";

const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const FIXED32 = 5;

/** Writes the fields of a message in the order of the calls; each gives the message back. */
export class Message {
  readonly #writer = new protobuf.Writer();

  /** A whole number within ±2^53, as int64 or an enum. */
  integer(field: number, value: number): this {
    this.#key(field, VARINT).int64(value);
    return this;
  }

  /** A number rounded to float32. */
  float(field: number, value: number): this {
    this.#key(field, FIXED32).float(value);
    return this;
  }

  /** A float64. */
  double(field: number, value: number): this {
    this.#key(field, FIXED64).double(value);
    return this;
  }

  /** Text in UTF-8. */
  text(field: number, value: string): this {
    this.#key(field, DELIMITED).string(value);
    return this;
  }

  /** Raw bytes. */
  bytes(field: number, value: Uint8Array): this {
    this.#key(field, DELIMITED).bytes(value);
    return this;
  }

  /** A message within this one; `write` is given it to fill. */
  message(field: number, write: (inner: Message) => void): this {
    this.#key(field, DELIMITED).fork();
    // One writer holds all levels: what is written now goes inside.
    write(this);
    this.#writer.ldelim();
    return this;
  }

  /** The bytes; nothing can be added after. */
  finish(): Uint8Array {
    return this.#writer.finish();
  }

  #key(field: number, wireType: number): protobuf.Writer {
    return this.#writer.uint32((field << 3) | wireType);
  }
}
