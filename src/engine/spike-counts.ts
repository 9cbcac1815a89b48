/** Counting packed spikes by place. */
import { planesOf, wordsOf } from "../backend/index.ts";

/** Sums of packed spikes `[frames, H, W, planes, words]` over frames and channels, `[H, W]`. */
export function spikesByPixel(
  spikes: Uint32Array,
  frames: number,
  [H, W, C]: readonly [number, number, number],
  levels: number,
): Float64Array {
  const [planes, words] = [planesOf(levels), wordsOf(C)];
  const counts = new Float64Array(H * W);
  let at = 0;
  for (let frame = 0; frame < frames; frame++) {
    for (let pixel = 0; pixel < counts.length; pixel++) {
      for (let plane = 0; plane < planes; plane++) {
        let ones = 0;
        for (let word = 0; word < words; word++) ones += onesOf(spikes[at++]!);
        counts[pixel]! += ones * 2 ** plane;
      }
    }
  }
  return counts;
}

/** Bits of a 32-bit word that are 1. */
function onesOf(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
