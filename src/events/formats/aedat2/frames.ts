/** The frames of a DAVIS in AEDAT 2.0: single readings of pixels, put together. */
import type { SensorSize } from "../../columns.ts";
import type { Frame } from "../../samples.ts";

/**
 * Puts frames together. Each pixel is read twice, after its reset and after its exposure; its value is the first reading
 * minus the second, 0 to 1023, and 0 where that is negative. A frame is whole once every pixel was read twice. One that
 * misses readings when a pixel is reset again is left out, as is what comes before the first reset.
 *
 * The exposure goes from the last reading after the reset to the first after the exposure, as jAER has it for a global
 * shutter; the time of the frame is the middle. jAER mirrors the columns of events and not those of frames: here events
 * are as stored, so the frame's columns are mirrored, and both fit.
 */
export class ApsFrames {
  readonly #sensor: SensorSize;
  readonly #deliver: (frame: Frame) => void;
  /** What was read of each pixel: `#mark` after the reset, `#mark + 1` after the exposure, less for an earlier frame. */
  readonly #marks: Uint32Array;
  #mark = 1;
  readonly #resetLevel: Uint16Array;
  #pixels: Uint16Array<ArrayBuffer>;
  #resets = 0;
  #signals = 0;
  #exposureStartUs = 0;
  #exposureEndUs = 0;

  constructor(sensor: SensorSize, deliver: (frame: Frame) => void) {
    const count = sensor.width * sensor.height;
    this.#sensor = sensor;
    this.#deliver = deliver;
    this.#marks = new Uint32Array(count);
    this.#resetLevel = new Uint16Array(count);
    this.#pixels = new Uint16Array(count);
  }

  /**
   * Takes a reading.
   *
   * @param x - column as stored, within the sensor, as `y`
   * @param signal - whether it is the one after the exposure
   * @returns number of readings that are left out by it
   */
  add(x: number, y: number, signal: boolean, level: number, tUs: number): number {
    const { width, height } = this.#sensor;
    const i = y * width + (width - 1 - x);
    if (!signal) {
      const left = this.#marks[i]! < this.#mark ? 0 : this.#clear();
      this.#marks[i] = this.#mark;
      this.#resetLevel[i] = level;
      this.#resets++;
      if (this.#signals === 0) this.#exposureStartUs = tUs;
      return left;
    }
    if (this.#marks[i] !== this.#mark) return 1;
    if (this.#signals === 0) this.#exposureEndUs = tUs;
    this.#marks[i] = this.#mark + 1;
    this.#pixels[i] = Math.max(0, this.#resetLevel[i]! - level);
    if (++this.#signals === width * height) this.#finish();
    return 0;
  }

  #finish(): void {
    const [exposureStartUs, exposureEndUs] = [this.#exposureStartUs, this.#exposureEndUs];
    const pixels = this.#pixels;
    this.#pixels = new Uint16Array(pixels.length);
    this.#clear();
    this.#deliver({
      tUs: Math.floor((exposureStartUs + exposureEndUs) / 2),
      exposureStartUs,
      exposureEndUs,
      ...this.#sensor,
      x: 0,
      y: 0,
      format: "16UC1",
      channels: 1,
      pixels,
    });
  }

  /** Starts anew; returns how many readings that loses. */
  #clear(): number {
    const lost = this.#resets + this.#signals;
    this.#mark += 2;
    this.#resets = 0;
    this.#signals = 0;
    return lost;
  }
}
