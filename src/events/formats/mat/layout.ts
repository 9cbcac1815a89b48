/**
 * The layout of MAT-files, level 5 (MathWorks, "MAT-File Format", chapter 1): a header of 128 bytes, then elements, each
 * with its type and its size. A variable is an element of type matrix, mostly packed whole into a compressed element; it
 * holds flags, dimensions, a name and its values, which have any type that holds them, whatever their class.
 */
import type { NumpyDtype } from "../../../io/index.ts";

/** What files of level 5 start with; those of 7.3 are HDF5. */
export const MAT_SIGNATURE = "MATLAB 5.0 MAT-file";

/** Bytes of the header. */
export const HEADER_BYTES = 128;

/** Types of elements. */
export const ELEMENT = { int8: 1, int32: 5, uint32: 6, matrix: 14, compressed: 15, utf8: 16 } as const;

/** Types of elements that hold numbers. */
export const NUMBER_TYPES: ReadonlyMap<number, Omit<NumpyDtype, "bigEndian">> = new Map([
  [1, { kind: "i", itemBytes: 1 }],
  [2, { kind: "u", itemBytes: 1 }],
  [3, { kind: "i", itemBytes: 2 }],
  [4, { kind: "u", itemBytes: 2 }],
  [5, { kind: "i", itemBytes: 4 }],
  [6, { kind: "u", itemBytes: 4 }],
  [7, { kind: "f", itemBytes: 4 }],
  [9, { kind: "f", itemBytes: 8 }],
  [12, { kind: "i", itemBytes: 8 }],
  [13, { kind: "u", itemBytes: 8 }],
]);

/** Classes of variables, by number from 1. */
export const CLASSES = [
  "cell",
  "struct",
  "object",
  "char",
  "sparse",
  "double",
  "single",
  "int8",
  "uint8",
  "int16",
  "uint16",
  "int32",
  "uint32",
  "int64",
  "uint64",
] as const;

/** The first class of numbers. */
export const FIRST_NUMERIC = 6;

/** Structs nested deeper than this are not read. */
export const MAX_DEPTH = 8;

/** Dimensions that a variable may have. */
export const MAX_AXES = 32;

/** Bytes that a name or the names of fields may have. */
export const MAX_NAME_BYTES = 1 << 16;

/** Variables that a file may have, fields included. */
export const MAX_VARIABLES = 10_000;
