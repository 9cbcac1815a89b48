import { readFileSync } from "node:fs";
import { expect, suite, test } from "vitest";
import { parse } from "yaml";
import { Random } from "../../src/core/index.ts";
import { augmentImage, type ImageAugmentation } from "../../src/data/index.ts";
import { staaPresets } from "../../src/models/index.ts";

type Recipe = {
  readonly model: { readonly model: string; readonly preset: keyof typeof staaPresets };
  readonly epochs: number;
  readonly batch: number;
  readonly rate: number;
  readonly timeSteps: number;
  readonly augment: readonly ImageAugmentation[];
};

suite("recipes of STAA-SNN", () => {
  test.each([
    ["cifar10", 500, 128, 0.1, 32],
    ["cifar100", 500, 128, 0.1, 32],
    ["imagenet", 350, 64, 0.1, 256],
    ["cifar10-dvs", 200, 8, 0.01, 48],
    ["dvs-gesture", 500, 8, 0.01, 128],
  ] as const)(
    "%s has the published numbers, a model and augmentations that run",
    (name, epochs, batch, rate, side) => {
      const recipe = parse(readFileSync(`configs/staa-${name}.yaml`, "utf8")) as Recipe;
      expect(recipe).toMatchObject({ model: { model: "staa", preset: name }, epochs, batch, rate });
      const { aggregator, inChannels } = staaPresets[recipe.model.preset];
      expect(recipe.timeSteps).toBe(aggregator.timeSteps);
      const shape = [inChannels, side, side];
      const picture = { shape, data: new Float32Array(inChannels * side * side).fill(1) };
      const { shape: got } = augmentImage(picture, recipe.augment, new Random(1));
      expect(got).toEqual(name === "imagenet" ? [3, 224, 224] : shape);
    },
  );
});
