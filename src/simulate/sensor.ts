/** Frames in, events out: the pixel of an event camera with its noise. */
import { ArgumentError, exponential, type Random, ShapeError } from "../core/index.ts";
import type { Events, SensorSize } from "../events/index.ts";
import { EventSorter } from "./event-sorter.ts";
import { codeIntensities, logIntensity, type Transfer } from "./log-intensity.ts";
import { type SensorPhysics, sensorPresets } from "./presets.ts";
import { mantissaPlace } from "./quiet.ts";
import { BLOCK, type Interval, LEVELS, RESTS, type Retina, type RetinaMoves, SETTLES } from "./retina.ts";
import { createRetina } from "./retina-kernel.ts";
import { ShotNoise } from "./shot-noise.ts";

/** Smallest threshold that the mismatch may leave, so that no pixel fires without bound. */
const MIN_THRESHOLD = 0.02;
/** Spread of the leak rates from pixel to pixel, standard deviation in decades [Hu2021, §3]. */
const LEAK_DECADES = 0.1;
/** Share of the noise rate that full light takes away [Hu2021, §3]. */
const SHOT_NOISE_DROP = 0.75;
/** Added to the intensity that the bandwidth is proportional to, so that it is not zero in the dark [Hu2021, §3]. */
const BANDWIDTH_OFFSET = 20 / 255;
/** Leak of a pixel, log units, from which leak is counted anew, so that 32-bit floats keep their digits. */
const MOST_LEAK = 8;
/** Lengths of intervals for which the low-pass is kept tabulated. */
const KEPT_PASSES = 64;
/** Log units by which 32-bit floats may be wrong about when a pixel at rest fires. */
const ROUNDING = 1e-5;
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
 * engine, and levels are 32-bit floats. A pixel whose light does not change is looked at and passed over until its leak
 * makes it fire.
 */
export class EventSensor {
  readonly sensor: SensorSize;
  readonly #physics: SensorPhysics;
  readonly #random: Random;
  readonly #thresholdOn: Float64Array;
  readonly #thresholdOff: Float64Array;
  /** Drift of each pixel in log units per microsecond, empty without leak. */
  readonly #leak: Float32Array;
  #mostLeak = 0;
  readonly #pixels: number;
  #retina: Retina | undefined;
  #moves: RetinaMoves | undefined;
  /** Which of the retina's two frames is the newest. */
  #turn: 0 | 1 = 0;
  readonly #shots: ShotNoise;
  readonly #codeIntensity: Float32Array;
  /** Shares of the low-pass by the length of the interval. */
  readonly #passes = new Map<number, Float32Array>();
  readonly #sorter = new EventSorter();
  #lastUs: number | undefined;
  /** Time from which leak is counted. */
  #birthUs = 0;

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
    // Loops, as `from` with a function takes three times as long for so many pixels.
    const threshold = (mean: number) => {
      const out = new Float64Array(pixels);
      for (let i = 0; i < pixels; i++) {
        out[i] = Math.max(MIN_THRESHOLD, mismatch.normal(mean, all.thresholdSigma));
      }
      return out;
    };
    this.sensor = sensor;
    this.#physics = all;
    this.#random = random.fork("noise");
    this.#shots = new ShotNoise(this.#random);
    this.#thresholdOn = threshold(all.thresholdOn);
    this.#thresholdOff = threshold(all.thresholdOff);
    this.#leak = new Float32Array(all.leakRateHz > 0 ? pixels : 0);
    for (let i = 0; i < this.#leak.length; i++) {
      const rateHz = all.leakRateHz * exponential(mismatch.normal(0, LEAK_DECADES * Math.LN10));
      const leak = (rateHz * this.#thresholdOn[i]!) / 1e6;
      this.#leak[i] = leak;
      if (leak > this.#mostLeak) this.#mostLeak = leak;
    }
    this.#pixels = pixels;
    this.#codeIntensity = codeIntensities(transfer);
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
    if (frame.length !== this.#pixels) {
      throw new ShapeError(`EventSensor.push: expected ${this.#pixels} pixels, got ${frame.length}`);
    }
    const lastUs = this.#lastUs;
    const spanUs = lastUs === undefined ? 1 : tUs - lastUs;
    if (!Number.isSafeInteger(tUs) || spanUs < 1 || spanUs >= 2 ** 31) {
      throw new ArgumentError(
        `EventSensor.push: expected an integer time after ${lastUs ?? 0} µs, got ${tUs}`,
      );
    }
    const retina = this.#see(frame);
    this.#lastUs = tUs;
    if (lastUs === undefined) {
      this.#start(retina, tUs);
    } else {
      if ((tUs - this.#birthUs) * this.#mostLeak > MOST_LEAK) this.#countLeakAnew(retina, lastUs);
      const { cutoffHz } = this.#physics;
      if (cutoffHz > 0) this.#tabulateLowPass(retina, spanUs);
      this.#drawShots(retina, frame, spanUs);
      const effects = { leaks: this.#leak.length > 0, passes: cutoffHz > 0 };
      const count = this.#moves!.advance(this.#turn, tUs - this.#birthUs, effects);
      this.#fireAll(retina, count, lastUs, spanUs);
      this.#settle(retina);
    }
    return this.#sorter.take(lastUs ?? tUs, this.sensor.width, spanUs);
  }

  /** Takes a frame's pixels over; the retina is made for the kind of frames that come. */
  #see(frame: Float32Array | Uint8Array): Retina {
    const isCodes = !(frame instanceof Float32Array);
    const old = this.#retina;
    if (old?.isCodes !== isCodes) {
      const { linearBelow } = this.#physics;
      const { retina, moves } = createRetina(frame.length, isCodes, linearBelow);
      retina.leak.set(this.#leak);
      retina.thresholdOn.set(this.#thresholdOn);
      retina.thresholdOff.set(this.#thresholdOff);
      if (old !== undefined) {
        for (const name of ["level", "high", "low", "reference", "heldUntil"] as const) {
          retina[name].set(old[name]);
        }
      }
      if (isCodes) this.#tabulateCodes(retina);
      this.#passes.clear();
      [this.#retina, this.#moves] = [retina, moves];
    }
    this.#turn = this.#turn === 0 ? 1 : 0;
    const bytes = new Uint8Array(frame.buffer, frame.byteOffset, frame.byteLength);
    this.#retina!.frames[this.#turn].set(bytes);
    return this.#retina!;
  }

  #tabulateCodes({ codes, darkness }: Retina): void {
    const bits = new Int32Array(this.#codeIntensity.buffer);
    const mantissa = mantissaPlace();
    this.#codeIntensity.forEach((intensity, code) => {
      codes[2 * code] = logIntensity(intensity, bits[code]!, darkness, mantissa);
    });
  }

  /** Levels as after a long look at the frame; leaking pixels are anywhere between two events. */
  #start(retina: Retina, tUs: number): void {
    const leaks = this.#leak.length > 0;
    const frame = retina.frames[this.#turn];
    const mantissa = mantissaPlace();
    const words = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
    this.#birthUs = tUs;
    for (let i = 0; i < this.#pixels; i++) {
      const level = retina.isCodes
        ? retina.codes[2 * frame[i]!]!
        : logIntensity(words.getFloat32(4 * i, true), words.getInt32(4 * i, true), retina.darkness, mantissa);
      retina.level[i] = level;
      this.#reset(retina, i, level - (leaks ? this.#random.uniform(0, this.#thresholdOn[i]) : 0));
    }
  }

  #reset(retina: Retina, i: number, reference: number): void {
    retina.reference[i] = reference;
    retina.high[i] = reference + retina.thresholdOn[i]!;
    retina.low[i] = reference - retina.thresholdOff[i]!;
  }

  /** Counts leak from `tUs` on. */
  #countLeakAnew(retina: Retina, tUs: number): void {
    const age = tUs - this.#birthUs;
    this.#birthUs = tUs;
    retina.restUntil.fill(-Infinity);
    this.#leak.forEach((leak, i) => {
      const held = retina.high[i] === -Infinity;
      this.#reset(retina, i, retina.reference[i]! - leak * age);
      if (held) retina.high[i] = -Infinity;
    });
  }

  /** Sets the share of the way to the new level that a pixel goes in `spanUs`, by intensity. */
  #tabulateLowPass({ isCodes, pass, codes }: Retina, spanUs: number): void {
    const share = (intensity: number) => {
      const cutoffHz = (this.#physics.cutoffHz * (intensity + BANDWIDTH_OFFSET)) / (1 + BANDWIDTH_OFFSET);
      return 1 - exponential((-2 * Math.PI * cutoffHz * spanUs) / 1e6);
    };
    let shares = this.#passes.get(spanUs);
    if (shares === undefined) {
      shares = isCodes ? this.#codeIntensity.map(share) : pass.map((_, k) => share(k / LEVELS));
      if (this.#passes.size === KEPT_PASSES) this.#passes.clear();
      this.#passes.set(spanUs, shares);
    }
    if (isCodes) for (let code = 0; code < 256; code++) codes[2 * code + 1] = shares[code]!;
    else pass.set(shares);
  }

  #drawShots({ high, restUntil, shots }: Retina, frame: Float32Array | Uint8Array, spanUs: number): void {
    const perUs = (this.#physics.shotNoiseRateHz * frame.length) / 1e6;
    if (perUs === 0) return;
    const codes = this.#codeIntensity;
    const keep =
      frame instanceof Float32Array
        ? (i: number) => 1 - SHOT_NOISE_DROP * Math.min(1, Math.max(0, frame[i]!))
        : (i: number) => 1 - SHOT_NOISE_DROP * codes[frame[i]!]!;
    this.#shots.draw(shots.subarray(0, this.#pixels), spanUs, perUs, keep, (i) => {
      restUntil[Math.floor(i / BLOCK)] = -Infinity;
      high[i] = -Infinity;
    });
  }

  /** Lets blocks that neither light nor low-pass move any more rest until leak makes one of their pixels fire. */
  #settle({ looks, high, level, restUntil }: Retina): void {
    const leak = this.#leak;
    for (let b = 0; b < looks.length; b++) {
      if (looks[b] !== SETTLES) {
        if (looks[b] !== RESTS) restUntil[b] = -Infinity;
        continue;
      }
      let until = Infinity;
      const end = Math.min((b + 1) * BLOCK, leak.length);
      for (let i = b * BLOCK; i < end && until > 0; i++) {
        until = Math.min(until, (high[i]! - ROUNDING - level[i]!) / leak[i]!);
      }
      restUntil[b] = until - 1;
    }
  }

  /** Runs the listed pixels through the interval: those without noise by the kernel, if there is one. */
  #fireAll(retina: Retina, count: number, lastUs: number, spanUs: number): void {
    const { active, from, offsets, eventCodes, tally } = retina;
    const interval = {
      lastUs,
      spanUs,
      age: lastUs - this.#birthUs,
      refractoryUs: this.#physics.refractoryUs,
    };
    for (let k = 0; k < count; k++) {
      if (this.#moves!.fire !== undefined) {
        k = this.#moves!.fire(k, count, interval);
        this.#sorter.append(offsets, eventCodes, tally[0]!);
        if (k === count) return;
      }
      this.#fire(retina, active[k]!, from[k]!, interval);
    }
  }

  /**
   * Runs one pixel through an interval in which its level moves linearly from `before` to what it is now, while leak
   * adds to it, and emits its events.
   */
  #fire(retina: Retina, i: number, before: number, interval: Interval): void {
    const { lastUs, spanUs, age } = interval;
    const { reference } = retina;
    const after = retina.level[i]!;
    const leak = retina.leak[i]!;
    const start = before - reference[i]! + leak * age;
    const end = after - reference[i]! + leak * (age + spanUs);
    const left = this.#run(retina, i, start, end, interval);
    this.#reset(retina, i, after + leak * (age + spanUs) - left);
    if (retina.heldUntil[i]! > lastUs + spanUs) retina.high[i] = -Infinity;
  }

  /** Emits the events; both levels and the one at the end, which it returns, are measured from the then last reset. */
  #run(retina: Retina, i: number, start: number, end: number, interval: Interval): number {
    const { lastUs, spanUs, refractoryUs } = interval;
    const { shots, heldUntil } = retina;
    const { offset: shotOffset, next: shotNext } = this.#shots;
    const slope = (end - start) / spanUs;
    const rises = slope > 0;
    const threshold = rises ? retina.thresholdOn[i]! : -retina.thresholdOff[i]!;
    let shot = shots[i]!;
    shots[i] = -1;
    let [offset, level] = [0, start];
    if (heldUntil[i]! > lastUs) [offset, level] = [heldUntil[i]! - lastUs, 0];
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
      if (refractoryUs > 0) heldUntil[i] = lastUs + offset;
    }
    return 0;
  }
}

function isSize(side: number): boolean {
  return Number.isInteger(side) && side >= 1 && side <= 16384;
}
