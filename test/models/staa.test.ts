import { afterAll, beforeAll, expect, suite, test } from "vitest";
import { gradients, stack } from "../../src/autograd/index.ts";
import { setBackend } from "../../src/backend/index.ts";
import type { WasmBackend } from "../../src/backend/wasm/index.ts";
import { createWasmBackend } from "../../src/backend/wasm/node.ts";
import { ArgumentError, Random, ShapeError } from "../../src/core/index.ts";
import { ActivityMonitor } from "../../src/engine/index.ts";
import {
  gradCam,
  Staa,
  type StaaArchitecture,
  type StaaConfig,
  staaPresets,
} from "../../src/models/index.ts";
import { crossEntropy, Sgd } from "../../src/nn/index.ts";
import { scope, tensor, type Tensor, withoutGradients } from "../../src/tensor/index.ts";
import { uniform } from "../golden/fill.ts";

suite("STAA-SNN", () => {
  let backend: WasmBackend;
  beforeAll(async () => {
    backend = await createWasmBackend();
    setBackend(backend);
  });
  afterAll(() => {
    setBackend(undefined);
    backend.dispose();
  });

  const image = (...shape: number[]): Tensor => tensor(uniform("image", shape, -2, 2), shape);
  const counted = (config: StaaConfig): number => {
    const model = new Staa(config);
    const count = model.parameterCount();
    model.dispose();
    return count;
  };

  test.each([
    ["table-7-resnet20", 12_692_147, ["12.69", "13.20"], ["0.06", "0.87"]],
    ["table-7-vgg13", 10_665_096, ["10.67", "11.17"], ["0.28", "0.92"]],
  ] as const)("%s has the parameters and the multiplications of table 7", (preset, count, millions, giga) => {
    const model = new Staa(staaPresets[preset], new Random(1)).eval();
    expect(model.parameterCount()).toBe(count);
    // The row of 224×224 pixels has 1000 classes; that of 32×32 has 10, whatever its caption says.
    expect([count, count + 990 * 513].map((all) => (all / 1e6).toFixed(2))).toEqual(millions);
    const monitor = new ActivityMonitor(model);
    withoutGradients(() => model.forward(image(1, 3, 32, 32)));
    const { macs, acs, denseMacs } = monitor.total();
    monitor.close();
    expect([macs, denseMacs].map((all) => (all / 1e9).toFixed(2))).toEqual(giga);
    expect(acs).toBeGreaterThan(0);
    expect(acs).toBeLessThan(denseMacs - macs);
    model.dispose();
  });

  test("is the network of its name under the neurons, and adds to it what an aggregator has", () => {
    const plain = { ...staaPresets.imagenet, architecture: "resnet18", neuron: "lif" } as const;
    expect(counted(plain)).toBe(11_689_512);
    const vgg = { ...staaPresets["table-7-vgg13"], width: 16 };
    const channels = [16, 16, 32, 32, 64, 64, 128, 128, 128, 128];
    const sum = (of: (c: number) => number) => channels.reduce((total, c) => total + of(c), 0);
    const alone = counted({ ...vgg, neuron: "lif" });
    const adds = (aggregator: Partial<StaaConfig["aggregator"]>) =>
      counted({ ...vgg, aggregator: { timeSteps: 4, ...aggregator } }) - alone;
    const [contexts, positions] = [sum((c) => c * c + 5.5 * c + 2), sum((c) => 4 * c)];
    expect(adds({})).toBe(contexts + positions + 10 * 49);
    expect(adds({ stepAttention: "none", position: "none" })).toBe(contexts);
    expect(adds({ stepAttention: "channels", globalContext: false })).toBe(
      positions + sum((c) => (c * c) / 8 + (17 / 16) * c),
    );
    expect(counted({ ...vgg, neuron: "adaptive-lif" }) - alone).toBe(sum((c) => 2 * c));
  });

  test.each(["vgg13", "resnet18", "resnet19", "resnet20", "resnet34"] as const)(
    "%s gives one row of logits an image, and the same for a clip of that image",
    (architecture) => {
      const config = { ...staaPresets.cifar10, architecture, width: 8, aggregator: { timeSteps: 2 } };
      const model = new Staa(config, new Random(1)).eval();
      withoutGradients(() => {
        const one = image(2, 3, 32, 32);
        const { logits } = model.forward(one);
        expect(logits!.shape).toEqual([2, 10]);
        expect([...logits!.data].every(Number.isFinite)).toBe(true);
        expect([...model.forward(stack([one, one]))["logits"]!.data]).toEqual([...logits!.data]);
      });
      model.dispose();
    },
  );

  test("needs its channels, no more steps than it learned, and a known architecture", () => {
    const model = new Staa({ ...staaPresets["cifar10-dvs"], width: 8, aggregator: { timeSteps: 2 } });
    withoutGradients(() => {
      expect(() => model.forward(image(1, 1, 3, 32, 32))).toThrow(ShapeError);
      expect(() => model.forward(image(3, 1, 2, 32, 32))).toThrow(ShapeError);
      expect(() => model.forward(image(2, 32, 32))).toThrow(ShapeError);
    });
    model.dispose();
    expect(() => new Staa({ ...staaPresets.cifar10, width: 0 })).toThrow(ArgumentError);
    const architecture = "vgg16" as StaaArchitecture;
    expect(() => new Staa({ ...staaPresets.cifar10, architecture })).toThrow(ArgumentError);
  });

  test.each(["staa", "lif", "adaptive-lif"] as const)(
    "learns with %s neurons, gives back its memory, and repeats itself by its seed",
    (neuron) => {
      const run = () => {
        const config = {
          ...staaPresets["table-7-vgg13"],
          neuron,
          width: 8,
          aggregator: { timeSteps: 2, dropProbability: 0.3 },
        };
        const model = new Staa(config, new Random(4));
        const parameters = model.parameters();
        const optimizer = new Sgd(parameters, { momentum: 0.9 });
        const blocks = () => backend.device.allocator.blocks;
        const resting = blocks();
        const losses = Array.from({ length: 3 }, () =>
          scope(() => {
            const loss = crossEntropy(model.forward(image(4, 3, 32, 32))["logits"]!, [0, 1, 2, 3]);
            optimizer.step(gradients(loss, parameters), 0.05);
            return loss.item();
          }),
        );
        expect(blocks()).toBe(resting);
        model.dispose();
        return losses;
      };
      const losses = run();
      expect(losses[2]).toBeLessThan(losses[0]!);
      expect(run()).toEqual(losses);
    },
  );

  test("gives back what Grad-CAM took, but for the maps", () => {
    const model = new Staa({ ...staaPresets["table-7-vgg13"], width: 8 }, new Random(4)).eval();
    const input = image(1, 3, 32, 32);
    const before = backend.device.allocator.blocks;
    const maps = gradCam(model, input, 0);
    expect(backend.device.allocator.blocks).toBe(before + 10);
    for (const map of maps.values()) map.dispose();
    expect(backend.device.allocator.blocks).toBe(before);
    input.dispose();
    model.dispose();
  });
});
