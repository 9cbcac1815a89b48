/** Boxes: parts of arrays that have a start and a size along each axis. */

/** Number of elements of a box. */
export function sizeOfBox(size: readonly number[]): number {
  return size.reduce((product, n) => product * n, 1);
}

/** An array, row-major, and where a box starts within it. */
export type Placed = {
  readonly bytes: Uint8Array;
  readonly shape: readonly number[];
  readonly start: readonly number[];
};

/** Copies a box from one array to another. */
export function copyBox(from: Placed, to: Placed, size: readonly number[], itemBytes: number): void {
  // Last axes that are copied whole make larger elements.
  let axes = size.length;
  let bytes = itemBytes;
  while (axes > 1 && size[axes - 1] === from.shape[axes - 1] && size[axes - 1] === to.shape[axes - 1]) {
    bytes *= size[--axes]!;
  }
  const run = axes === 0 ? bytes : size[axes - 1]! * bytes;
  const copy = (axis: number, source: number, target: number): void => {
    if (axis >= axes - 1) {
      const at = axes === 0 ? 0 : (source * from.shape[axis]! + from.start[axis]!) * bytes;
      const there = axes === 0 ? 0 : (target * to.shape[axis]! + to.start[axis]!) * bytes;
      to.bytes.set(from.bytes.subarray(at, at + run), there);
      return;
    }
    for (let i = 0; i < size[axis]!; i++) {
      copy(
        axis + 1,
        source * from.shape[axis]! + from.start[axis]! + i,
        target * to.shape[axis]! + to.start[axis]! + i,
      );
    }
  };
  copy(0, 0, 0);
}
