/** Compressed sparse matrices, as scipy.sparse lays them out. */
import { FormatError, show } from "../core/index.ts";

/**
 * A sparse matrix `[R, C]`. Along the major axis (columns for `csc`, rows for `csr`) line i holds the values
 * `data[starts[i] … starts[i + 1])` at the minor indices `indices[…]`; values at one place add up.
 */
export type SparseMatrix = {
  readonly layout: "csc" | "csr";
  readonly shape: readonly [number, number];
  readonly data: ArrayLike<number>;
  readonly indices: ArrayLike<number>;
  readonly starts: ArrayLike<number>;
};

/** Whether a value is a {@link SparseMatrix}. */
export function isSparseMatrix(value: unknown): value is SparseMatrix {
  return typeof value === "object" && value !== null && "layout" in value && "starts" in value;
}

/**
 * The dense values `[R, C]`, row-major.
 *
 * @param expected - the shape that the caller has room for; checked before anything is allocated
 * @param file - name of the file, for messages
 * @throws FormatError if the shape is another one, or an index reaches outside
 */
export function toDense(
  matrix: SparseMatrix,
  expected: readonly [number, number],
  file?: string,
): Float64Array {
  const { layout, shape, data, indices, starts } = matrix;
  const fail = (what: string): never => {
    throw new FormatError("pickle", 0, what, file);
  };
  const [rows, columns] = expected;
  if (shape[0] !== rows || shape[1] !== columns) {
    fail(`expected a sparse matrix [${rows}, ${columns}], got ${show(shape)}`);
  }
  const [major, minor] = layout === "csc" ? [columns, rows] : [rows, columns];
  if (starts.length !== major + 1) fail(`expected ${major + 1} line starts, got ${starts.length}`);
  if (indices.length !== data.length) fail(`expected ${data.length} indices, got ${indices.length}`);
  const dense = new Float64Array(rows * columns);
  for (let line = 0; line < major; line++) {
    const end = starts[line + 1]!;
    if (starts[line]! < 0 || end > data.length) fail(`expected line ${line} within ${data.length} values`);
    for (let i = starts[line]!; i < end; i++) {
      const index = indices[i]!;
      if (!(index >= 0 && index < minor)) fail(`expected an index below ${minor}, got ${index}`);
      const at = layout === "csc" ? index * columns + line : line * columns + index;
      dense[at] = dense[at]! + data[i]!;
    }
  }
  return dense;
}
