/** What a pickle decodes to: plain values, and records of what Python would have built. */
import { latin1 } from "../core/index.ts";

/** A Python class or function by name, for example `"numpy dtype"`. Never resolved to anything. */
export class PickleGlobal {
  /** Module and name, separated by a blank. */
  readonly name: string;

  /** @param name - module and name, separated by a blank */
  constructor(name: string) {
    this.name = name;
  }
}

/** An object that Python would have built: the callable, its arguments, and what was set on it afterwards. */
export class PickleRecord {
  /** Name of the callable: module and name, separated by a blank. */
  readonly callable: string;
  readonly args: PickleValue[];
  /** Offset of the opcode that built it, for messages. */
  readonly offset: number;
  /** Argument of BUILD: the object's state. */
  state: PickleValue | undefined = undefined;
  /** What was appended to it, if it is a list. */
  readonly items: PickleValue[] = [];
  /** What was set on it by key, if it is a dictionary. */
  readonly entries = new Map<PickleValue, PickleValue>();

  /**
   * @param callable - module and name, separated by a blank
   * @param args - the arguments of the call
   * @param offset - offset of the opcode
   */
  constructor(callable: string, args: PickleValue[], offset: number) {
    this.callable = callable;
    this.args = args;
    this.offset = offset;
  }
}

/** A reference to something outside the pickle, such as a storage of PyTorch. */
export class PersistentId {
  readonly id: PickleValue;
  /** Offset of the opcode, for messages. */
  readonly offset: number;

  /**
   * @param id - what the pickle gives to find it
   * @param offset - offset of the opcode
   */
  constructor(id: PickleValue, offset: number) {
    this.id = id;
    this.offset = offset;
  }
}

/** A `str` of Python 2: bytes that may be text. As a key of a dictionary it is decoded at once, as ISO 8859-1. */
export class ByteString {
  readonly bytes: Uint8Array;
  #text: string | undefined;

  /** @param bytes - the raw bytes */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** The bytes as ISO 8859-1 text. */
  get text(): string {
    return (this.#text ??= latin1(this.bytes));
  }
}

/** A decoded value. Tuples are arrays, dictionaries maps; integers are numbers below 2^53 and bigints above. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | ByteString
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | Set<PickleValue>
  | PickleGlobal
  | PickleRecord
  | PersistentId;
