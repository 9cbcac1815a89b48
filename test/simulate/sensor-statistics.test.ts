/** The sensor against closed forms, within four standard errors of what is counted. */
import { expect, suite, test } from "vitest";
import { Random } from "../../src/core/index.ts";
import type { Events } from "../../src/events/index.ts";
import { EventSensor, type SensorPhysics } from "../../src/simulate/index.ts";

const SIDE = 40;
const PIXELS = SIDE * SIDE;

/** Events of frames that a function of time gives, microseconds to intensity of all pixels or to a frame. */
function film(
  physics: Partial<SensorPhysics>,
  { frames, stepUs }: { frames: number; stepUs: number },
  at: (tUs: number) => number | Float32Array,
  seed = 1,
): Events[] {
  const sensor = { width: SIDE, height: SIDE };
  const camera = new EventSensor({ sensor, random: new Random(seed), thresholdSigma: 0, ...physics });
  return Array.from({ length: frames + 1 }, (_, f) => {
    const value = at(f * stepUs);
    const frame = typeof value === "number" ? new Float32Array(PIXELS).fill(value) : value;
    return camera.push(frame, f * stepUs);
  });
}

/** Times of the events of each pixel. */
function timesByPixel(batches: readonly Events[]): number[][] {
  const times = Array.from({ length: PIXELS }, (): number[] => []);
  for (const { t, x, y } of batches) t.forEach((at, k) => times[y[k]! * SIDE + x[k]!]!.push(at));
  return times;
}

function count(batches: readonly Events[]): number {
  return batches.reduce((n, { t }) => n + t.length, 0);
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

function variance(values: readonly number[]): number {
  const middle = mean(values);
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1);
}

/** Probability that a normal variate is at most z. */
function normalShare(z: number): number {
  const steps = 4000;
  const [low, high] = [-9, Math.max(-9, z)];
  const density = (u: number) => Math.exp((-u * u) / 2) / Math.sqrt(2 * Math.PI);
  let sum = 0;
  for (let k = 0; k < steps; k++) sum += density(low + ((k + 0.5) * (high - low)) / steps);
  return (sum * (high - low)) / steps;
}

suite("statistics of the sensor", () => {
  test.each([
    [0.2, 0.02],
    [0.2, 0.05],
    [0.13, 0.03],
  ])("an edge that passes gives E⌊contrast/θ⌋ events a pixel, θ of N(%d, %d)", (threshold, sigma) => {
    const [dark, bright] = [0.1, 0.8];
    const contrast = Math.log(bright / dark);
    const edge = (tUs: number) =>
      Float32Array.from({ length: PIXELS }, (_, i) => {
        const covered = Math.min(1, Math.max(0, (tUs / 1e6) * 200 - (i % SIDE)));
        return dark + (bright - dark) * covered;
      });
    const physics = { thresholdOn: threshold, thresholdOff: threshold, thresholdSigma: sigma };
    const batches = film(physics, { frames: 250, stepUs: 1000 }, edge);
    // P(n ≥ k) = P(θ ≤ contrast/k); thresholds are held above 0.02.
    let [first, second] = [0, 0];
    for (let k = 1; k * 0.02 <= contrast; k++) {
      const share = normalShare((contrast / k - threshold) / sigma);
      first += share;
      second += (2 * k - 1) * share;
    }
    const error = Math.sqrt((second - first ** 2) / PIXELS);
    expect(Math.abs(count(batches) / PIXELS - first)).toBeLessThan(4 * error);
    for (const { on } of batches) expect(on.every((p) => p === 1)).toBe(true);
  });

  test.each([3, 12])("a field that flickers at %d Hz gives 2 ⌊Δ/θ⌋ events a pixel and cycle", (hertz) => {
    const [threshold, swing, cycles] = [0.15, 5.5 * 0.15, 6];
    // The reference starts a quarter of a threshold above the least level.
    const level = (tUs: number) =>
      tUs === 0 ? 0.25 * threshold : (swing / 2) * (1 - Math.cos(2 * Math.PI * hertz * (tUs / 1e6)));
    const stepUs = Math.round(1e6 / hertz / 100);
    const batches = film(
      { thresholdOn: threshold, thresholdOff: threshold },
      { frames: cycles * 100, stepUs },
      (tUs) => 0.2 * Math.exp(level(tUs)),
    );
    expect(count(batches)).toBe(2 * 5 * cycles * PIXELS);
    const on = batches.reduce((sum, events) => sum + events.on.reduce((a, b) => a + b, 0), 0);
    expect(on).toBe(5 * cycles * PIXELS);
  });

  test("noise in the dark is Poisson: counts, their spread, and the times between events", () => {
    const [rateHz, seconds] = [20, 5];
    const batches = film({ shotNoiseRateHz: rateHz }, { frames: 250, stepUs: 20_000 }, () => 0);
    const times = timesByPixel(batches);
    const counts = times.map(({ length }) => length);
    const expected = rateHz * seconds;
    expect(Math.abs(mean(counts) - expected)).toBeLessThan(4 * Math.sqrt(expected / PIXELS));
    expect(Math.abs(variance(counts) / expected - 1)).toBeLessThan(4 * Math.sqrt(2 / PIXELS));
    // Of the first ten, which all pixels have: no bias towards short ones.
    const gaps = times.flatMap((list) => list.slice(0, 10).map((t, k) => (t - (list[k - 1] ?? 0)) / 1e6));
    expect(Math.abs(mean(gaps) * rateHz - 1)).toBeLessThan(4 / Math.sqrt(gaps.length));
    for (const u of [0.2, Math.LN2, 2]) {
      const share = gaps.filter((gap) => gap * rateHz > u).length / gaps.length;
      const error = Math.sqrt((Math.exp(-u) * (1 - Math.exp(-u))) / gaps.length);
      expect(Math.abs(share - Math.exp(-u))).toBeLessThan(4 * error);
    }
  });

  test("noise falls with the light, to a quarter of it", () => {
    for (const [intensity, share] of [
      [0, 1],
      [0.5, 1 - 0.75 / 2],
      [1, 0.25],
    ] as const) {
      const batches = film({ shotNoiseRateHz: 10 }, { frames: 200, stepUs: 10_000 }, () => intensity);
      const expected = 10 * share * 2 * PIXELS;
      expect(Math.abs(count(batches) - expected)).toBeLessThan(4 * Math.sqrt(expected));
    }
  });

  test("leak rates are log-normal over the pixels, with a tenth of a decade, and each is steady", () => {
    const rateHz = 2;
    const batches = film({ leakRateHz: rateHz }, { frames: 400, stepUs: 20_000 }, () => 0.5);
    const logs: number[] = [];
    for (const list of timesByPixel(batches)) {
      const gaps = list.slice(1).map((t, k) => t - list[k]!);
      expect(Math.max(...gaps) - Math.min(...gaps)).toBeLessThanOrEqual(2);
      logs.push(Math.log10(1e6 / mean(gaps)));
    }
    expect(Math.abs(mean(logs) - Math.log10(rateHz))).toBeLessThan((4 * 0.1) / Math.sqrt(PIXELS));
    expect(Math.abs(Math.sqrt(variance(logs)) / 0.1 - 1)).toBeLessThan(4 / Math.sqrt(2 * PIXELS));
  });

  test("a pixel at reset is blind: noise comes at r/(1 + rτ), and a steep ramp at 1/(τ + θ/slope)", () => {
    const refractoryUs = 20_000;
    const noisy = film({ shotNoiseRateHz: 50, refractoryUs }, { frames: 400, stepUs: 10_000 }, () => 0);
    const rate = 50 / (1 + 50 * 0.02);
    // A renewal process with dead time: variance of the count r t/(1 + rτ)³.
    const error = Math.sqrt((50 * 4) / 2 ** 3 / PIXELS);
    expect(Math.abs(count(noisy) / PIXELS - rate * 4)).toBeLessThan(4 * error + 0.5);
    const slopePerSecond = 40;
    const ramp = film(
      { refractoryUs: 3000 },
      { frames: 50, stepUs: 2000 },
      (tUs) => 0.03 * Math.exp(slopePerSecond * (tUs / 1e6)),
    );
    const period = 3000 + Math.ceil((0.2 / slopePerSecond) * 1e6);
    expect(Math.abs(count(ramp) / PIXELS - 100_000 / period)).toBeLessThanOrEqual(1);
  });

  test.each([0.3, 1, 3])("the photoreceptor passes 1/√(1 + (f/f_c)²) of a flicker at %d f_c", (ratio) => {
    const [cutoffHz, threshold, swing] = [50, 0.02, 2];
    const hertz = ratio * cutoffHz;
    const stepUs = Math.round(1e6 / hertz / 400);
    // Light above white, where the bandwidth is the same for all levels.
    const batches = film(
      { cutoffHz, thresholdOn: threshold, thresholdOff: threshold },
      { frames: 400 * 12, stepUs },
      (tUs) => 1.1 * Math.exp((swing / 2) * (1 + Math.sin((2 * Math.PI * tUs) / (400 * stepUs)))),
    );
    // The last two cycles, when it has swung in.
    const settled = count(batches.slice(-800)) / PIXELS / 4;
    const real = 1e6 / (400 * stepUs);
    const gain = 1 / Math.sqrt(1 + (real / cutoffHz) ** 2);
    expect(Math.abs((settled * threshold) / swing / gain - 1)).toBeLessThan(
      0.01 + threshold / (swing * gain),
    );
  });

  test("the bandwidth is proportional to the light plus 20 codes", () => {
    for (const intensity of [0.05, 0.4, 0.99]) {
      const [cutoffHz, spanUs, step] = [100, 1000, 2];
      const camera = new EventSensor({
        sensor: { width: 1, height: 1 },
        random: new Random(1),
        cutoffHz,
        thresholdOn: 0.02,
        thresholdSigma: 0,
      });
      camera.push(Float32Array.of(intensity / step), 0);
      const first = camera.push(Float32Array.of(intensity), spanUs).t.length;
      const local = (cutoffHz * (Math.floor(intensity * 256) / 256 + 20 / 255)) / (1 + 20 / 255);
      const level = Math.log(step) * (1 - Math.exp((-2 * Math.PI * local * spanUs) / 1e6));
      expect(Math.abs(first - level / 0.02)).toBeLessThanOrEqual(1);
    }
  });
});
