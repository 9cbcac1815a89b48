/** An encoder of ECF for the tests, from the format as src/io/hdf5/ecf.ts states it. */

/** Events of one chunk. */
export type EcfEvent = { readonly t: number; readonly x: number; readonly y: number; readonly p: 0 | 1 };

/** How columns are written: all packed, columns and polarities packed, or each by itself. */
export type EcfMode = "packed" | "rows" | "masked";

/** The bytes of a chunk. */
export function encodeEcf(events: readonly EcfEvent[], mode: EcfMode): Uint8Array {
  const bytes: number[] = [];
  const put = (value: number, size: number): void => {
    for (let i = 0; i < size; i++) bytes.push(Math.floor(value / 256 ** i) % 256);
  };
  put(events.length * 4 + { masked: 0, rows: 1, packed: 2 }[mode], 4);
  put(events[0]?.t ?? 0, 8);
  runsOf(
    events,
    ({ t }) => t,
    (t, count, before) => {
      let step = t - (before ?? t);
      if (step >= 15) {
        for (; step > 0; step = Math.floor(step / 16)) put(0xf0 + (step % 16), 1);
        step = 0;
      }
      put(step * 16 + Math.min(count, 15), 1);
      if (count >= 15) put(count, 2);
    },
  );
  const rowRuns = (): void =>
    runsOf(
      events,
      ({ y }) => y,
      (y, count) => {
        put(y * 32 + Math.min(count, 31), 2);
        if (count >= 31) put(count, 2);
      },
    );
  const fours = (value: (e: EcfEvent) => number, bits: number): void => {
    for (let i = 0; i < events.length; i += 4) {
      let word = 0n;
      for (let k = i; k < i + 4; k++) {
        word = (word << BigInt(bits)) | BigInt(k < events.length ? value(events[k]!) : 0);
      }
      // Four values fill three words, the highest first.
      const [size, wordBits] = [bits / 6, BigInt((4 * bits) / 3)];
      for (let w = 2n; w >= 0n; w--)
        put(Number((reordered(word, bits) >> (w * wordBits)) & ((1n << wordBits) - 1n)), size);
    }
  };
  if (mode === "packed") {
    fours(({ x, y, p }) => y * 4096 + x * 2 + p, 24);
  } else if (mode === "rows") {
    rowRuns();
    fours(({ x, p }) => x * 2 + p, 12);
  } else {
    rowRuns();
    for (let i = 0; i < events.length;) {
      const { x } = events[i++]!;
      let mask = 0;
      for (let j = 1; j <= 5; j++) {
        if (events[i]?.x !== x + j) continue;
        mask |= 1 << (5 - j);
        i++;
      }
      put(x * 32 + mask, 2);
    }
    runsOf(
      events,
      ({ p }) => p,
      (p, count) => {
        put(p * 128 + Math.min(count, 127), 1);
        if (count >= 127) put(count, 2);
      },
    );
  }
  return Uint8Array.from(bytes);
}

/**
 * Four values as three words: the second value gives its low bits to the end of the first word and the rest to the start
 * of the second, and so on; its parts are in the opposite order to that of one long number.
 */
function reordered(word: bigint, bits: number): bigint {
  const [n, third] = [BigInt(bits), BigInt(bits) / 3n];
  const mask = (1n << n) - 1n;
  const [a, b, c, d] = [3n, 2n, 1n, 0n].map((k) => (word >> (k * n)) & mask) as [
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  const wordBits = n + third;
  const low = (value: bigint, count: bigint) => value & ((1n << count) - 1n);
  const first = (a << third) | low(b, third);
  const second = ((b >> third) << (2n * third)) | low(c, 2n * third);
  const last = ((c >> (2n * third)) << n) | d;
  return (first << (2n * wordBits)) | (second << wordBits) | last;
}

function runsOf(
  events: readonly EcfEvent[],
  key: (e: EcfEvent) => number,
  run: (value: number, count: number, before: number | undefined) => void,
): void {
  let before: number | undefined;
  for (let i = 0; i < events.length;) {
    const value = key(events[i]!);
    let count = 1;
    while (i + count < events.length && key(events[i + count]!) === value) count++;
    run(value, count, before);
    before = value;
    i += count;
  }
}
