/** Cyclic redundancy checks of 32 bits, reflected, with all bits set at the start and inverted at the end. */

/**
 * CRC-32 as zip uses it (polynomial 0xEDB88320), an unsigned 32-bit integer.
 *
 * @param before - the checksum of bytes that come before these, so that a stream is summed piece by piece
 */
export function crc32(bytes: Uint8Array, before = 0): number {
  return checksum(bytes, ZIP, before);
}

/**
 * CRC-32 of bytes of which two parts are summed already: the sum of the first is carried over as many zero bytes as the
 * second has, which is a product of polynomials over GF(2).
 */
export function joinCrc32(first: number, second: number, secondBytes: number): number {
  let shift = 1 << 31;
  let power = 1 << 23;
  for (let n = secondBytes; n > 0; n = Math.floor(n / 2)) {
    if (n % 2 === 1) shift = productOf(power, shift);
    power = productOf(power, power);
  }
  return (productOf(shift, first) ^ second) >>> 0;
}

/** CRC-32C (Castagnoli; RFC 3720, appendix B.4), an unsigned 32-bit integer. */
export function crc32c(bytes: Uint8Array): number {
  return checksum(bytes, CASTAGNOLI, 0);
}

/** Bytes that are summed at once. */
const SLICES = 8;

const ZIP_POLYNOMIAL = 0xedb88320;
const ZIP = tableOf(ZIP_POLYNOMIAL);
const CASTAGNOLI = tableOf(0x82f63b78);

/**
 * What each byte does to a checksum, in the first 256 entries; in those after, what it does if 1 to 7 bytes follow it
 * ("slicing by 8", Kounavis and Berry 2005).
 */
function tableOf(polynomial: number): Int32Array {
  const table = new Int32Array(256 * SLICES);
  for (let byte = 0; byte < 256; byte++) {
    let c = byte;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ polynomial : c >>> 1;
    table[byte] = c;
  }
  for (let i = 256; i < table.length; i++) {
    const c = table[i - 256]!;
    table[i] = table[c & 0xff]! ^ (c >>> 8);
  }
  return table;
}

/** Product of two polynomials over GF(2), modulo that of zip; the highest bit is the coefficient of x⁰. */
function productOf(a: number, b: number): number {
  let product = 0;
  let shifted = b;
  for (let bit = 31; bit >= 0; bit--) {
    if ((a >>> bit) & 1) product ^= shifted;
    shifted = shifted & 1 ? (shifted >>> 1) ^ ZIP_POLYNOMIAL : shifted >>> 1;
  }
  return product;
}

function checksum(bytes: Uint8Array, table: Int32Array, before: number): number {
  let crc = ~before;
  let i = 0;
  for (const end = bytes.length - SLICES; i <= end; i += SLICES) {
    crc ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    crc =
      table[0x700 + (crc & 0xff)]! ^
      table[0x600 + ((crc >>> 8) & 0xff)]! ^
      table[0x500 + ((crc >>> 16) & 0xff)]! ^
      table[0x400 + (crc >>> 24)]! ^
      table[0x300 + bytes[i + 4]!]! ^
      table[0x200 + bytes[i + 5]!]! ^
      table[0x100 + bytes[i + 6]!]! ^
      table[bytes[i + 7]!]!;
  }
  for (; i < bytes.length; i++) crc = table[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}
