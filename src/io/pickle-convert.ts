/** From the records of a pickle to plain values, by one rule for each callable. */
import { FormatError, fromLatin1 } from "../core/index.ts";
import {
  ByteString,
  PersistentId,
  PickleGlobal,
  type PickleRecord,
  type PickleValue,
} from "./pickle-values.ts";

/** Makes the plain value of a record; `converter` converts what the record holds. */
export type PickleRule = (record: PickleRecord, converter: PickleConverter) => unknown;

/** Rules by callable: module and name, separated by a blank. */
export type PickleRules = Readonly<Record<string, PickleRule>>;

/** How records become plain values. */
export type ConvertOptions = {
  readonly rules: PickleRules;
  /** Gives what a reference stands for; without it, references are refused. */
  readonly resolve?: (reference: PersistentId, converter: PickleConverter) => unknown;
  /** Bound of what values that are not views may take together, 2 GiB by default. */
  readonly maxBytes?: number | undefined;
  /** Name of the file, for messages. */
  readonly file?: string | undefined;
};

const MAX_AXES = 64;
const MAX_DEPTH = 400;
const UNDER_WAY = Symbol("under way");

/**
 * Converts pickle values. Dictionaries stay maps and tuples arrays; Python 2 strings become text; a record without a rule
 * becomes `{ callable, args, state }`, a global `{ callable }`. What occurs twice is converted once.
 */
export class PickleConverter {
  readonly #rules: PickleRules;
  readonly #resolve: ConvertOptions["resolve"];
  readonly #file: string | undefined;
  readonly #done = new Map<object, unknown>();
  readonly #maxBytes: number;
  #spent = 0;
  #depth = 0;
  #offset = 0;

  /** @param options - the rules, and what references stand for */
  constructor({ rules, resolve, maxBytes = 2 ** 31, file }: ConvertOptions) {
    this.#maxBytes = maxBytes;
    this.#rules = rules;
    this.#resolve = resolve;
    this.#file = file;
  }

  /** Throws a FormatError at the innermost record that is being converted. */
  fail(what: string): never {
    throw new FormatError("pickle", this.#offset, what, this.#file);
  }

  /**
   * Counts bytes that a value takes beside the file's own. Many records may share one argument, so that without a bound
   * a small file could ask for any amount of memory.
   */
  spend(bytes: number): void {
    this.#spent += bytes;
    if (this.#spent > this.#maxBytes)
      this.fail(`expected at most ${this.#maxBytes} bytes of copies, got more`);
  }

  /** The plain value of a pickle value. */
  convert(value: PickleValue): unknown {
    if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
    if (value instanceof ByteString) return value.text;
    const known = this.#done.get(value);
    if (known === UNDER_WAY) this.fail("expected an object that does not contain itself, got a cycle");
    if (known !== undefined) return known;
    if (this.#depth >= MAX_DEPTH) this.fail(`expected at most ${MAX_DEPTH} levels of nesting, got more`);
    this.#depth++;
    const plain = this.#convertObject(value);
    this.#depth--;
    this.#done.set(value, plain);
    return plain;
  }

  /** A value as text. */
  text(value: PickleValue | undefined): string {
    const plain = value === undefined ? undefined : this.convert(value);
    return typeof plain === "string" ? plain : this.fail("expected text, got another value");
  }

  /** A value as raw bytes: Python 3 bytes, or a Python 2 string. */
  bytes(value: PickleValue | undefined): Uint8Array {
    if (value instanceof ByteString) return value.bytes;
    const plain = value === undefined ? undefined : this.convert(value);
    return plain instanceof Uint8Array ? plain : this.fail("expected bytes, got another value");
  }

  /** A tuple or list of at most 64 non-negative integers below 2^53: a shape or the like. */
  integers(value: PickleValue | undefined): number[] {
    const valid = (x: PickleValue): x is number => typeof x === "number" && Number.isSafeInteger(x) && x >= 0;
    return Array.isArray(value) && value.length <= MAX_AXES && value.every(valid)
      ? value
      : this.fail(`expected a tuple of at most ${MAX_AXES} non-negative integers, got another value`);
  }

  /** An object's state by attribute name. */
  attributes(record: PickleRecord): Map<PickleValue, PickleValue> {
    const { state } = record;
    if (state instanceof Map) return state;
    // With __slots__ the state is a pair of dictionaries.
    return Array.isArray(state) && state[0] instanceof Map
      ? state[0]
      : this.fail(`expected ${record.callable} to have a dictionary as its state, got another value`);
  }

  #convertObject(value: Exclude<PickleValue & object, Uint8Array | ByteString>): unknown {
    if (Array.isArray(value)) {
      const list: unknown[] = [];
      this.#done.set(value, list);
      for (const item of value) list.push(this.convert(item));
      return list;
    }
    if (value instanceof Map) {
      const map = new Map<unknown, unknown>();
      this.#done.set(value, map);
      for (const [key, item] of value) map.set(this.convert(key), this.convert(item));
      return map;
    }
    if (value instanceof Set) return new Set([...value].map((item) => this.convert(item)));
    if (value instanceof PickleGlobal) return { callable: value.name };
    this.#done.set(value, UNDER_WAY);
    const outer = this.#offset;
    this.#offset = value.offset;
    const plain = value instanceof PersistentId ? this.#refer(value) : this.#build(value);
    this.#offset = outer;
    return plain;
  }

  #refer(reference: PersistentId): unknown {
    return this.#resolve === undefined
      ? this.fail("expected no reference outside the pickle, got one")
      : this.#resolve(reference, this);
  }

  #build(record: PickleRecord): unknown {
    const { callable, args, state = null } = record;
    const rule = Object.hasOwn(this.#rules, callable) ? this.#rules[callable] : undefined;
    if (rule !== undefined) return rule(record, this);
    return { callable, args: this.convert(args), state: this.convert(state) };
  }
}

/** What one entry of a set or map is reckoned to take. */
const ENTRY_BYTES = 32;

/** Rules for the classes of Python's own library that data files hold. */
export const PYTHON_RULES: PickleRules = {
  "_codecs encode": encodeLatin1,
  "collections OrderedDict": orderedDict,
  "argparse Namespace": (record, converter) => converter.convert(converter.attributes(record)),
  ...bothNames("set", toSet),
  ...bothNames("frozenset", toSet),
  ...bothNames("bytes", toBytes),
  ...bothNames("bytearray", toBytes),
};

/** A rule under the names that Python 2 and Python 3 give the module of built-in classes. */
function bothNames(name: string, rule: PickleRule): PickleRules {
  return { [`__builtin__ ${name}`]: rule, [`builtins ${name}`]: rule };
}

/** `_codecs.encode(text, "latin1")`: how Python 3 writes bytes for protocols below 3. */
function encodeLatin1({ args }: PickleRecord, converter: PickleConverter): Uint8Array {
  return bytesOf(converter.text(args[0]), converter);
}

function bytesOf(text: string, converter: PickleConverter): Uint8Array {
  converter.spend(text.length);
  return fromLatin1(text) ?? converter.fail("expected characters up to U+00FF, got others");
}

function toBytes({ args }: PickleRecord, converter: PickleConverter): Uint8Array {
  const [value] = args;
  if (value === undefined) return new Uint8Array(0);
  return typeof value === "string" ? bytesOf(value, converter) : converter.bytes(value);
}

function toSet({ args }: PickleRecord, converter: PickleConverter): Set<unknown> {
  const [values = []] = args;
  if (!Array.isArray(values))
    return converter.fail("expected the members of a set as a list, got another value");
  converter.spend(ENTRY_BYTES * values.length);
  return new Set(values.map((value) => converter.convert(value)));
}

function orderedDict({ args, entries }: PickleRecord, converter: PickleConverter): Map<unknown, unknown> {
  const map = new Map<unknown, unknown>();
  // Python 2 gives the pairs as an argument, Python 3 sets them afterwards.
  const pairs = args[0] ?? [];
  if (!Array.isArray(pairs)) return converter.fail("expected pairs as a list, got another value");
  converter.spend(ENTRY_BYTES * pairs.length);
  for (const pair of [...pairs, ...entries]) {
    if (!Array.isArray(pair) || pair.length !== 2) return converter.fail("expected pairs, got another value");
    map.set(converter.convert(pair[0]!), converter.convert(pair[1]!));
  }
  return map;
}
