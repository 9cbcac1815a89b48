import { expect, test } from "vitest";
import { CheckpointError, Random, type RandomState } from "../../src/core/index.ts";
import { encodeSafetensors } from "../../src/io/index.ts";
import { encodeCheckpoint, parseCheckpoint, parseRun } from "../../src/train/index.ts";

const config = parseRun({
  task: "pose",
  model: { model: "spikevideoformer", preset: "nano" },
  steps: 5,
  rate: 0.1,
  data: {},
});

test("a checkpoint gives back the state of a run, spare variate included", () => {
  const random = new Random(7);
  random.normal();
  const state = { config, steps: 3, batches: { random: random.save() } };
  const { state: read, tensors } = parseCheckpoint(encodeCheckpoint({ tensors: new Map(), state }));
  expect(read).toEqual(state);
  expect(tensors.size).toBe(0);
  const again = new Random(0);
  again.restore(read.batches["random"] as RandomState);
  expect(again.normal()).toBe(random.normal());
});

test.each([
  ["no JSON", "{"],
  ["another value", "null"],
  ["no state of batches", JSON.stringify({ config, steps: 3, batches: 7 })],
  ["steps below 0", JSON.stringify({ config, steps: -1, batches: {} })],
])("%s in the place of the state is a fault of the checkpoint", (_, text) => {
  const bytes = encodeSafetensors(new Map(), { "saccade.training": text });
  expect(() => parseCheckpoint(bytes, "run.safetensors")).toThrow(CheckpointError);
  expect(() => parseCheckpoint(bytes, "run.safetensors")).toThrow(/^run\.safetensors: expected /);
});

test("a file of other tensors is no checkpoint", () => {
  expect(() => parseCheckpoint(encodeSafetensors(new Map()))).toThrow(CheckpointError);
});
