import fc from "fast-check";
import { expect, suite, test } from "vitest";
import { FormatError } from "../../src/core/index.ts";
import {
  isSparseMatrix,
  numpyAllowList,
  PickleRecord,
  readNumpyPickle,
  toDense,
  unpickle,
} from "../../src/io/index.ts";
import { expectMutationsHarmless, expectTruncationsRefused, fixture } from "./corpus.ts";

const ascii = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
const none = new Set<string>();

/** What every protocol's file holds, as make.py built it. */
const COMMON: [string, unknown][] = [
  ["none", null],
  ["truths", [true, false]],
  ["integers", [0, 255, 65535, -1, 2 ** 31 - 1, -(2 ** 31), 2 ** 53 - 1, -(2n ** 63n), 2n ** 80n]],
  ["floats", [1.5, -0.1, Infinity, 1e-300]],
  ["text", "naïve"],
  ["members", new Set([1])],
  ["f8", { shape: [2, 3], data: new Float64Array([0, 0.25, 0.5, 0.75, 1, 1.25]) }],
  ["f4", { shape: [2], data: new Float32Array([0.5, -2]) }],
  ["f2", { shape: [2], data: new Float32Array([0.5, 65504]) }],
  ["i8", { shape: [2], data: new Float64Array([-(2 ** 53) + 1, 7]) }],
  ["i2", { shape: [2], data: new Int16Array([-3, 3]) }],
  ["u4", { shape: [1], data: new Uint32Array([2 ** 32 - 1]) }],
  ["u1", { shape: [2, 1], data: new Uint8Array([1, 255]) }],
  ["b1", { shape: [2], data: new Uint8Array([1, 0]) }],
  ["big", { shape: [2], data: new Int32Array([1, 2]) }],
  ["fortran", { shape: [2, 3, 4], data: Int32Array.from({ length: 24 }, (_, i) => i) }],
  ["names", { shape: [2], data: ["ab", "ç"] }],
  ["scalar", 2.5],
  ["empty", { shape: [0, 3], data: new Float32Array(0) }],
];

suite("pickles of NumPy values", () => {
  test.for([0, 1, 2, 3, 4, 5])("protocol %i of Python 3 is read", (protocol) => {
    const values = readNumpyPickle(fixture(`values_p${protocol}.pkl`)) as Map<string, unknown>;
    for (const [name, value] of COMMON) expect(values.get(name), name).toEqual(value);
    expect(values.get("nested")).toEqual(
      new Map<unknown, unknown>([
        ["a", [new Map([["b", []]])]],
        [3, "three"],
      ]),
    );
    expect(values.get("objects")).toEqual({ shape: [2], items: ["x", null] });
    expect([...(values.get("raw") as Uint8Array)]).toEqual([0, 128, 255]);
    expect([...(values.get("mutable") as Uint8Array)]).toEqual([1]);
    expect(values.get("gone")).toHaveLength(0);
  });

  test.for([0, 1, 2])("protocol %i of Python 2 is read, its strings as text", (protocol) => {
    const values = readNumpyPickle(fixture(`values_python2_p${protocol}.pkl`)) as Map<string, unknown>;
    for (const [name, value] of COMMON) expect(values.get(name), name).toEqual(value);
  });

  test.for([0, 2])("sparse matrices and chumpy variables of protocol %i become arrays", (protocol) => {
    const body = readNumpyPickle(fixture(`body_python2_p${protocol}.pkl`)) as Map<string, unknown>;
    const template = Float64Array.from({ length: 18 }, (_, i) => i / 8);
    expect(body.get("v_template")).toEqual({ shape: [6, 3], data: template });
    const shapes = Float64Array.from({ length: 216 }, (_, i) => i / 16);
    expect(body.get("shapedirs")).toEqual({ shape: [6, 3, 12], data: shapes });
    const regressor = body.get("J_regressor");
    expect(isSparseMatrix(regressor)).toBe(true);
    if (isSparseMatrix(regressor)) {
      expect([...toDense(regressor, [3, 6])]).toEqual([
        0.5, 0.5, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0.25, 0, 0.25, 0.5,
      ]);
      expect(() => toDense(regressor, [6, 3])).toThrow(FormatError);
    }
  });

  test("a global that is not allowed is refused by name and offset", () => {
    expect(() => readNumpyPickle(fixture("attack.pkl"), { file: "attack.pkl" })).toThrow(
      'attack.pkl: pickle at byte 2: expected one of the allowed globals, got "posix system"',
    );
  });

  test("a global that the caller allows becomes a record and is not called", () => {
    expect(readNumpyPickle(fixture("attack.pkl"), { allow: ["posix system"] })).toEqual({
      callable: "posix system",
      args: ["echo pwned"],
      state: null,
    });
  });

  test("every truncation is a FormatError", () => {
    for (const name of ["values_p0.pkl", "values_p2.pkl", "values_p5.pkl", "values_python2_p0.pkl"]) {
      expectTruncationsRefused(fixture(name), readNumpyPickle);
    }
  });

  test("mutations do no harm", () => {
    for (const name of ["values_p0.pkl", "values_p2.pkl", "values_p5.pkl", "values_python2_p1.pkl"]) {
      expectMutationsHarmless(fixture(name), readNumpyPickle);
    }
  });
});

suite("the pickle machine", () => {
  test("random bytes are a value or a FormatError", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          unpickle(new Uint8Array([...bytes, 0x2e]), { allow: numpyAllowList, persistentIds: true });
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { numRuns: 3000 },
    );
  });

  test.each<[string, string, RegExp]>([
    ["an empty stack", ".", /value on the stack/],
    ["a mark that is not there", "t.", /expected a mark/],
    ["a memo that was not set", "h\x07.", /memo 7/],
    ["an opcode that is none", "\xff.", /opcode, got 0xff/],
    ["an extension code", "\x82\x01.", /opcode, got 0x82/],
    ["a protocol to come", "\x80\x06.", /protocol 0 to 5/],
    ["a frame beyond the end", "\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\xff.", /expected a frame/],
    ["text beyond the end", "X\xff\xff\xff\x7f.", /expected 2147483647 bytes/],
    ["text that is no UTF-8", "X\x01\0\0\0\xff.", /UTF-8/],
    ["bytes beyond the end", "\x8e\xff\xff\xff\xff\xff\xff\xff\xff.", /expected \d+ bytes/],
    ["an integer of a megabyte", "\x8b\0\0\x10\0.", /at most 128 bytes/],
    ["an integer that is none", "I1e5\n.", /expected an integer/],
    ["a number that is none", "F1.2.3\n.", /expected a number/],
    ["a string without quotes", "Sabc\n.", /quoted string/],
    ["a call of a value", "K\x01)R.", /call of a global/],
    ["a state set on a value", "K\x01K\x02b.", /set the state/],
    ["a key without a value", "}(K\x01u.", /pairs/],
    ["items set on a number", "K\x01(K\x01K\x02u.", /dictionary/],
    ["an append to a number", "K\x01K\x02a.", /expected a list/],
    ["a reference outside", "K\x01Q.", /reference outside/],
    ["a global whose name is no text", "K\x01K\x02\x93.", /expected text/],
    ["a global of the prototype", "cconstructor\nname\n.", /allowed globals/],
  ])("%s is refused", (_, text, message) => {
    expect(() => unpickle(ascii(text), { allow: none })).toThrow(FormatError);
    expect(() => unpickle(ascii(text), { allow: none })).toThrow(message);
  });

  test("old-style instances become records", () => {
    const allow = new Set(["a B"]);
    for (const text of [
      "(K\x07ia\nB\n.",
      "(ca\nB\nK\x07o.",
      "ca\nB\nK\x07\x85\x81.",
      "ca\nB\nK\x07\x85}\x92.",
    ]) {
      const { value } = unpickle(ascii(text), { allow });
      expect(value).toBeInstanceOf(PickleRecord);
      expect((value as PickleRecord).callable).toBe("a B");
      expect((value as PickleRecord).args).toEqual([7]);
    }
  });

  test("the end is where the next pickle begins", () => {
    const bytes = ascii("K\x01.K\x02.");
    const { value, end } = unpickle(bytes, { allow: none });
    expect([value, end]).toEqual([1, 3]);
    expect(unpickle(bytes, { allow: none, offset: end }).value).toBe(2);
  });

  test("a list that contains itself is read, an object that does is refused", () => {
    const list = readNumpyPickle(ascii("]q\0h\0a.")) as unknown[];
    expect(list[0]).toBe(list);
    expect(() => readNumpyPickle(ascii("cargparse\nNamespace\n)\x81q\0}X\x01\0\0\0ah\0sb."))).toThrow(
      /cycle/,
    );
  });

  test("nesting has a bound", () => {
    expect(() => readNumpyPickle(ascii(`${"]".repeat(100_000)}${"a".repeat(99_999)}.`))).toThrow(
      /levels of nesting/,
    );
  });

  test("arrays that share their bytes have a bound", () => {
    const raw = fixture("values_p2.pkl");
    expect(() => readNumpyPickle(raw, { maxBytes: 100 })).toThrow(/at most 100 bytes of copies/);
    const set = "c__builtin__\nset\nh\0\x85R0";
    const list = `(${"K\x01".repeat(1000)}lq\x00`;
    expect(() =>
      readNumpyPickle(ascii(`${list}(${`c__builtin__\nset\nh\0\x85R`.repeat(100)}t.`), { maxBytes: 1e6 }),
    ).toThrow(/at most 1000000 bytes/);
    expect(() => readNumpyPickle(ascii(`${list}${set}.`), { maxBytes: 1e6 })).not.toThrow();
  });

  test("doubling a list over and over costs no memory", () => {
    const double = "(h\0h\0lq\0";
    expect(() => readNumpyPickle(ascii(`]q\0${double.repeat(300)}.`))).not.toThrow();
  });
});
