/** Walking over arrays whose elements do not lie in row-major order. */

/**
 * Visits the elements of an array in row-major order.
 *
 * @param strides - how far apart neighbours along each axis lie
 * @param start - where the first element lies
 * @param visit - gets each element's row-major index and where it lies
 */
export function eachStrided(
  shape: readonly number[],
  strides: readonly number[],
  start: number,
  visit: (index: number, at: number) => void,
): void {
  if (shape.includes(0)) return;
  const position = shape.map(() => 0);
  let at = start;
  for (let index = 0; ; index++) {
    visit(index, at);
    let axis = shape.length - 1;
    for (; axis >= 0; axis--) {
      at += strides[axis]!;
      if (++position[axis]! < shape[axis]!) break;
      at -= strides[axis]! * shape[axis]!;
      position[axis] = 0;
    }
    if (axis < 0) return;
  }
}
