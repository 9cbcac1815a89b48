/** What a sensor sees and has seen, and which parts of it rest. */

/** Pixels of a block: neighbours in a row that rest together. */
export const BLOCK = 16;

/** What is known of a block in an interval: it need not be looked at, ... */
export const RESTS = 0;
/** ... its light did not change, ... */
export const SAME = 1;
/** ... its light changed, or its levels still move, ... */
export const CHANGED = 2;
/** ... its light did not change and its levels move no more. */
export const SETTLES = 3;

/**
 * The last two frames as 32-bit words, so that blocks of pixels that did not change are found fast, and until when each
 * block needs no look as long as it does not change.
 */
export class Sight {
  /** Age of the sensor until which a block that does not change emits nothing; −∞ if it has to be looked at. */
  readonly restUntil: Float64Array;
  readonly #wordsPerBlock: number;
  #now: Int32Array;
  #before: Int32Array;

  /** @param bytesPerPixel - 1 or 4 */
  constructor(pixels: number, bytesPerPixel: 1 | 4) {
    const blocks = Math.ceil(pixels / BLOCK);
    this.restUntil = new Float64Array(blocks).fill(-Infinity);
    this.#wordsPerBlock = (BLOCK * bytesPerPixel) / 4;
    this.#now = new Int32Array(blocks * this.#wordsPerBlock);
    this.#before = new Int32Array(blocks * this.#wordsPerBlock);
  }

  /** Takes the next frame; its pixels as words, those after the last being zero. */
  look(frame: Float32Array | Uint8Array): Int32Array {
    [this.#now, this.#before] = [this.#before, this.#now];
    const bytes = new Uint8Array(this.#now.buffer, 0, frame.byteLength);
    bytes.set(new Uint8Array(frame.buffer, frame.byteOffset, frame.byteLength));
    return this.#now;
  }

  /** Marks blocks as {@link RESTS}, {@link SAME} or {@link CHANGED}. */
  compare(age: number, looks: Uint8Array): void {
    const [now, before, words, restUntil] = [this.#now, this.#before, this.#wordsPerBlock, this.restUntil];
    for (let b = 0, w = 0; b < looks.length; b++, w += words) {
      let difference = 0;
      for (let k = w; k < w + words; k++) difference |= now[k]! ^ before[k]!;
      looks[b] = difference !== 0 ? CHANGED : age < restUntil[b]! ? RESTS : SAME;
    }
  }
}
