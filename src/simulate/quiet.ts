/** The pixels of an event sensor in which nothing happens, in plain TypeScript: the truth of kernels/sensor.ts. */
import { logIntensity } from "./log-intensity.ts";
import { BLOCK, type Effects, LEVELS, MOVES, RESTS, type Retina, SETTLES } from "./retina.ts";

/** A level this close to where the low-pass takes it counts as there, natural-log units. */
const SETTLED = Math.fround(1e-4);
const round = Math.fround;

/** See `RetinaMoves.advance`. Every operation is rounded to 32 bits, as in the kernel. */
export function advanceQuietly(retina: Retina, turn: 0 | 1, age: number, { leaks, passes }: Effects): number {
  const { level, high, low, leak, looks, active, from, restUntil, isCodes } = retina;
  const now = retina.frames[turn];
  const before = retina.frames[1 - turn]!;
  const words = new Int32Array(now.buffer, now.byteOffset, now.length / 4);
  const earlier = new Int32Array(before.buffer, before.byteOffset, before.length / 4);
  const lights = new Float32Array(now.buffer, now.byteOffset, now.length / 4);
  const mantissa = mantissaPlace();
  const step = words.length / retina.blocks;
  const ages = round(age);
  let count = 0;
  for (let b = 0; b < retina.blocks; b++) {
    let difference = 0;
    for (let w = b * step; w < (b + 1) * step; w++) difference |= words[w]! ^ earlier[w]!;
    if (difference === 0 && age < restUntil[b]!) {
      looks[b] = RESTS;
      continue;
    }
    let settled = difference === 0;
    for (let i = b * BLOCK; i < (b + 1) * BLOCK; i++) {
      const old = level[i]!;
      let target = 0;
      let share = 1;
      if (isCodes) {
        const at = 2 * now[i]!;
        target = retina.codes[at]!;
        share = retina.codes[at + 1]!;
      } else {
        const light = lights[i]!;
        target = logIntensity(light, words[i]!, retina.darkness, mantissa);
        if (passes) share = retina.pass[light > 0 ? (light < 1 ? (light * LEVELS) | 0 : LEVELS) : 0]!;
      }
      const after = isCodes || passes ? round(old + round(round(target - old) * share)) : target;
      level[i] = after;
      const total = leaks ? round(after + round(leak[i]! * ages)) : after;
      if (!(total < high[i]! && total > low[i]!)) {
        active[count] = i;
        from[count++] = old;
      }
      if (Math.abs(round(target - after)) >= SETTLED) settled = false;
    }
    looks[b] = settled ? SETTLES : MOVES;
  }
  return count;
}

/** One float, and its bits. */
export function mantissaPlace(): { readonly float: Float32Array; readonly bits: Int32Array } {
  const float = new Float32Array(1);
  return { float, bits: new Int32Array(float.buffer) };
}
