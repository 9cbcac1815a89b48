/** Mirror images, and changes of polarity. */
import type { Random } from "../../core/index.ts";
import { defineTransform, IDENTITY, mapping, ROW, type Step } from "./define.ts";

const CHANCE = {
  p: { type: "number", default: 1, min: 0, max: 1, help: "chance that it is done at all" },
} as const;

/** Mirrors left and right, x' = width − 1 − x, with the chance p (`RandomFlipLR` of [Lenz2021], where p is 0.5). */
export const flipLR = defineTransform({
  name: "flipLR",
  summary: "mirrors left and right",
  options: CHANCE,
  start: ({ width }, { p }, random) =>
    happens(p, random) ? mapping((_, x, y) => y * ROW + (width - 1 - x)) : IDENTITY,
});

/** Mirrors up and down, y' = height − 1 − y, with the chance p (`RandomFlipUD` of [Lenz2021], where p is 0.5). */
export const flipUD = defineTransform({
  name: "flipUD",
  summary: "mirrors up and down",
  options: CHANCE,
  start: ({ height }, { p }, random) =>
    happens(p, random) ? mapping((_, x, y) => (height - 1 - y) * ROW + x) : IDENTITY,
});

/** Makes ON events OFF and the reverse, with the chance p (`RandomFlipPolarity` of [Lenz2021], where p is 0.5). */
export const flipPolarity = defineTransform({
  name: "flipPolarity",
  summary: "makes ON events OFF, and OFF events ON",
  options: CHANCE,
  start: (_, { p }, random) => (happens(p, random) ? repolarizing((on) => 1 - on) : IDENTITY),
});

/** Makes all events OFF, so that polarities are no longer told apart (`MergePolarities` of [Lenz2021]). */
export const mergePolarities = defineTransform({
  name: "mergePolarities",
  summary: "makes all events OFF",
  options: {},
  start: () => repolarizing(() => 0),
});

/** Whether something of a chance happens; draws only if it is not certain. */
export function happens(p: number, random: () => Random): boolean {
  return p >= 1 || (p > 0 && random().uniform() < p);
}

function repolarizing(change: (on: number) => number): Step {
  return { add: ({ t, x, y, on }) => [{ t, x, y, on: Uint8Array.from(on, change) }] };
}
