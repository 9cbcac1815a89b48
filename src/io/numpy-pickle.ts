/** Pickles of NumPy arrays, SciPy sparse matrices and chumpy variables, from Python 2 and 3. */
import { show, sizeOf } from "../core/index.ts";
import { type NumpyDtype, parseDtype } from "./npy-header.ts";
import { decodeArray, type NumpyArray } from "./npy.ts";
import { PickleConverter, type PickleRules, PYTHON_RULES } from "./pickle-convert.ts";
import type { PickleRecord, PickleValue } from "./pickle-values.ts";
import { unpickle } from "./pickle.ts";
import type { SparseMatrix } from "./sparse.ts";

/** An array of Python objects: its shape and its elements, row-major and converted. */
export type ObjectArray = { readonly shape: readonly number[]; readonly items: readonly unknown[] };

/** Rules for NumPy, SciPy and chumpy, and for the classes of Python's own library. */
export const NUMPY_RULES: PickleRules = {
  ...PYTHON_RULES,
  ...inModules(["numpy.core.multiarray", "numpy._core.multiarray"], { _reconstruct: array, scalar }),
  ...inModules(["numpy.core.numeric", "numpy._core.numeric"], { _frombuffer: fromBuffer }),
  ...inModules(["numpy"], { dtype }),
  ...inModules(["scipy.sparse.csc", "scipy.sparse._csc"], {
    csc_matrix: (record, converter) => sparse("csc", record, converter),
    csc_array: (record, converter) => sparse("csc", record, converter),
  }),
  ...inModules(["scipy.sparse.csr", "scipy.sparse._csr"], {
    csr_matrix: (record, converter) => sparse("csr", record, converter),
    csr_array: (record, converter) => sparse("csr", record, converter),
  }),
  "chumpy.ch Ch": (record, converter) => attribute(record, "x", converter),
  "chumpy.reordering Select": select,
};

/** Globals that {@link readNumpyPickle} allows. */
export const numpyAllowList: ReadonlySet<string> = new Set([...Object.keys(NUMPY_RULES), "numpy ndarray"]);

/**
 * Reads a pickle of arrays. Nothing in it is executed.
 *
 * @param options - `file`: name for messages; `allow`: further globals, which become `{ callable, args, state }`;
 *   `maxBytes`: bound of what the arrays may take together, 2 GiB by default
 * @returns plain values: arrays as {@link NumpyArray} or {@link ObjectArray}, sparse matrices as {@link SparseMatrix},
 *   chumpy variables as the arrays they hold, dictionaries as maps, tuples as arrays
 * @throws FormatError if the pickle is damaged or names a global that is not allowed
 */
export function readNumpyPickle(
  bytes: Uint8Array,
  options: { file?: string | undefined; allow?: Iterable<string>; maxBytes?: number } = {},
): unknown {
  const { file, allow = [], maxBytes } = options;
  const { value } = unpickle(bytes, { allow: new Set([...numpyAllowList, ...allow]), file });
  return new PickleConverter({ rules: NUMPY_RULES, maxBytes, file }).convert(value);
}

/** Whether a converted value is an array of numbers or text. */
export function isNumpyArray(value: unknown): value is NumpyArray {
  return (
    typeof value === "object" && value !== null && "shape" in value && "data" in value && !("layout" in value)
  );
}

function inModules(modules: readonly string[], rules: PickleRules): PickleRules {
  return Object.fromEntries(
    modules.flatMap((module) => Object.entries(rules).map(([name, rule]) => [`${module} ${name}`, rule])),
  );
}

/** `_reconstruct(ndarray, (0,), b"b")` with the state `(version, shape, dtype, fortran, bytes or list)`. */
function array({ state }: PickleRecord, converter: PickleConverter): NumpyArray | ObjectArray {
  if (!Array.isArray(state) || state.length !== 5)
    return converter.fail("expected an array with 5 fields of state");
  const [, shape, type, fortran, content] = state;
  return decode(content, type, converter.integers(shape), fortran === true || fortran === 1, converter);
}

/** `_frombuffer(buffer, dtype, shape, order)`: how protocol 5 writes arrays. */
function fromBuffer({ args }: PickleRecord, converter: PickleConverter): NumpyArray | ObjectArray {
  const [content, type, shape, order] = args;
  return decode(content, type, converter.integers(shape), converter.text(order) === "F", converter);
}

/** `scalar(dtype, bytes)`: one number or text. */
function scalar({ args }: PickleRecord, converter: PickleConverter): unknown {
  const value = decode(args[1], args[0], [], false, converter);
  return "items" in value ? value.items[0] : value.data[0];
}

function decode(
  content: PickleValue | undefined,
  type: PickleValue | undefined,
  shape: readonly number[],
  fortran: boolean,
  converter: PickleConverter,
): NumpyArray | ObjectArray {
  const dtype = type === undefined ? undefined : converter.convert(type);
  if (!isDtype(dtype)) return converter.fail("expected a dtype, got another value");
  if (dtype.kind !== "O") {
    const bytes = converter.bytes(content);
    converter.spend(bytes.byteLength);
    return decodeArray(bytes, dtype, shape, {
      fortran,
      fail: (what) => converter.fail(what),
    });
  }
  const size = sizeOf(shape);
  if (!Array.isArray(content) || content.length !== size || (fortran && shape.length > 1)) {
    return converter.fail(`expected the ${size} objects of an array ${show(shape)} in row-major order`);
  }
  converter.spend(8 * size);
  return { shape, items: content.map((item) => converter.convert(item)) };
}

/** `dtype("f8", align, copy)` with the state `(version, byte order, …)`. */
function dtype({ args, state }: PickleRecord, converter: PickleConverter): NumpyDtype {
  const name = converter.text(args[0]);
  const order = Array.isArray(state) ? converter.text(state[1]) : "|";
  return (
    parseDtype(order + name) ?? converter.fail(`expected a plain dtype, got ${JSON.stringify(order + name)}`)
  );
}

function isDtype(value: unknown): value is NumpyDtype {
  return typeof value === "object" && value !== null && "itemBytes" in value;
}

function sparse(layout: "csc" | "csr", record: PickleRecord, converter: PickleConverter): SparseMatrix {
  const state = converter.attributes(record);
  const shape = converter.integers(state.get("_shape") ?? state.get("shape"));
  const numbers = (name: string): ArrayLike<number> => {
    const value = attribute(record, name, converter);
    return isNumpyArray(value) && ArrayBuffer.isView(value.data)
      ? value.data
      : converter.fail(`expected ${record.callable} to hold an array of numbers as ${name}`);
  };
  if (shape.length !== 2) return converter.fail(`expected a sparse matrix with two axes, got ${show(shape)}`);
  return {
    layout,
    shape: [shape[0]!, shape[1]!],
    data: numbers("data"),
    indices: numbers("indices"),
    starts: numbers("indptr"),
  };
}

/** chumpy's selection of elements: `a.ravel()[idxs]`, in the shape `preferred_shape` where that is given. */
function select(record: PickleRecord, converter: PickleConverter): NumpyArray {
  const source = attribute(record, "a", converter);
  const indices = attribute(record, "idxs", converter);
  if (!isNumpyArray(source) || !isNumpyArray(indices) || !ArrayBuffer.isView(source.data)) {
    return converter.fail("expected a chumpy selection from an array by an array, got other values");
  }
  converter.spend(8 * indices.data.length);
  const data = Float64Array.from(indices.data as ArrayLike<number>, (i) => {
    return (
      (source.data as Float64Array)[i] ??
      converter.fail(`expected an index below ${source.data.length}, got ${i}`)
    );
  });
  const preferred = converter.attributes(record).get("preferred_shape");
  const shape = preferred === undefined ? [data.length] : converter.integers(preferred);
  if (sizeOf(shape) !== data.length) {
    return converter.fail(`expected ${data.length} selected elements, got shape ${show(shape)}`);
  }
  return { shape, data };
}

function attribute(record: PickleRecord, name: string, converter: PickleConverter): unknown {
  const value = converter.attributes(record).get(name);
  return value === undefined
    ? converter.fail(`expected ${record.callable} to have the attribute ${name}, got none`)
    : converter.convert(value);
}
