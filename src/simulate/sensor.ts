/** Frames in, events out: the pixel of an event camera with its noise. */
import { ArgumentError, type Random, ShapeError } from "../core/index.ts";
import type { Events, SensorSize } from "../events/index.ts";
import { EventSorter } from "./event-sorter.ts";
import { logIntensity } from "./log-intensity.ts";

/** The physics of an event pixel. Zero switches an effect off. */
export type SensorPhysics = {
  /** Rise of log intensity that makes an ON event, natural-log units, > 0. */
  readonly thresholdOn: number;
  /** Fall of log intensity that makes an OFF event, natural-log units, > 0. */
  readonly thresholdOff: number;
  /** Standard deviation of both thresholds from pixel to pixel, natural-log units. */
  readonly thresholdSigma: number;
  /** Time after an event during which its pixel is held at reset, microseconds. */
  readonly refractoryUs: number;
  /** Mean rate of ON events of a pixel that sees a constant light, from the leak of its reset switch. */
  readonly leakRateHz: number;
  /** Rate of noise events (ON and OFF together) of a pixel in the dark; a quarter of it in full light. */
  readonly shotNoiseRateHz: number;
  /** Bandwidth of the photoreceptor in full light; falls with the intensity, to 1/14 of it in the dark. */
  readonly cutoffHz: number;
};

/** Named physics: an ideal sensor with slightly unequal pixels, and one as noisy as a DVS in a dim room. */
export const sensorPresets = {
  clean: {
    thresholdOn: 0.2,
    thresholdOff: 0.2,
    thresholdSigma: 0.02,
    refractoryUs: 0,
    leakRateHz: 0,
    shotNoiseRateHz: 0,
    cutoffHz: 0,
  },
  noisy: {
    thresholdOn: 0.2,
    thresholdOff: 0.2,
    thresholdSigma: 0.04,
    refractoryUs: 300,
    leakRateHz: 0.1,
    shotNoiseRateHz: 1,
    cutoffHz: 150,
  },
} as const satisfies Record<string, SensorPhysics>;

/** Smallest threshold that the mismatch may leave, so that no pixel fires without bound. */
const MIN_THRESHOLD = 0.02;
/** Spread of the leak rates from pixel to pixel, standard deviation in decades [Hu2021, §3]. */
const LEAK_DECADES = 0.1;
/** Share of the noise rate that full light takes away [Hu2021, §3]. */
const SHOT_NOISE_DROP = 0.75;
/** Levels of intensity for which the low-pass coefficient is tabulated. */
const LEVELS = 256;

/**
 * Turns linear-intensity frames into events. Between two frames the log intensity of a pixel runs linearly; each time
 * it has moved by a threshold since the pixel's last reset, the pixel emits an event at the microsecond after the
 * crossing. A reset lasts `refractoryUs`, in which changes are lost, as in the circuit. Leak lets the level drift up,
 * shot noise is a Poisson process that also resets the pixel, and a first-order low-pass with intensity-dependent
 * bandwidth stands for the photoreceptor. The model is v2e's [Hu2021]; unlike it, times are exact crossings rather
 * than spread evenly, noise has its own times, and a suppressed event does not leave its charge behind.
 *
 * All chance comes from `random`: equal seeds and frames give equal events.
 */
export class EventSensor {
  readonly sensor: SensorSize;
  readonly #physics: SensorPhysics;
  readonly #random: Random;
  readonly #thresholdOn: Float32Array;
  readonly #thresholdOff: Float32Array;
  /** Drift of each pixel in log units per microsecond, empty without leak. */
  readonly #leak: Float32Array;
  /** Log intensity at the last frame, after the low-pass. */
  readonly #level: Float32Array;
  /** Log intensity at the last reset, leak included. */
  readonly #reference: Float32Array;
  /** Time until which a pixel is held at reset, microseconds. */
  readonly #heldUntil: Float64Array;
  /** First noise event of each pixel in this interval, or −1. */
  readonly #shotHead: Int32Array;
  #shotOffset: number[] = [];
  #shotNext: number[] = [];
  readonly #pass = new Float32Array(LEVELS + 1);
  #passUs = 0;
  readonly #sorter = new EventSorter();
  #lastUs: number | undefined;

  /**
   * @param options - `sensor`: size in pixels; `random`: source of the mismatch and of the noise; the rest as in
   *   {@link SensorPhysics}, what is left out as in `sensorPresets.clean`
   * @throws ArgumentError if a size, a threshold or a rate is out of range
   */
  constructor({
    sensor,
    random,
    ...physics
  }: { sensor: SensorSize; random: Random } & Partial<SensorPhysics>) {
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
    const pixels = width * height;
    const mismatch = random.fork("mismatch");
    const threshold = (mean: number) =>
      Float32Array.from({ length: pixels }, () =>
        Math.max(MIN_THRESHOLD, mismatch.normal(mean, all.thresholdSigma)),
      );
    this.sensor = sensor;
    this.#physics = all;
    this.#random = random.fork("noise");
    this.#thresholdOn = threshold(all.thresholdOn);
    this.#thresholdOff = threshold(all.thresholdOff);
    this.#leak = Float32Array.from({ length: all.leakRateHz > 0 ? pixels : 0 }, (_, i) => {
      const rateHz = all.leakRateHz * 10 ** mismatch.normal(0, LEAK_DECADES);
      return (rateHz * this.#thresholdOn[i]!) / 1e6;
    });
    this.#level = new Float32Array(pixels);
    this.#reference = new Float32Array(pixels);
    this.#heldUntil = new Float64Array(pixels);
    this.#shotHead = new Int32Array(pixels).fill(-1);
  }

  /**
   * Takes the next frame and returns the events since the last one, sorted by time; the first frame sets the levels
   * and returns none.
   *
   * @param frame - linear intensity `[H, W]`, 1 is white in full light; only read during the call
   * @param tUs - time of the frame, an integer, later than the last by less than 2³¹
   * @throws ShapeError if the frame's length is not width · height
   * @throws ArgumentError if time does not advance as said
   */
  push(frame: Float32Array, tUs: number): Events {
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
    const bits = new Int32Array(frame.buffer, frame.byteOffset, frame.length);
    this.#lastUs = tUs;
    if (lastUs === undefined) {
      this.#start(frame, bits);
    } else {
      if (this.#physics.cutoffHz > 0) this.#tabulateLowPass(spanUs);
      this.#drawShots(frame, spanUs);
      this.#advance(frame, bits, lastUs, spanUs);
    }
    return this.#sorter.take(lastUs ?? tUs, this.sensor.width, spanUs);
  }

  /** Levels as after a long look at the frame; leaking pixels are anywhere between two events. */
  #start(frame: Float32Array, bits: Int32Array): void {
    const leaks = this.#leak.length > 0;
    for (let i = 0; i < frame.length; i++) {
      const level = logIntensity(frame[i]!, bits[i]!);
      this.#level[i] = level;
      this.#reference[i] = level - (leaks ? this.#random.uniform(0, this.#thresholdOn[i]) : 0);
    }
  }

  /** Share of the way to the new level that a pixel goes in `spanUs`, by intensity level. */
  #tabulateLowPass(spanUs: number): void {
    if (this.#passUs === spanUs) return;
    this.#passUs = spanUs;
    for (let k = 0; k <= LEVELS; k++) {
      const cutoffHz = (this.#physics.cutoffHz * (k / LEVELS + 20 / 255)) / (1 + 20 / 255);
      this.#pass[k] = 1 - Math.exp((-2 * Math.PI * cutoffHz * spanUs) / 1e6);
    }
  }

  /**
   * Noise events of the interval: one Poisson process over all pixels at the dark rate, thinned by intensity. Drawn
   * backwards in time, so that each pixel's chain runs forwards.
   */
  #drawShots(frame: Float32Array, spanUs: number): void {
    this.#shotOffset.length = 0;
    this.#shotNext.length = 0;
    const perUs = (this.#physics.shotNoiseRateHz * frame.length) / 1e6;
    if (perUs === 0) return;
    const random = this.#random;
    for (let t = spanUs - random.exponential(perUs); t > 0; t -= random.exponential(perUs)) {
      const pixel = random.integer(0, frame.length);
      const intensity = Math.min(1, Math.max(0, frame[pixel]!));
      if (random.uniform() < SHOT_NOISE_DROP * intensity) continue;
      this.#shotNext.push(this.#shotHead[pixel]!);
      this.#shotHead[pixel] = this.#shotOffset.push(t) - 1;
    }
  }

  #advance(frame: Float32Array, bits: Int32Array, lastUs: number, spanUs: number): void {
    const { cutoffHz, refractoryUs } = this.#physics;
    const [level, reference, shotHead] = [this.#level, this.#reference, this.#shotHead];
    const [thresholdOn, thresholdOff, leak] = [this.#thresholdOn, this.#thresholdOff, this.#leak];
    const [held, pass] = [this.#heldUntil, this.#pass];
    const leaks = leak.length > 0;
    const filters = cutoffHz > 0;
    const holds = refractoryUs > 0;
    for (let i = 0; i < frame.length; i++) {
      const before = level[i]!;
      const intensity = frame[i]!;
      let after = logIntensity(intensity, bits[i]!);
      if (filters) {
        const k = intensity < 1 ? (intensity > 0 ? (intensity * LEVELS) | 0 : 0) : LEVELS;
        after = before + (after - before) * pass[k]!;
      }
      level[i] = after;
      const drift = leaks ? leak[i]! * spanUs : 0;
      const base = reference[i]! - drift;
      const moved = after - base;
      const quiet = moved < thresholdOn[i]! && moved > -thresholdOff[i]! && shotHead[i]! < 0;
      if (quiet && !(holds && held[i]! > lastUs)) {
        reference[i] = base;
      } else {
        reference[i] = after - this.#fire(i, before - base - drift, moved, lastUs, spanUs);
      }
    }
  }

  /**
   * Runs one pixel through an interval in which its level moves linearly from `start` to `end`, both measured from
   * the last reset, and emits its events. Returns the level at the end measured from the then last reset.
   */
  #fire(i: number, start: number, end: number, lastUs: number, spanUs: number): number {
    const { refractoryUs } = this.#physics;
    const slope = (end - start) / spanUs;
    const rises = slope > 0;
    const threshold = rises ? this.#thresholdOn[i]! : -this.#thresholdOff[i]!;
    let shot = this.#shotHead[i]!;
    this.#shotHead[i] = -1;
    let [offset, level] = [0, start];
    if (this.#heldUntil[i]! > lastUs) [offset, level] = [this.#heldUntil[i]! - lastUs, 0];
    while (offset < spanUs) {
      while (shot >= 0 && this.#shotOffset[shot]! < offset) shot = this.#shotNext[shot]!;
      const crossing = slope === 0 ? Infinity : offset + (threshold - level) / slope;
      const noise = shot >= 0 ? this.#shotOffset[shot]! : Infinity;
      const at = Math.max(offset, Math.min(crossing, noise));
      if (at > spanUs) return level + slope * (spanUs - offset);
      const stamp = Math.ceil(at);
      const isNoise = noise < crossing;
      this.#sorter.add(stamp, i, isNoise ? this.#random.uint32() & 1 : Number(rises));
      if (isNoise) shot = this.#shotNext[shot]!;
      level = 0;
      offset = refractoryUs > 0 ? stamp + refractoryUs : at;
      if (refractoryUs > 0) this.#heldUntil[i] = lastUs + offset;
    }
    return 0;
  }
}

function isSize(side: number): boolean {
  return Number.isInteger(side) && side >= 1 && side <= 16384;
}
