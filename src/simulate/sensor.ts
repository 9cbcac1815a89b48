/** Frames in, events out: the pixel of an event camera with its noise. */
import { ArgumentError, exponential, naturalLog, type Random, ShapeError } from "../core/index.ts";
import type { Events, SensorSize } from "../events/index.ts";
import { EventSorter } from "./event-sorter.ts";
import { codeIntensities, logIntensity, type Transfer } from "./log-intensity.ts";
import { type SensorPhysics, sensorPresets } from "./presets.ts";
import { ShotNoise } from "./shot-noise.ts";
import { BLOCK, CHANGED, RESTS, SAME, SETTLES, Sight } from "./sight.ts";

/** Smallest threshold that the mismatch may leave, so that no pixel fires without bound. */
const MIN_THRESHOLD = 0.02;
/** Spread of the leak rates from pixel to pixel, standard deviation in decades [Hu2021, §3]. */
const LEAK_DECADES = 0.1;
/** Share of the noise rate that full light takes away [Hu2021, §3]. */
const SHOT_NOISE_DROP = 0.75;
/** Added to the intensity that the bandwidth is proportional to, so that it is not zero in the dark [Hu2021, §3]. */
const BANDWIDTH_OFFSET = 20 / 255;
/** Levels of intensity for which the low-pass coefficient is tabulated. */
const LEVELS = 256;
/** A level this close to where the low-pass takes it counts as there, natural-log units. */
const SETTLED = 1e-4;
/** What an {@link EventSensor} is made of; physics that are left out are those of `sensorPresets.clean`. */
export type SensorOptions = {
  /** Size in pixels. */
  readonly sensor: SensorSize;
  /** Source of the mismatch and of the noise. */
  readonly random: Random;
  /** How 8-bit frames stand for light; `"linear"` by default. */
  readonly transfer?: Transfer;
} & Partial<SensorPhysics>;

/**
 * Turns frames into events. Between two frames the log intensity of a pixel runs linearly; each time it has moved by a
 * threshold since the pixel's last reset, the pixel emits an event at the microsecond after the crossing. A reset lasts
 * `refractoryUs`, in which changes are lost, as in the circuit. Leak lets the level drift up, shot noise is a Poisson
 * process that also resets the pixel, and a first-order low-pass with intensity-dependent bandwidth stands for the
 * photoreceptor. The model is v2e's [Hu2021]; unlike it, times are exact crossings rather than spread evenly, noise has
 * its own times, and a suppressed event does not leave its charge behind.
 *
 * All chance comes from `random`, all arithmetic is exact to the bit: equal seeds and frames give equal events in every
 * engine. A pixel whose light does not change is looked at and passed over until its leak makes it fire.
 */
export class EventSensor {
  readonly sensor: SensorSize;
  readonly #physics: SensorPhysics;
  readonly #random: Random;
  readonly #logDark: number;
  readonly #thresholdOn: Float64Array;
  readonly #thresholdOff: Float64Array;
  /** Drift of each pixel in log units per microsecond, empty without leak. */
  readonly #leak: Float64Array;
  /** Log intensity at the last frame, after the low-pass. */
  readonly #level: Float64Array;
  /** Log intensity at the last reset plus the leak from {@link EventSensor.#birthUs} to it. */
  readonly #reference: Float64Array;
  /** Level plus leak at which a pixel fires; −∞ above where it has to be looked at in any case. */
  readonly #high: Float64Array;
  readonly #low: Float64Array;
  #sight: Sight | undefined;
  /** What is known of each block of pixels in this interval. */
  readonly #looks: Uint8Array;
  /** Pixels to be run through the interval, and the level at which they begin it. */
  readonly #active: Int32Array;
  readonly #from: Float64Array;
  /** Time until which a pixel is held at reset, microseconds. */
  readonly #heldUntil: Float64Array;
  readonly #shots: ShotNoise;
  readonly #codeIntensity: Float32Array;
  readonly #codeLevel: Float64Array;
  readonly #codePass = new Float64Array(256).fill(1);
  readonly #pass = new Float64Array(LEVELS + 1).fill(1);
  #passUs = 0;
  readonly #sorter = new EventSorter();
  #lastUs: number | undefined;
  /** Time from which leak is counted. */
  #birthUs = 0;
  #sawCodes = false;

  /** @throws ArgumentError if a size, a threshold or a rate is out of range */
  constructor({ sensor, random, transfer = "linear", ...physics }: SensorOptions) {
    const { width, height } = sensor;
    if (!(isSize(width) && isSize(height))) {
      throw new ArgumentError(
        `EventSensor: expected a sensor of 1…16384 pixels a side, got ${width}×${height}`,
      );
    }
    const all: SensorPhysics = { ...sensorPresets.clean, ...physics };
    for (const [name, value] of Object.entries(all)) {
      const low = name === "thresholdOn" || name === "thresholdOff" ? MIN_THRESHOLD : 0;
      if (!(value >= low && value < Infinity)) {
        throw new ArgumentError(`EventSensor: expected ${name} ≥ ${low}, got ${value}`);
      }
    }
    if (!(all.linearBelow > 0 && all.linearBelow <= 1)) {
      throw new ArgumentError(`EventSensor: expected linearBelow in (0, 1], got ${all.linearBelow}`);
    }
    const pixels = width * height;
    const mismatch = random.fork("mismatch");
    const threshold = (mean: number) =>
      Float64Array.from({ length: pixels }, () =>
        Math.max(MIN_THRESHOLD, mismatch.normal(mean, all.thresholdSigma)),
      );
    this.sensor = sensor;
    this.#physics = all;
    this.#random = random.fork("noise");
    this.#shots = new ShotNoise(pixels, this.#random);
    this.#logDark = naturalLog(all.linearBelow);
    this.#thresholdOn = threshold(all.thresholdOn);
    this.#thresholdOff = threshold(all.thresholdOff);
    this.#leak = Float64Array.from({ length: all.leakRateHz > 0 ? pixels : 0 }, (_, i) => {
      const rateHz = all.leakRateHz * exponential(mismatch.normal(0, LEAK_DECADES * Math.LN10));
      return (rateHz * this.#thresholdOn[i]!) / 1e6;
    });
    this.#level = new Float64Array(pixels);
    this.#reference = new Float64Array(pixels);
    this.#high = new Float64Array(pixels);
    this.#low = new Float64Array(pixels);
    this.#looks = new Uint8Array(Math.ceil(pixels / BLOCK));
    this.#active = new Int32Array(pixels);
    this.#from = new Float64Array(pixels);
    this.#heldUntil = new Float64Array(pixels);
    this.#codeIntensity = codeIntensities(transfer);
    const bits = new Int32Array(this.#codeIntensity.buffer);
    this.#codeLevel = Float64Array.from(this.#codeIntensity, (intensity, code) =>
      logIntensity(intensity, bits[code]!, all.linearBelow, this.#logDark),
    );
  }

  /**
   * Takes the next frame and returns the events since the last one, sorted by time; the first frame sets the levels
   * and returns none.
   *
   * @param frame - linear intensity `[H, W]`, 1 is white in full light, or 8-bit codes of a video, `[H, W]`; only read
   *   during the call
   * @param tUs - time of the frame, an integer, later than the last by less than 2³¹
   * @throws ShapeError if the frame's length is not width · height
   * @throws ArgumentError if time does not advance as said
   */
  push(frame: Float32Array | Uint8Array, tUs: number): Events {
    if (frame.length !== this.#level.length) {
      throw new ShapeError(`EventSensor.push: expected ${this.#level.length} pixels, got ${frame.length}`);
    }
    const lastUs = this.#lastUs;
    const spanUs = lastUs === undefined ? 1 : tUs - lastUs;
    if (!Number.isSafeInteger(tUs) || spanUs < 1 || spanUs >= 2 ** 31) {
      throw new ArgumentError(
        `EventSensor.push: expected an integer time after ${lastUs ?? 0} µs, got ${tUs}`,
      );
    }
    const isCodes = !(frame instanceof Float32Array);
    if (this.#sight === undefined || isCodes !== this.#sawCodes) {
      this.#sight = new Sight(frame.length, isCodes ? 1 : 4);
    }
    this.#sawCodes = isCodes;
    const words = this.#sight.look(frame);
    this.#lastUs = tUs;
    if (lastUs === undefined) {
      this.#start(frame, tUs);
    } else {
      if (this.#physics.cutoffHz > 0) this.#tabulateLowPass(spanUs);
      this.#drawShots(frame, spanUs);
      const age = tUs - this.#birthUs;
      this.#sight.compare(age, this.#looks);
      const count = isCodes ? this.#advanceCodes(frame, age) : this.#advance(frame, words, age);
      for (let k = 0; k < count; k++) this.#fire(this.#active[k]!, this.#from[k]!, lastUs, spanUs);
      this.#settle();
    }
    return this.#sorter.take(lastUs ?? tUs, this.sensor.width, spanUs);
  }

  /** Levels as after a long look at the frame; leaking pixels are anywhere between two events. */
  #start(frame: Float32Array | Uint8Array, tUs: number): void {
    const leaks = this.#leak.length > 0;
    const isCodes = !(frame instanceof Float32Array);
    const intensities = isCodes ? Float32Array.from(frame, (code) => this.#codeIntensity[code]!) : frame;
    const bits = bitsOf(intensities);
    this.#birthUs = tUs;
    for (let i = 0; i < frame.length; i++) {
      const level = logIntensity(intensities[i]!, bits[i]!, this.#physics.linearBelow, this.#logDark);
      this.#level[i] = level;
      this.#reset(i, level - (leaks ? this.#random.uniform(0, this.#thresholdOn[i]) : 0));
    }
  }

  #reset(i: number, reference: number): void {
    this.#reference[i] = reference;
    this.#high[i] = reference + this.#thresholdOn[i]!;
    this.#low[i] = reference - this.#thresholdOff[i]!;
  }

  /** Share of the way to the new level that a pixel goes in `spanUs`, by intensity. */
  #tabulateLowPass(spanUs: number): void {
    if (this.#passUs === spanUs) return;
    this.#passUs = spanUs;
    const share = (intensity: number) => {
      const cutoffHz = (this.#physics.cutoffHz * (intensity + BANDWIDTH_OFFSET)) / (1 + BANDWIDTH_OFFSET);
      return 1 - exponential((-2 * Math.PI * cutoffHz * spanUs) / 1e6);
    };
    for (let k = 0; k <= LEVELS; k++) this.#pass[k] = share(k / LEVELS);
    this.#codeIntensity.forEach((intensity, code) => (this.#codePass[code] = share(intensity)));
  }

  #drawShots(frame: Float32Array | Uint8Array, spanUs: number): void {
    const perUs = (this.#physics.shotNoiseRateHz * frame.length) / 1e6;
    if (perUs === 0) return;
    const codes = this.#codeIntensity;
    const keep =
      frame instanceof Float32Array
        ? (i: number) => 1 - SHOT_NOISE_DROP * Math.min(1, Math.max(0, frame[i]!))
        : (i: number) => 1 - SHOT_NOISE_DROP * codes[frame[i]!]!;
    const { restUntil } = this.#sight!;
    this.#shots.draw(spanUs, perUs, keep, (i) => {
      restUntil[Math.floor(i / BLOCK)] = -Infinity;
      this.#high[i] = -Infinity;
    });
  }

  /**
   * Moves the levels to the frame and lists the pixels that may fire, of which it returns the number. The loop calls
   * nothing, so that the engine need not read again where the arrays are.
   */
  #advance(frame: Float32Array, bits: Int32Array, age: number): number {
    const { linearBelow } = this.#physics;
    const [level, high, low, leak] = [this.#level, this.#high, this.#low, this.#leak];
    const [looks, pass, logDark] = [this.#looks, this.#pass, this.#logDark];
    const [active, from] = [this.#active, this.#from];
    const leaks = leak.length > 0;
    let count = 0;
    for (let b = 0; b < looks.length; b++) {
      if (looks[b] === RESTS) continue;
      const end = Math.min((b + 1) * BLOCK, frame.length);
      let settled = looks[b] === SAME;
      for (let i = b * BLOCK; i < end; i++) {
        const before = level[i]!;
        const intensity = frame[i]!;
        const target = logIntensity(intensity, bits[i]!, linearBelow, logDark);
        const k = intensity < 1 ? (intensity > 0 ? (intensity * LEVELS) | 0 : 0) : LEVELS;
        const after = before + (target - before) * pass[k]!;
        level[i] = after;
        const total = leaks ? after + leak[i]! * age : after;
        if (!(total < high[i]! && total > low[i]!)) {
          active[count] = i;
          from[count++] = before;
        }
        if (settled && Math.abs(target - after) >= SETTLED) settled = false;
      }
      looks[b] = settled ? SETTLES : CHANGED;
    }
    return count;
  }

  /** As `#advance`, for the 256 intensities of a video. */
  #advanceCodes(frame: Uint8Array, age: number): number {
    const [level, high, low, leak] = [this.#level, this.#high, this.#low, this.#leak];
    const [looks, codeLevel, pass] = [this.#looks, this.#codeLevel, this.#codePass];
    const [active, from] = [this.#active, this.#from];
    const leaks = leak.length > 0;
    let count = 0;
    for (let b = 0; b < looks.length; b++) {
      if (looks[b] === RESTS) continue;
      const end = Math.min((b + 1) * BLOCK, frame.length);
      let settled = looks[b] === SAME;
      for (let i = b * BLOCK; i < end; i++) {
        const before = level[i]!;
        const code = frame[i]!;
        const target = codeLevel[code]!;
        const after = before + (target - before) * pass[code]!;
        level[i] = after;
        const total = leaks ? after + leak[i]! * age : after;
        if (!(total < high[i]! && total > low[i]!)) {
          active[count] = i;
          from[count++] = before;
        }
        if (settled && Math.abs(target - after) >= SETTLED) settled = false;
      }
      looks[b] = settled ? SETTLES : CHANGED;
    }
    return count;
  }

  /** Lets blocks that neither light nor low-pass move any more rest until leak makes one of their pixels fire. */
  #settle(): void {
    const [looks, leak, high, level] = [this.#looks, this.#leak, this.#high, this.#level];
    const { restUntil } = this.#sight!;
    for (let b = 0; b < looks.length; b++) {
      if (looks[b] === RESTS) continue;
      let until = looks[b] === SETTLES ? Infinity : -Infinity;
      const end = Math.min((b + 1) * BLOCK, leak.length);
      for (let i = b * BLOCK; i < end && until > 0; i++) {
        until = Math.min(until, (high[i]! - level[i]!) / leak[i]!);
      }
      // A microsecond for rounding.
      restUntil[b] = until - 1;
    }
  }

  /**
   * Runs one pixel through an interval in which its level moves linearly from `before` to what it is now, while leak
   * adds to it, and emits its events.
   */
  #fire(i: number, before: number, lastUs: number, spanUs: number): void {
    const after = this.#level[i]!;
    const leak = this.#leak.length > 0 ? this.#leak[i]! : 0;
    const age = lastUs - this.#birthUs;
    const start = before - this.#reference[i]! + leak * age;
    const end = after - this.#reference[i]! + leak * (age + spanUs);
    const left = this.#run(i, start, end, lastUs, spanUs);
    this.#reset(i, after + leak * (age + spanUs) - left);
    if (this.#heldUntil[i]! > lastUs + spanUs) this.#high[i] = -Infinity;
  }

  /** Emits the events; both levels and the one at the end, which it returns, are measured from the then last reset. */
  #run(i: number, start: number, end: number, lastUs: number, spanUs: number): number {
    const { refractoryUs } = this.#physics;
    const { head, offset: shotOffset, next: shotNext } = this.#shots;
    const slope = (end - start) / spanUs;
    const rises = slope > 0;
    const threshold = rises ? this.#thresholdOn[i]! : -this.#thresholdOff[i]!;
    let shot = head[i]!;
    head[i] = -1;
    let [offset, level] = [0, start];
    if (this.#heldUntil[i]! > lastUs) [offset, level] = [this.#heldUntil[i]! - lastUs, 0];
    while (offset < spanUs) {
      while (shot >= 0 && shotOffset[shot]! < offset) shot = shotNext[shot]!;
      const crossing = slope === 0 ? Infinity : offset + (threshold - level) / slope;
      const noise = shot >= 0 ? shotOffset[shot]! : Infinity;
      const at = Math.max(offset, Math.min(crossing, noise));
      if (at > spanUs) return level + slope * (spanUs - offset);
      // An event of this interval, though rounding may have let it come a moment before.
      const stamp = Math.max(1, Math.ceil(at));
      const isNoise = noise < crossing;
      this.#sorter.add(stamp, i, isNoise ? this.#random.uint32() & 1 : Number(rises));
      if (isNoise) shot = shotNext[shot]!;
      level = 0;
      offset = refractoryUs > 0 ? stamp + refractoryUs : at;
      if (refractoryUs > 0) this.#heldUntil[i] = lastUs + offset;
    }
    return 0;
  }
}

/** The bits of 32-bit floats. */
function bitsOf(values: Float32Array): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, values.length);
}

function isSize(side: number): boolean {
  return Number.isInteger(side) && side >= 1 && side <= 16384;
}
