/**
 * A safe reader of Python pickles, protocols 0 to 5. Nothing is executed: a call becomes a {@link PickleRecord}, and only
 * of callables that the caller allows by name. Opcodes as CPython's Lib/pickletools.py documents them.
 */
import { fromLatin1, latin1 } from "../core/index.ts";
import { ByteReader } from "./byte-reader.ts";
import { ByteString, PersistentId, PickleGlobal, PickleRecord, type PickleValue } from "./pickle-values.ts";

/** How a pickle is read. */
export type UnpickleOptions = {
  /** Globals that may occur, each as module and name separated by a blank, for example `"numpy ndarray"`. */
  readonly allow: ReadonlySet<string>;
  /** Whether references to things outside the pickle may occur; false by default. */
  readonly persistentIds?: boolean;
  /** Name of the file, for messages. */
  readonly file?: string | undefined;
  /** Where the pickle begins, 0 by default. */
  readonly offset?: number;
};

/** A pickle's value, the references to things outside it, and the offset of the first byte after it. */
export type Unpickled = {
  readonly value: PickleValue;
  readonly references: readonly PersistentId[];
  readonly end: number;
};

/**
 * Reads one pickle.
 *
 * @throws FormatError if the pickle is damaged, names a global that is not allowed, or uses an extension code
 */
export function unpickle(bytes: Uint8Array, options: UnpickleOptions): Unpickled {
  const { file, offset = 0 } = options;
  const reader = new ByteReader(bytes, "pickle", { file, offset });
  const machine = new Machine(reader, options);
  for (;;) {
    machine.offset = reader.offset;
    const opcode = reader.u8();
    if (opcode === STOP) {
      return { value: machine.pop(), references: machine.references, end: reader.offset };
    }
    const step = STEPS[opcode];
    if (step === undefined) machine.fail(`expected an opcode, got 0x${opcode.toString(16).padStart(2, "0")}`);
    else step(machine);
  }
}

/** Callables that rebuild an object of a class given as first argument; the record is then of that class. */
const RECONSTRUCTORS = new Set(["copy_reg _reconstructor", "copyreg _reconstructor"]);
/** What those name as the base class. */
const BASES = new Set(["__builtin__ object", "builtins object"]);
/** Bytes of the longest integer that is read; a longer one costs quadratic time to no purpose. */
const MAX_INTEGER_BYTES = 128;
const STOP = 0x2e;

/** The stack machine that pickles are programs of. Its memory is linear in the length of the pickle. */
class Machine {
  /** Offset of the current opcode. */
  offset = 0;
  readonly reader: ByteReader;
  readonly memo = new Map<number, PickleValue>();
  readonly persistentIds: boolean;
  readonly references: PersistentId[] = [];
  readonly #allow: ReadonlySet<string>;
  readonly #outer: PickleValue[][] = [];
  #stack: PickleValue[] = [];

  constructor(reader: ByteReader, { allow, persistentIds = false }: UnpickleOptions) {
    this.reader = reader;
    this.persistentIds = persistentIds;
    this.#allow = allow;
  }

  fail(what: string): never {
    return this.reader.fail(what, this.offset);
  }

  push(value: PickleValue): void {
    this.#stack.push(value);
  }

  pop(): PickleValue {
    const value = this.#stack.pop();
    return value === undefined ? this.fail("expected a value on the stack, got none") : value;
  }

  top(): PickleValue {
    const value = this.#stack.at(-1);
    return value === undefined ? this.fail("expected a value on the stack, got none") : value;
  }

  /** The last `count` values. */
  popMany(count: number): PickleValue[] {
    if (count > this.#stack.length)
      this.fail(`expected ${count} values on the stack, got ${this.#stack.length}`);
    return this.#stack.splice(this.#stack.length - count, count);
  }

  mark(): void {
    this.#outer.push(this.#stack);
    this.#stack = [];
  }

  /** The values since the last mark. */
  popMark(): PickleValue[] {
    const values = this.#stack;
    this.#stack = this.#outer.pop() ?? this.fail("expected a mark on the stack, got none");
    return values;
  }

  /** POP takes a mark off too where nothing lies above it. */
  discard(): void {
    if (this.#stack.length === 0) this.popMark();
    else this.#stack.pop();
  }

  remember(index: number): void {
    this.memo.set(index, this.top());
  }

  recall(index: number): void {
    const value = this.memo.get(index);
    this.push(value === undefined ? this.fail(`expected memo ${index} to be set, got none`) : value);
  }

  /** A global that is allowed. */
  global(module: string, name: string): PickleGlobal {
    const full = `${module} ${name}`;
    if (!this.#allow.has(full) && !RECONSTRUCTORS.has(full) && !BASES.has(full)) {
      this.fail(`expected one of the allowed globals, got ${JSON.stringify(full.slice(0, 200))}`);
    }
    return new PickleGlobal(full);
  }

  /** The record of a call. */
  call(callable: PickleValue, args: PickleValue): PickleRecord {
    if (!(callable instanceof PickleGlobal)) this.fail("expected a call of a global, got a call of a value");
    if (!Array.isArray(args)) this.fail("expected arguments as a tuple, got another value");
    if (RECONSTRUCTORS.has(callable.name)) {
      const [type] = args;
      if (!(type instanceof PickleGlobal)) this.fail("expected a class to reconstruct, got another value");
      return new PickleRecord(type.name, [], this.offset);
    }
    return new PickleRecord(callable.name, args, this.offset);
  }

  /** The top of the stack as a dictionary to be filled. */
  dictionary(): Map<PickleValue, PickleValue> {
    const target = this.top();
    if (target instanceof Map) return target;
    return target instanceof PickleRecord
      ? target.entries
      : this.fail("expected a dictionary, got another value");
  }

  /** Sets alternating keys and values. */
  setItems(target: Map<PickleValue, PickleValue>, pairs: readonly PickleValue[]): void {
    if (pairs.length % 2 !== 0) this.fail(`expected keys and values in pairs, got ${pairs.length}`);
    for (let i = 0; i < pairs.length; i += 2) {
      const key = pairs[i]!;
      target.set(key instanceof ByteString ? key.text : key, pairs[i + 1]!);
    }
  }

  /** Appends to the list on top of the stack. */
  append(values: readonly PickleValue[]): void {
    const target = this.top();
    const list = target instanceof PickleRecord ? target.items : target;
    if (!Array.isArray(list)) this.fail("expected a list, got another value");
    for (const value of values) list.push(value);
  }

  /** The last value as text. */
  popText(): string {
    const value = this.pop();
    return typeof value === "string" ? value : this.fail("expected text, got another value");
  }

  utf8(bytes: Uint8Array): string {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      return this.fail("expected UTF-8 text, got other bytes");
    }
  }
}

/** What each opcode does, by its code; STOP apart. */
const STEPS: Readonly<Record<number, (machine: Machine) => void>> = {
  // Frames and protocol.
  0x80: (m) => {
    const protocol = m.reader.u8();
    if (protocol > 5) m.fail(`expected protocol 0 to 5, got ${protocol}`);
  },
  0x95: (m) => {
    const length = m.reader.u64();
    if (length > m.reader.remaining) m.fail(`expected a frame of ${length} bytes, got ${m.reader.remaining}`);
  },

  // The stack and the memo.
  0x28: (m) => m.mark(), // MARK
  0x30: (m) => m.discard(), // POP
  0x31: (m) => void m.popMark(), // POP_MARK
  0x32: (m) => m.push(m.top()), // DUP
  0x67: (m) => m.recall(Number(decimal(m))), // GET
  0x68: (m) => m.recall(m.reader.u8()), // BINGET
  0x6a: (m) => m.recall(m.reader.u32()), // LONG_BINGET
  0x70: (m) => m.remember(Number(decimal(m))), // PUT
  0x71: (m) => m.remember(m.reader.u8()), // BINPUT
  0x72: (m) => m.remember(m.reader.u32()), // LONG_BINPUT
  0x94: (m) => m.remember(m.memo.size), // MEMOIZE

  // Constants and numbers.
  0x4e: (m) => m.push(null), // NONE
  0x88: (m) => m.push(true), // NEWTRUE
  0x89: (m) => m.push(false), // NEWFALSE
  0x49: (m) => m.push(decimal(m, true)), // INT
  0x4c: (m) => m.push(decimal(m)), // LONG
  0x46: (m) => m.push(float(m)), // FLOAT
  0x4a: (m) => m.push(m.reader.i32()), // BININT
  0x4b: (m) => m.push(m.reader.u8()), // BININT1
  0x4d: (m) => m.push(m.reader.u16()), // BININT2
  0x8a: (m) => m.push(long(m, m.reader.u8())), // LONG1
  0x8b: (m) => m.push(long(m, m.reader.u32())), // LONG4
  0x47: (m) => m.push(m.reader.f64BigEndian()), // BINFLOAT

  // Text and bytes.
  0x53: (m) => m.push(quoted(m)), // STRING
  0x54: (m) => m.push(new ByteString(m.reader.take(m.reader.u32()))), // BINSTRING
  0x55: (m) => m.push(new ByteString(m.reader.take(m.reader.u8()))), // SHORT_BINSTRING
  0x56: (m) => m.push(rawUnicode(m)), // UNICODE
  0x58: (m) => m.push(m.utf8(m.reader.take(m.reader.u32()))), // BINUNICODE
  0x8c: (m) => m.push(m.utf8(m.reader.take(m.reader.u8()))), // SHORT_BINUNICODE
  0x8d: (m) => m.push(m.utf8(m.reader.take(m.reader.u64()))), // BINUNICODE8
  0x42: (m) => m.push(m.reader.take(m.reader.u32())), // BINBYTES
  0x43: (m) => m.push(m.reader.take(m.reader.u8())), // SHORT_BINBYTES
  0x8e: (m) => m.push(m.reader.take(m.reader.u64())), // BINBYTES8
  0x96: (m) => m.push(m.reader.take(m.reader.u64())), // BYTEARRAY8

  // Containers.
  0x29: (m) => m.push([]), // EMPTY_TUPLE
  0x5d: (m) => m.push([]), // EMPTY_LIST
  0x7d: (m) => m.push(new Map()), // EMPTY_DICT
  0x8f: (m) => m.push(new Set()), // EMPTY_SET
  0x85: (m) => m.push(m.popMany(1)), // TUPLE1
  0x86: (m) => m.push(m.popMany(2)), // TUPLE2
  0x87: (m) => m.push(m.popMany(3)), // TUPLE3
  0x74: (m) => m.push(m.popMark()), // TUPLE
  0x6c: (m) => m.push(m.popMark()), // LIST
  0x61: (m) => m.append([m.pop()]), // APPEND
  0x65: (m) => m.append(m.popMark()), // APPENDS
  // DICT
  0x64: (m) => {
    const map = new Map<PickleValue, PickleValue>();
    m.setItems(map, m.popMark());
    m.push(map);
  },
  // SETITEM
  0x73: (m) => {
    const pair = m.popMany(2);
    m.setItems(m.dictionary(), pair);
  },
  // SETITEMS
  0x75: (m) => {
    const pairs = m.popMark();
    m.setItems(m.dictionary(), pairs);
  },
  // ADDITEMS
  0x90: (m) => {
    const values = m.popMark();
    const set = m.top();
    if (!(set instanceof Set)) return m.fail("expected a set, got another value");
    for (const value of values) set.add(value);
  },
  0x91: (m) => m.push(new Set(m.popMark())), // FROZENSET

  // Globals, calls and objects, all of them kept as records.
  0x63: (m) => m.push(m.global(m.utf8(m.reader.line()), m.utf8(m.reader.line()))), // GLOBAL
  // STACK_GLOBAL
  0x93: (m) => {
    const name = m.popText();
    m.push(m.global(m.popText(), name));
  },
  // REDUCE, NEWOBJ
  0x52: call,
  0x81: call,
  // NEWOBJ_EX: keyword arguments are dropped, as no class that is read here takes any
  0x92: (m) => {
    m.pop();
    call(m);
  },
  // INST
  0x69: (m) => {
    const type = m.global(m.utf8(m.reader.line()), m.utf8(m.reader.line()));
    m.push(m.call(type, m.popMark()));
  },
  // OBJ
  0x6f: (m) => {
    const [type, ...args] = m.popMark();
    m.push(m.call(type === undefined ? null : type, args));
  },
  // BUILD
  0x62: (m) => {
    const state = m.pop();
    const target = m.top();
    if (!(target instanceof PickleRecord))
      return m.fail("expected an object to set the state of, got a value");
    target.state = state;
  },
  0x50: (m) => m.push(persistent(m, m.utf8(m.reader.line()))), // PERSID
  0x51: (m) => m.push(persistent(m, m.pop())), // BINPERSID
};

function call(m: Machine): void {
  const args = m.pop();
  m.push(m.call(m.pop(), args));
}

function persistent(m: Machine, id: PickleValue): PersistentId {
  if (!m.persistentIds) m.fail("expected no reference outside the pickle, got one");
  const reference = new PersistentId(id, m.offset);
  m.references.push(reference);
  return reference;
}

/** An integer in decimal digits on a line; `I01` and `I00` are the truth values of protocol 0. */
function decimal(m: Machine, truth = false): number | bigint | boolean {
  const text = latin1(m.reader.line());
  if (truth && (text === "00" || text === "01")) return text === "01";
  const [, digits] = /^([-+]?\d{1,300})L?$/.exec(text) ?? m.fail(`expected an integer, got ${show(text)}`);
  return narrow(BigInt(digits!.replace("+", "")));
}

function float(m: Machine): number {
  const text = latin1(m.reader.line());
  const named: Record<string, number> = { nan: NaN, inf: Infinity, "-inf": -Infinity };
  if (Object.hasOwn(named, text)) return named[text]!;
  if (!/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text)) m.fail(`expected a number, got ${show(text)}`);
  return Number(text);
}

/** A little-endian two's complement integer of any length. */
function long(m: Machine, length: number): number | bigint {
  if (length > MAX_INTEGER_BYTES)
    m.fail(`expected an integer of at most ${MAX_INTEGER_BYTES} bytes, got ${length}`);
  let value = 0n;
  for (const byte of m.reader.take(length).toReversed()) value = (value << 8n) | BigInt(byte);
  return narrow(BigInt.asIntN(8 * length, value));
}

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** A Python 2 string literal in quotes, as `repr` writes it. */
function quoted(m: Machine): ByteString {
  const text = latin1(m.reader.line()).trimEnd();
  const quote = text[0];
  if (text.length < 2 || text.at(-1) !== quote || (quote !== "'" && quote !== '"')) {
    m.fail(`expected a quoted string, got ${show(text)}`);
  }
  const plain = text.slice(1, -1).replace(/\\(x[0-9a-fA-F]{2}|[0-7]{1,3}|.)/gs, (_, code: string) => {
    if (/^x./.test(code)) return String.fromCharCode(parseInt(code.slice(1), 16));
    if (/^[0-7]/.test(code)) return String.fromCharCode(parseInt(code, 8) & 0xff);
    return ESCAPES[code] ?? code;
  });
  return new ByteString(fromLatin1(plain)!);
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  a: "\x07",
  b: "\b",
  f: "\f",
  v: "\v",
};

/** Text in Python's raw-unicode-escape encoding. */
function rawUnicode(m: Machine): string {
  return latin1(m.reader.line()).replace(/\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g, (_, short, long) => {
    const code = parseInt((short ?? long) as string, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : m.fail(`expected a code point, got ${code}`);
  });
}

/** Text from the file for a message, cut short. */
function show(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}
