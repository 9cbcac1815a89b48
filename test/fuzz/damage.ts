/** The malformed files of a run, each by its number alone. */
import { Random } from "../../src/core/index.ts";
import type { ReadMode } from "../../src/events/index.ts";
import { mutate } from "./mutate.ts";

/** A malformed file, and how it is read: as an array, or in chunks as from a pipe. */
export type Damaged = {
  readonly bytes: Uint8Array;
  readonly mode: ReadMode;
  /** Size of the chunks, 0 for none. */
  readonly chunk: number;
};

/** Malformed file number `iteration` of a run. */
export function damaged(file: Uint8Array, seed: string, name: string, iteration: number): Damaged {
  const random = new Random(`${seed} ${name} ${iteration}`);
  const mode = random.uniform() < 0.5 ? "strict" : "recover";
  const chunk = random.uniform() < 0.7 ? 0 : 1 + random.integer(0, 200);
  return { bytes: mutate(file, random), mode, chunk };
}
