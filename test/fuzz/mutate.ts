/** Random damage to a file, by seed. */
import type { Random } from "../../src/core/index.ts";

/** Numbers that lengths, counts and offsets are most often checked wrongly against. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff] as const;

/** A damaged copy of a file: one to six changes, more often near its start, where headers are. */
export function mutate(file: Uint8Array, random: Random): Uint8Array {
  let bytes: Uint8Array = file.slice();
  for (let changes = 1 + random.integer(0, 6); changes > 0; changes--) bytes = change(bytes, random);
  return bytes;
}

function change(bytes: Uint8Array, random: Random): Uint8Array {
  if (bytes.length === 0) return Uint8Array.of(random.integer(0, 256));
  const reach = random.uniform() < 0.5 ? Math.min(bytes.length, 600) : bytes.length;
  const at = random.integer(0, reach);
  const length = 1 + random.integer(0, random.uniform() < 0.8 ? 16 : 600);
  const kind = random.integer(0, 9);
  switch (kind) {
    case 0:
      bytes[at]! ^= 1 << random.integer(0, 8);
      return bytes;
    case 1:
      bytes[at] = random.integer(0, 256);
      return bytes;
    case 2:
      return set(bytes, at, EDGES[random.integer(0, EDGES.length)]!, random);
    case 3:
      return set(bytes, at, random.integer(0, 2 * bytes.length + 2), random);
    case 4:
      return joined(bytes.subarray(0, at), bytes.subarray(at + length));
    case 5:
      return joined(bytes.subarray(0, at + length), bytes.subarray(at));
    case 6: {
      const from = random.integer(0, bytes.length);
      return joined(bytes.subarray(0, at), bytes.slice(from, from + length), bytes.subarray(at));
    }
    case 7:
      for (let i = at; i < Math.min(at + length, bytes.length); i++) bytes[i] = random.integer(0, 256);
      return bytes;
    default:
      return random.uniform() < 0.3 ? bytes.slice(0, at) : bytes.fill(random.integer(0, 2) * 255, at, at + 4);
  }
}

/** Writes a number of 1, 2, 4 or 8 bytes, of either byte order. */
function set(bytes: Uint8Array, at: number, value: number, random: Random): Uint8Array {
  const size = 1 << random.integer(0, 4);
  const little = random.uniform() < 0.6;
  for (let i = 0; i < size && at + i < bytes.length; i++) {
    const place = little ? i : size - 1 - i;
    bytes[at + i] = place < 4 ? (value >>> (8 * place)) & 255 : 0;
  }
  return bytes;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
