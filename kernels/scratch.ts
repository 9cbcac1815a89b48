// A megabyte of each thread's own, for packed tiles. The host says where it lies when it starts the thread.

let base: usize = 0;

/** Gives this thread its scratch memory: 1 MiB, 64-byte aligned. */
export function setScratch(address: usize): void {
  base = address;
}

/** 31 KiB for tables. */
export function tables(): usize {
  return base + 1024;
}

/**
 * 1 KiB for vector constants. An engine rebuilds a constant in each turn of a loop, by several instructions; one that
 * lies in memory is an operand.
 */
export function constants(): usize {
  return base;
}

/** The other 992 KiB, for packed numbers. */
export function packed(): usize {
  return base + 32768;
}

/** Bytes at {@link packed}. */
export const PACKED_BYTES = 992 << 10;
