/** Making the state of a sensor, in the memory of the kernel that moves it. */
import { sensor as base64 } from "./generated/sensor.ts";
import { instantiate, kernelOf } from "./kernel.ts";
import { darknessBelow } from "./log-intensity.ts";
import { advanceQuietly } from "./quiet.ts";
import { BLOCK, LEVELS, type Retina, type RetinaMoves } from "./retina.ts";

/** Pixels above which a memory of the kernel may not hold the state. */
const MOST_PIXELS = 2 ** 25;
/** Events that the kernel stores before they are fetched. */
const ROOM = 8192;

/** What the kernel exports, see kernels/sensor.ts. */
type Kernel = {
  advanceLinear(...args: number[]): number;
  advanceCodes(...args: number[]): number;
  placeFire(...args: number[]): void;
  fire(k: number, count: number, lastUs: number, spanUs: number, age: number, refractoryUs: number): number;
};

const kernelModule = /* @__PURE__ */ kernelOf(base64);

/**
 * Makes the state of a sensor, and what moves it: the kernel, or its twin in plain TypeScript where the engine lacks
 * SIMD or memory. Both give the same bits.
 *
 * @param isPlain - whether to take the twin in any case, which is for tests
 */
export function createRetina(
  pixels: number,
  isCodes: boolean,
  linearBelow: number,
  isPlain = false,
): { retina: Retina; moves: RetinaMoves } {
  const blocks = Math.ceil(pixels / BLOCK);
  const padded = blocks * BLOCK;
  const light = padded * (isCodes ? 1 : 4);
  const [single, double] = [4 * padded, 8 * padded];
  // In the order in which the places are taken below.
  const frames = [light, light];
  const moving = [single, single, single, single, single, single];
  const tables = [4 * (LEVELS + 1), 8 * 256, 8 * blocks, blocks, 16];
  const firing = [double, double, double, double, single];
  const events = [4 * ROOM, 4 * ROOM, 4];
  const module = isPlain || pixels > MOST_PIXELS ? undefined : kernelModule();
  const { buffer, places, exports } = instantiate(module, [
    ...frames,
    ...moving,
    ...tables,
    ...firing,
    ...events,
  ]);
  const [now = 0, before = 0, level = 0, high = 0, low = 0, leak = 0] = places;
  const [active = 0, from = 0, pass = 0, codes = 0, rest = 0, looks = 0, scratch = 0] = places.slice(6);
  const [reference = 0, thresholdOn = 0, thresholdOff = 0, heldUntil = 0, shots = 0] = places.slice(13);
  const [offsets = 0, eventCodes = 0, tally = 0] = places.slice(18);
  const retina: Retina = {
    blocks,
    isCodes,
    darkness: darknessBelow(linearBelow),
    level: new Float32Array(buffer, level, padded),
    high: new Float32Array(buffer, high, padded).fill(Infinity),
    low: new Float32Array(buffer, low, padded).fill(-Infinity),
    leak: new Float32Array(buffer, leak, padded),
    pass: new Float32Array(buffer, pass, LEVELS + 1).fill(1),
    codes: new Float32Array(buffer, codes, 512).fill(1),
    restUntil: new Float64Array(buffer, rest, blocks).fill(-Infinity),
    looks: new Uint8Array(buffer, looks, blocks),
    active: new Int32Array(buffer, active, padded),
    from: new Float32Array(buffer, from, padded),
    reference: new Float64Array(buffer, reference, padded),
    thresholdOn: new Float64Array(buffer, thresholdOn, padded),
    thresholdOff: new Float64Array(buffer, thresholdOff, padded),
    heldUntil: new Float64Array(buffer, heldUntil, padded).fill(-Infinity),
    shots: new Int32Array(buffer, shots, padded).fill(-1),
    offsets: new Int32Array(buffer, offsets, ROOM),
    eventCodes: new Int32Array(buffer, eventCodes, ROOM),
    tally: new Int32Array(buffer, tally, 1),
    frames: [new Uint8Array(buffer, now, light), new Uint8Array(buffer, before, light)],
  };
  if (exports === undefined) {
    return { retina, moves: { advance: (...args) => advanceQuietly(retina, ...args) } };
  }
  const kernel = exports as Kernel;
  const { dark, offset } = retina.darkness;
  const advance: RetinaMoves["advance"] = (turn, age, { leaks, passes }) => {
    const lights = turn === 0 ? [now, before] : [before, now];
    const columns = [blocks, ...lights, level, high, low, leaks ? leak : 0];
    const rests = [rest, looks, scratch, active, from, age];
    return isCodes
      ? kernel.advanceCodes(...columns, codes, ...rests)
      : kernel.advanceLinear(...columns, passes ? pass : 0, ...rests, dark, offset);
  };
  const columns = [active, from, level, high, low, leak, reference, thresholdOn, thresholdOff, heldUntil];
  kernel.placeFire(...columns, shots, offsets, eventCodes, tally, ROOM);
  // Without a list of arguments: it is called for each pixel with noise.
  const fire: RetinaMoves["fire"] = (k, count, { lastUs, spanUs, age, refractoryUs }) =>
    kernel.fire(k, count, lastUs, spanUs, age, refractoryUs);
  return { retina, moves: { advance, fire } };
}
