import fc from "fast-check";
import { expect, suite, test } from "vitest";
import { ArgumentError, Random, ShapeError } from "../../src/core/index.ts";
import type { Events } from "../../src/events/index.ts";
import { EventSensor, type SensorPhysics, sensorPresets } from "../../src/simulate/index.ts";

const ideal: Partial<SensorPhysics> = { thresholdSigma: 0 };

function run(
  frames: readonly Float32Array[],
  width: number,
  physics: Partial<SensorPhysics>,
  { stepUs = 5000, seed = 1 } = {},
): Events[] {
  const sensor = { width, height: frames[0]!.length / width };
  const camera = new EventSensor({ sensor, random: new Random(seed), ...physics });
  return frames.map((frame, f) => camera.push(frame, f * stepUs));
}

function uniform(width: number, height: number, intensity: number): Float32Array {
  return new Float32Array(width * height).fill(intensity);
}

function total(batches: readonly Events[]): number {
  return batches.reduce((n, { t }) => n + t.length, 0);
}

/** A bright half-plane whose edge stands at column `edge`, with analytic coverage of the pixel it cuts. */
function edgeFrame(width: number, height: number, edge: number, dark: number, bright: number): Float32Array {
  return Float32Array.from({ length: width * height }, (_, i) => {
    const covered = Math.min(1, Math.max(0, edge - (i % width)));
    return dark + (bright - dark) * covered;
  });
}

suite("event sensor", () => {
  test("a uniform flash gives floor(Δ log / threshold) events at every pixel, evenly spaced", () => {
    const [low, high] = [0.1, 0.83];
    const frames = [uniform(5, 4, low), uniform(5, 4, high), uniform(5, 4, low)];
    const [, rise, fall] = run(frames, 5, { ...ideal, thresholdOn: 0.3, thresholdOff: 0.25 });
    const change = Math.log(high / low);
    expect(rise!.t.length).toBe(20 * Math.floor(change / 0.3));
    expect(rise!.on.every((on) => on === 1)).toBe(true);
    const times = [...new Set(rise!.t)];
    expect(times).toEqual(times.map((_, k) => Math.ceil(((k + 1) * 0.3 * 5000) / change - 1e-9)));
    const left = change - Math.floor(change / 0.3) * 0.3;
    expect(fall!.t.length).toBe(20 * Math.floor((change - left) / 0.25));
    expect(fall!.on.every((on) => on === 0)).toBe(true);
  });

  test("a moving edge gives the closed-form count in the columns that it passes", () => {
    const [width, height, dark, bright] = [32, 8, 0.15, 0.7];
    const frames = Array.from({ length: 41 }, (_, f) => edgeFrame(width, height, 4 + f * 0.4, dark, bright));
    const batches = run(frames, width, { ...ideal, thresholdOn: 0.22 });
    expect(total(batches)).toBe(16 * height * Math.floor(Math.log(bright / dark) / 0.22));
    for (const { x } of batches) expect(x.every((column) => column >= 4 && column < 20)).toBe(true);
  });

  test("without noise a constant scene is silent, and a scene that returns leaves no charge", () => {
    const still = uniform(8, 8, 0.4);
    const events = run([still, still, uniform(8, 8, 0.9), still, still], 8, sensorPresets.clean);
    expect(events[1]!.t.length).toBe(0);
    expect(events[4]!.t.length).toBe(0);
  });

  test("in the dark the noise rate is the given one, and a quarter of it in full light", () => {
    const frames = (intensity: number) => Array.from({ length: 201 }, () => uniform(40, 40, intensity));
    const physics = { ...ideal, shotNoiseRateHz: 5 };
    const dark = total(run(frames(0), 40, physics));
    const light = total(run(frames(1), 40, physics));
    const expected = 5 * 1600 * 200 * 0.005;
    expect(Math.abs(dark - expected)).toBeLessThan(3 * Math.sqrt(expected));
    expect(Math.abs(light - expected / 4)).toBeLessThan(3 * Math.sqrt(expected / 4));
  });

  test("noise events are ON and OFF alike", () => {
    const frames = Array.from({ length: 101 }, () => uniform(40, 40, 0));
    const batches = run(frames, 40, { ...ideal, shotNoiseRateHz: 10 });
    const n = total(batches);
    const on = batches.reduce((sum, events) => sum + events.on.reduce((a, b) => a + b, 0), 0);
    expect(Math.abs(on - n / 2)).toBeLessThan(3 * Math.sqrt(n / 4));
  });

  test("leak gives ON events at the given rate", () => {
    const frames = Array.from({ length: 401 }, () => uniform(40, 40, 0.5));
    const batches = run(frames, 40, { ...ideal, leakRateHz: 3 });
    const expected = 3 * Math.exp((0.1 * Math.LN10) ** 2 / 2) * 1600 * 2;
    expect(Math.abs(total(batches) / expected - 1)).toBeLessThan(0.03);
    for (const { on } of batches) expect(on.every((p) => p === 1)).toBe(true);
  });

  test("no pixel fires twice within the refractory time", () => {
    const random = new Random(4);
    const frames = Array.from({ length: 60 }, () =>
      Float32Array.from({ length: 64 }, () => random.uniform(0, 1)),
    );
    for (const refractoryUs of [1, 700, 9000]) {
      const last = new Map<number, number>();
      const physics = { ...sensorPresets.noisy, shotNoiseRateHz: 300, refractoryUs };
      for (const { t, x, y } of run(frames, 8, physics)) {
        t.forEach((at, k) => {
          const pixel = y[k]! * 8 + x[k]!;
          expect(at - (last.get(pixel) ?? -Infinity)).toBeGreaterThanOrEqual(refractoryUs);
          last.set(pixel, at);
        });
      }
    }
  });

  test("changes during the refractory time are lost", () => {
    const frames = [uniform(1, 1, 0.1), uniform(1, 1, 0.1 * Math.exp(1.01))];
    const [, events] = run(frames, 1, { ...ideal, thresholdOn: 0.2, refractoryUs: 600 }, { stepUs: 1000 });
    expect([...events!.t]).toEqual([199, 998]);
  });

  test("a low-pass delays the events of a step and loses none of them", () => {
    const step = [uniform(2, 2, 0.2), ...Array.from({ length: 40 }, () => uniform(2, 2, 0.8))];
    const slow = run(step, 2, { ...ideal, cutoffHz: 30 });
    const fast = run(step, 2, ideal);
    expect(total(slow)).toBe(total(fast));
    expect(slow[1]!.t.length).toBeLessThan(fast[1]!.t.length);
  });

  test("times never decrease, and equal seeds give equal events while others differ", () => {
    const random = new Random(9);
    const frames = Array.from({ length: 20 }, () =>
      Float32Array.from({ length: 256 }, () => random.uniform(0.2, 0.8)),
    );
    const columns = (seed: number) => run(frames, 16, sensorPresets.noisy, { seed }).map((e) => ({ ...e }));
    expect(columns(3)).toEqual(columns(3));
    expect(columns(3)).not.toEqual(columns(4));
    let last = 0;
    for (const { t } of columns(3)) {
      for (const at of t) {
        expect(at).toBeGreaterThanOrEqual(last);
        last = at;
      }
    }
  });

  test("two short intervals at the same slope give what one long interval gives", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1.9, max: 1.9, noNaN: true }),
        fc.integer({ min: 1, max: 99 }),
        (change, cut) => {
          const at = (part: number) => uniform(1, 1, 0.3 * Math.exp(change * part));
          const camera = () =>
            new EventSensor({ sensor: { width: 1, height: 1 }, random: new Random(1), ...ideal });
          const [whole, halves] = [camera(), camera()];
          whole.push(at(0), 0);
          halves.push(at(0), 0);
          const one = [...whole.push(at(1), 100_000).t];
          const two = [...halves.push(at(cut / 100), cut * 1000).t, ...halves.push(at(1), 100_000).t];
          expect(two.length).toBe(one.length);
          one.forEach((t, k) => expect(Math.abs(t - two[k]!)).toBeLessThanOrEqual(1));
        },
      ),
      { seed: 1 },
    );
  });

  test("intervals longer than the radix digit are sorted too", () => {
    const random = new Random(2);
    const frames = Array.from({ length: 3 }, () =>
      Float32Array.from({ length: 400 }, () => random.uniform(0, 1)),
    );
    for (const stepUs of [65535, 65536, 65537, 40_000_000]) {
      for (const { t } of run(frames, 20, ideal, { stepUs })) {
        expect([...t]).toEqual([...t].sort((a, b) => a - b));
      }
    }
  });

  test("odd intensities neither crash nor poison a pixel", () => {
    const odd = Float32Array.of(NaN, -1, Infinity, 1e-40, 3e38, 0);
    const fine = uniform(3, 2, 0.5);
    const batches = run([odd, fine, odd, fine, fine], 3, sensorPresets.clean);
    expect(total(batches)).toBeLessThan(6 * 4 * 600);
    expect(batches[4]!.t.length).toBe(0);
  });

  test("bad arguments are refused", () => {
    const random = new Random(1);
    const sensor = { width: 4, height: 4 };
    expect(() => new EventSensor({ sensor: { width: 0, height: 4 }, random })).toThrow(ArgumentError);
    expect(() => new EventSensor({ sensor, random, thresholdOn: 0 })).toThrow(ArgumentError);
    expect(() => new EventSensor({ sensor, random, leakRateHz: NaN })).toThrow(ArgumentError);
    const camera = new EventSensor({ sensor, random });
    expect(() => camera.push(new Float32Array(15), 0)).toThrow(ShapeError);
    camera.push(new Float32Array(16), 10);
    expect(() => camera.push(new Float32Array(16), 10)).toThrow(ArgumentError);
    expect(() => camera.push(new Float32Array(16), 10.5)).toThrow(ArgumentError);
  });
});
