import { afterAll, beforeAll, expect, suite, test } from "vitest";
import { gradients } from "../../src/autograd/index.ts";
import { setBackend } from "../../src/backend/index.ts";
import type { WasmBackend } from "../../src/backend/wasm/index.ts";
import { createWasmBackend } from "../../src/backend/wasm/node.ts";
import { Random } from "../../src/core/index.ts";
import { presets, SpikeVideoFormer } from "../../src/models/index.ts";
import { Adam, crossEntropy } from "../../src/nn/index.ts";
import { scope, tensor, withoutGradients } from "../../src/tensor/index.ts";
import { uniform } from "../golden/fill.ts";

suite("memory of a model", () => {
  let backend: WasmBackend;
  beforeAll(async () => {
    backend = await createWasmBackend();
    setBackend(backend);
  });
  afterAll(() => {
    setBackend(undefined);
    backend.dispose();
  });

  const blocks = () => backend.device.allocator.blocks;
  const clip = () => {
    const shape = [2, 2, 3, 32, 32];
    return tensor(uniform("clip", shape, -2, 2), shape);
  };

  test("is all given back after a step of training, after inference and at the end", () => {
    const before = blocks();
    const model = new SpikeVideoFormer({ ...presets.tiny, attention: "factorised" }, new Random(1));
    const made = blocks();
    expect(made).toBe(before + model.namedTensors().size);
    const parameters = model.parameters();
    const optimizer = new Adam(parameters);
    const resting = blocks();
    for (let step = 0; step < 2; step++) {
      scope(() => {
        const loss = crossEntropy(model.forward(clip())["logits"]!, [1, 2]);
        optimizer.step(gradients(loss, parameters), 1e-3);
      });
      expect(blocks()).toBe(resting);
    }
    model.eval();
    withoutGradients(() => {
      const input = clip();
      const held = blocks();
      model.forward(input);
      expect(blocks() - held).toBe(1);
    });
    expect(blocks()).toBe(resting);
    optimizer.dispose();
    model.dispose();
    expect(blocks()).toBe(before);
  });
});
