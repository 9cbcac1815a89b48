/** Shuffling: the bytes, or bits, of the elements of a block put together by their place within the element. */

/** Undoes the byte shuffle; bytes at the end that make no whole element stand as they are. */
export function unshuffle(data: Uint8Array, itemBytes: number): Uint8Array {
  const count = itemBytes > 1 ? Math.floor(data.length / itemBytes) : 0;
  if (count <= 1) return data;
  const out = new Uint8Array(data.length);
  for (let k = 0; k < itemBytes; k++) {
    for (let i = k * count, to = k; i < (k + 1) * count; i++, to += itemBytes) out[to] = data[i]!;
  }
  out.set(data.subarray(count * itemBytes), count * itemBytes);
  return out;
}

/** The byte shuffle. */
export function shuffle(data: Uint8Array, itemBytes: number): Uint8Array {
  const count = itemBytes > 1 ? Math.floor(data.length / itemBytes) : 0;
  if (count <= 1) return data;
  const out = new Uint8Array(data.length);
  for (let k = 0; k < itemBytes; k++) {
    for (let i = k * count, from = k; i < (k + 1) * count; i++, from += itemBytes) out[i] = data[from]!;
  }
  out.set(data.subarray(count * itemBytes), count * itemBytes);
  return out;
}

/**
 * Undoes the bit shuffle (K. Masui et al., "A compression scheme for radio data in high performance computing", 2015) of a
 * whole number of eights of elements: bit b of byte k of element i is bit i mod 8 of byte ⌊i/8⌋ of row 8k + b.
 */
export function unshuffleBits(data: Uint8Array, itemBytes: number): Uint8Array {
  const count = data.length / itemBytes;
  const rowBytes = count / 8;
  const out = new Uint8Array(data.length);
  for (let k = 0; k < itemBytes; k++) {
    for (let b = 0; b < 8; b++) {
      const row = (8 * k + b) * rowBytes;
      for (let j = 0; j < rowBytes; j++) {
        const bits = data[row + j]!;
        if (bits === 0) continue;
        for (let i = 0, to = 8 * j * itemBytes + k; i < 8; i++, to += itemBytes) {
          out[to]! |= ((bits >> i) & 1) << b;
        }
      }
    }
  }
  return out;
}
