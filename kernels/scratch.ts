// A megabyte of each thread's own, for packed tiles. The host says where it lies when it starts the thread.

let base: usize = 0;

/** Gives this thread its scratch memory: 1 MiB, 64-byte aligned. */
export function setScratch(address: usize): void {
  base = address;
  prepareBits(bitTable());
}

/**
 * 1 KiB for vector constants. An engine rebuilds a constant in each turn of a loop, by several instructions; one that
 * lies in memory is an operand.
 */
export function constants(): usize {
  return base;
}

/** 27 KiB for tables. */
export function tables(): usize {
  return base + 1024;
}

/** For each byte, the positions of its bits as eight 16-bit numbers: 4 KiB that never change. */
export function bitTable(): usize {
  return base + 28672;
}

/** The other 992 KiB, for packed numbers. */
export function packed(): usize {
  return base + 32768;
}

/** Bytes at {@link packed}. */
export const PACKED_BYTES = 992 << 10;

function prepareBits(table: usize): void {
  for (let byte = 0; byte < 256; byte++) {
    let to = table + ((<usize>byte) << 4);
    for (let mask = byte; mask != 0; mask &= mask - 1) {
      store<u16>(to, <u16>ctz(mask));
      to += 2;
    }
  }
}
