/** Cyclic redundancy checks of 32 bits, reflected, with all bits set at the start and inverted at the end. */

/** CRC-32 as zip uses it (polynomial 0xEDB88320), an unsigned 32-bit integer. */
export function crc32(bytes: Uint8Array): number {
  return checksum(bytes, ZIP);
}

/** CRC-32C (Castagnoli; RFC 3720, appendix B.4), an unsigned 32-bit integer. */
export function crc32c(bytes: Uint8Array): number {
  return checksum(bytes, CASTAGNOLI);
}

const ZIP = tableOf(0xedb88320);
const CASTAGNOLI = tableOf(0x82f63b78);

/** What each byte does to a checksum. */
function tableOf(polynomial: number): Int32Array {
  return Int32Array.from({ length: 256 }, (_, byte) => {
    let c = byte;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ polynomial : c >>> 1;
    return c;
  });
}

function checksum(bytes: Uint8Array, table: Int32Array): number {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = table[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}
