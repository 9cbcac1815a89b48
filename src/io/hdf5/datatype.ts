/** Datatypes (specification 3.0, IV.A.2.d). */
import type { Cursor } from "./cursor.ts";

/** What an element is. `size` is in bytes. */
export type Datatype =
  | {
      readonly kind: "integer";
      readonly size: number;
      readonly signed: boolean;
      readonly littleEndian: boolean;
    }
  | { readonly kind: "float"; readonly size: 2 | 4 | 8; readonly littleEndian: boolean }
  | { readonly kind: "string"; readonly size: number }
  | { readonly kind: "text"; readonly size: number }
  | { readonly kind: "compound"; readonly size: number; readonly fields: readonly Field[] }
  | { readonly kind: "other"; readonly size: number; readonly name: string };

/** A field of a compound: where it stands within an element. */
export type Field = { readonly name: string; readonly offset: number; readonly type: Datatype };

const MAX_DEPTH = 8;
const MAX_FIELDS = 1000;
const CLASSES = [
  "integers",
  "floats",
  "times",
  "strings",
  "bit fields",
  "opaque values",
  "compounds",
  "references",
  "enumerations",
  "sequences",
  "arrays",
] as const;

/**
 * Reads a datatype. Enumerations and bit fields become their integers; integers with unused bits, floats that are not of
 * IEEE 754 and all else become `other`, which has no values.
 *
 * @throws FormatError if it is broken
 */
export function parseDatatype(cursor: Cursor, depth = 0): Datatype {
  if (depth > MAX_DEPTH) cursor.fail(`expected types nested ${MAX_DEPTH} deep at most, got more`);
  const start = cursor.address;
  const head = cursor.u8();
  const version = head >> 4;
  if (version < 1 || version > 5) cursor.fail(`expected version 1 to 5 of a datatype, got ${version}`, start);
  const bits = cursor.uint(3);
  const size = cursor.u32();
  if (size === 0) cursor.fail("expected a datatype of 1 byte or more, got 0", start);
  const name = CLASSES[head & 15];
  const other = { kind: "other", size, name: name ?? `type ${head & 15}` } as const;
  switch (name) {
    case "integers":
    case "bit fields": {
      const [offset, precision] = [cursor.u16(), cursor.u16()];
      if (offset !== 0 || precision !== 8 * size || size > 8) {
        return { ...other, name: `${name} of ${precision} bits in ${size} bytes` };
      }
      return { kind: "integer", size, signed: (bits & 8) !== 0, littleEndian: (bits & 1) === 0 };
    }
    case "floats":
      return parseFloat(cursor, bits, size) ?? { ...other, name: "floats other than IEEE 754" };
    case "times":
      cursor.skip(2);
      return other;
    case "strings":
      return { kind: "string", size };
    case "opaque values":
      cursor.skip(bits & 0xff);
      return other;
    case "compounds":
      return { kind: "compound", size, fields: parseFields(cursor, version, bits & 0xffff, size, depth) };
    case "references":
      return other;
    case "enumerations": {
      const base = parseDatatype(cursor, depth + 1);
      for (let i = 0; i < (bits & 0xffff); i++) skipName(cursor, version);
      cursor.skip((bits & 0xffff) * base.size);
      return base.kind === "integer" ? base : other;
    }
    case "sequences":
      parseDatatype(cursor, depth + 1);
      return (bits & 15) === 1 ? { kind: "text", size } : other;
    case "arrays": {
      const rank = cursor.u8();
      cursor.skip(version < 3 ? 3 + 8 * rank : 4 * rank);
      parseDatatype(cursor, depth + 1);
      return other;
    }
    default:
      return cursor.fail(`expected a datatype of class 0 to 10, got ${head & 15}`, start);
  }
}

/** Positions of exponent and mantissa of binary16, binary32 and binary64, and their bias. */
const IEEE: Readonly<Record<number, readonly number[]>> = {
  2: [0, 16, 10, 5, 0, 10, 15],
  4: [0, 32, 23, 8, 0, 23, 127],
  8: [0, 64, 52, 11, 0, 52, 1023],
};

function parseFloat(cursor: Cursor, bits: number, size: number): Datatype | undefined {
  const places = [
    cursor.u16(),
    cursor.u16(),
    cursor.u8(),
    cursor.u8(),
    cursor.u8(),
    cursor.u8(),
    cursor.u32(),
  ];
  // Byte order: bits 0 and 6, of which VAX sets both; the sign is in the highest bit.
  const plain = (bits & 0x40) === 0 && ((bits >> 8) & 0xff) === 8 * size - 1;
  if (!plain || IEEE[size]?.every((place, i) => places[i] === place) !== true) return undefined;
  return { kind: "float", size: size as 2 | 4 | 8, littleEndian: (bits & 1) === 0 };
}

function parseFields(cursor: Cursor, version: number, count: number, size: number, depth: number): Field[] {
  if (count > MAX_FIELDS) cursor.fail(`expected at most ${MAX_FIELDS} fields, got ${count}`);
  const offsetBytes = size < 2 ** 8 ? 1 : size < 2 ** 16 ? 2 : size < 2 ** 24 ? 3 : 4;
  return Array.from({ length: count }, () => {
    const at = cursor.address;
    const name = skipName(cursor, version);
    const offset = version < 3 ? cursor.u32() : cursor.uint(offsetBytes);
    const rank = version === 1 ? cursor.u8() : 0;
    if (version === 1) cursor.skip(3 + 4 + 4 + 16);
    const inner = parseDatatype(cursor, depth + 1);
    const type = rank === 0 ? inner : ({ kind: "other", size: inner.size, name: "arrays" } as const);
    if (offset + type.size > size) {
      cursor.fail(
        `expected field ${name} within ${size} bytes, got bytes ${offset} to ${offset + type.size}`,
        at,
      );
    }
    return { name, offset, type };
  });
}

/** A name; before version 3 it is padded to a multiple of 8 bytes. */
function skipName(cursor: Cursor, version: number): string {
  const start = cursor.at;
  const name = cursor.zeroEnded();
  if (version < 3) cursor.skip((8 - ((cursor.at - start) % 8)) % 8);
  return name;
}
