/** Parsers of option values; commander reports their message with the option's name. */
import { InvalidArgumentError } from "commander";
import type { TaskName } from "../../src/models/index.ts";

/** What models can be made to do. */
export const TASKS = [
  "pose",
  "classification",
  "segmentation",
  "heatmaps",
] as const satisfies readonly TaskName[];

/** A number above zero. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value <= 0) {
    throw new InvalidArgumentError("expected a number above zero.");
  }
  return value;
}

/** A number of at least zero. */
export function nonNegative(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0) {
    throw new InvalidArgumentError("expected a number of at least zero.");
  }
  return value;
}

/** A whole number from 1 to `most`. */
export function wholeUpTo(most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d{1,15}$/.test(text) || value < 1 || value > most) {
      throw new InvalidArgumentError(`expected a whole number from 1 to ${most}.`);
    }
    return value;
  };
}

/** The length of a pose window in milliseconds: 8 steps of a microsecond to a day. */
export function windowMs(text: string): number {
  const value = positiveNumber(text);
  if (value < 0.008 || value > 86_400_000) {
    throw new InvalidArgumentError("expected milliseconds from 0.008 to 86400000 (a day).");
  }
  return value;
}

/** A number of threads: a whole number from 1 to 256. */
export const threads = wholeUpTo(256);

/** Time steps, or clips at a time: a whole number from 1 to 1024. */
export function count(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > 1024) {
    throw new InvalidArgumentError("expected a whole number from 1 to 1024.");
  }
  return value;
}

/** A seed: a whole number from 0 to 2^32 − 1. */
export function seed(text: string): number {
  if (!/^\d{1,10}$/.test(text) || Number(text) >= 2 ** 32) {
    throw new InvalidArgumentError("expected a whole number from 0 to 4294967295.");
  }
  return Number(text);
}

/** A sensor size written `346x260`, in pixels. */
export function sensorSize(text: string): { width: number; height: number } {
  const [, width, height] = /^(\d{1,4})x(\d{1,4})$/.exec(text) ?? [];
  if (!Number(width) || !Number(height)) {
    throw new InvalidArgumentError("expected WIDTHxHEIGHT in pixels, for example 346x260.");
  }
  return { width: Number(width), height: Number(height) };
}
