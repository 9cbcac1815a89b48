/** Seeded random numbers, identical on every platform. The library never calls `Math.random`. */
import { naturalLog } from "./elementary.ts";
import { ArgumentError } from "./errors.ts";

/** The whole state of a {@link Random}: four 32-bit words and the spare normal variate, if any. */
export type RandomState = readonly [number, number, number, number, number | null];

/** Whether a value, of a file perhaps, is the state of a generator. */
export function isRandomState(value: unknown): value is RandomState {
  if (!Array.isArray(value) || value.length !== 5) return false;
  const isWord = (word: unknown) => Number.isInteger(word) && (word as number) >>> 0 === word;
  return value.slice(0, 4).every(isWord) && (value[4] === null || Number.isFinite(value[4]));
}

/** FNV-1a hash (32 bit) of the UTF-8 bytes of a string; turns names into seeds. */
export function hashName(name: string): number {
  let h = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) h = Math.imul(h ^ byte, 0x01000193);
  return h >>> 0;
}

/** The mulberry32 generator: a function that returns uniform numbers in [0, 1). */
export function mulberry32(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * xoshiro128** [Blackman2021], seeded through mulberry32. State can be saved and restored, so that an
 * interrupted run goes on with the same numbers.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;
  #spare: number | null = null;

  /** @param seed - an integer, or a string that is hashed by {@link hashName} */
  constructor(seed: number | string) {
    if (typeof seed === "number" && !Number.isFinite(seed)) {
      throw new ArgumentError(`Random: expected a finite seed, got ${seed}`);
    }
    const next = mulberry32(typeof seed === "string" ? hashName(seed) : seed);
    const word = () => (next() * 4294967296) >>> 0;
    this.#a = word();
    this.#b = word();
    this.#c = word();
    this.#d = word() | 1;
  }

  /** An independent generator for a named purpose; does not disturb this one. */
  fork(name: string): Random {
    return new Random((this.#a ^ Math.imul(hashName(name), 0x9e3779b1)) >>> 0);
  }

  /** 32 random bits as an unsigned integer. */
  uint32(): number {
    const result = Math.imul(rotateLeft(Math.imul(this.#b, 5), 7), 9) >>> 0;
    const t = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= t;
    this.#d = rotateLeft(this.#d, 11);
    return result;
  }

  /** Uniform in [low, high); [0, 1) by default. */
  uniform(low = 0, high = 1): number {
    return low + (high - low) * (this.uint32() / 4294967296);
  }

  /** Uniform integer in [low, high). */
  integer(low: number, high: number): number {
    return low + Math.floor(this.uniform() * (high - low));
  }

  /** Normal variate by the polar method of Marsaglia and Bray. */
  normal(mean = 0, deviation = 1): number {
    if (this.#spare !== null) {
      const z = this.#spare;
      this.#spare = null;
      return mean + deviation * z;
    }
    for (;;) {
      const u = this.uniform(-1, 1);
      const v = this.uniform(-1, 1);
      const s = u * u + v * v;
      if (s === 0 || s >= 1) continue;
      const f = Math.sqrt((-2 * naturalLog(s)) / s);
      this.#spare = v * f;
      return mean + deviation * u * f;
    }
  }

  /** Exponential variate with the given rate (events per unit). */
  exponential(rate: number): number {
    return -naturalLog(1 - this.uniform()) / rate;
  }

  /** One element of a non-empty list. */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new ArgumentError("Random.pick: expected a non-empty list");
    return items[this.integer(0, items.length)] as T;
  }

  /** A permutation of 0 … n − 1 (Fisher–Yates). */
  permutation(n: number): Int32Array {
    const order = Int32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.integer(0, i + 1);
      const held = order[i]!;
      order[i] = order[j]!;
      order[j] = held;
    }
    return order;
  }

  /** The state, to be stored in a checkpoint. */
  save(): RandomState {
    return [this.#a >>> 0, this.#b >>> 0, this.#c >>> 0, this.#d >>> 0, this.#spare];
  }

  /** Goes on from a stored state. */
  restore(state: RandomState): void {
    [this.#a, this.#b, this.#c, this.#d, this.#spare] = state;
  }
}

function rotateLeft(x: number, k: number): number {
  return (x << k) | (x >>> (32 - k));
}
