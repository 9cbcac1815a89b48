/** Where buffers lie in one block of memory, such that those that are needed at the same time do not overlap. */

/** A buffer: its size, and the first and last step that use it. */
export type Lifetime = { readonly bytes: number; readonly from: number; readonly until: number };

const ALIGNMENT = 64;
/** Kernels may read this far past the end of what they were given. */
const SLACK = 64;

/**
 * Places the largest first, each at the lowest offset that is free for as long as it lives.
 * @returns an offset for each buffer, and the bytes of all
 */
export function arrange(buffers: readonly Lifetime[]): {
  readonly offsets: number[];
  readonly bytes: number;
} {
  const sizes = buffers.map(({ bytes }) => Math.ceil((bytes + SLACK) / ALIGNMENT) * ALIGNMENT);
  const offsets = buffers.map(() => 0);
  const placed: number[] = [];
  const order = sizes.map((_, i) => i).sort((a, b) => sizes[b]! - sizes[a]! || a - b);
  let total = 0;
  for (const i of order) {
    const { from, until } = buffers[i]!;
    const inTheWay = placed
      .filter((other) => buffers[other]!.from <= until && from <= buffers[other]!.until)
      .sort((a, b) => offsets[a]! - offsets[b]!);
    let at = 0;
    for (const other of inTheWay) {
      if (offsets[other]! >= at + sizes[i]!) break;
      at = Math.max(at, offsets[other]! + sizes[other]!);
    }
    offsets[i] = at;
    placed.push(i);
    total = Math.max(total, at + sizes[i]!);
  }
  return { offsets, bytes: total };
}
