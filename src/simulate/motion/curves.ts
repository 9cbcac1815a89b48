/** Smooth curves from which actions are made. Phases count cycles: 0 and 1 are the same. */
import type { Random } from "../../core/index.ts";

/** A full turn, radians. */
export const TAU = 2 * Math.PI;
/** A cosine of period 1. */
export const wave = (phase: number) => Math.cos(TAU * phase);

/** A bump of height 1 in a cycle of length 1, of standard deviation about `width`; infinitely smooth. */
export function bump(phase: number, centre: number, width: number): number {
  return Math.exp((wave(phase - centre) - 1) / (TAU * width) ** 2);
}

/** Rises from 0 to 1 over [from, to] with vanishing first and second derivatives at the ends. */
export function smoothStep(x: number, from: number, to: number): number {
  const s = Math.min(1, Math.max(0, (x - from) / (to - from)));
  return s * s * s * (s * (6 * s - 15) + 10);
}

/** 0 → 1 → 0 within a cycle: rises over [a, b], falls over [c, d]. */
export function plateau(phase: number, a: number, b: number, c: number, d: number): number {
  const p = phase - Math.floor(phase);
  return smoothStep(p, a, b) * (1 - smoothStep(p, c, d));
}

/** x, but with zero slope at x = 0: a flight that begins and ends without a jerk. */
export function softArc(x: number): number {
  return (1.15 * x * x) / (x + 0.15);
}

/** A slow wandering in [−1, 1]: three sines of random rate. */
export function wander(random: Random, rateHz: number): (seconds: number) => number {
  const waves = [1, 0.6, 0.4].map((size) => ({
    size: size / 2,
    rate: rateHz * random.uniform(0.4, 1.6),
    phase: random.uniform(),
  }));
  return (seconds) =>
    waves.reduce((sum, { size, rate, phase }) => sum + size * wave(rate * seconds + phase), 0);
}
