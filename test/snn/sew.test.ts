import { expect, suite, test } from "vitest";
import { gradientError, mul, sum } from "../../src/autograd/index.ts";
import { Random } from "../../src/core/index.ts";
import { poseNeurons, SewResNet } from "../../src/models/index.ts";
import { sew, SewBlock, type SewDepth, type SewFunction } from "../../src/snn/index.ts";
import { tensor, withoutGradients } from "../../src/tensor/index.ts";
import { float64, useBackend } from "../golden/backends.ts";

useBackend(float64);

suite("spike-element-wise residual networks", () => {
  test.for<[SewFunction, number[]]>([
    ["add", [0, 1, 1, 2]],
    ["and", [0, 0, 0, 1]],
    ["iand", [0, 1, 0, 0]],
  ])("%s joins no spike, the shortcut's, the branch's and both", ([connection, expected]) => {
    const branch = tensor([0, 0, 1, 1], [4]);
    const shortcut = tensor([0, 1, 0, 1], [4]);
    expect([...sew(branch, shortcut, connection).data]).toEqual(expected);
    const weights = tensor([0.3, -1.2, 2, 0.7], [4]);
    const loss = () => sum(mul(sew(branch, shortcut, connection), weights));
    expect(gradientError(loss, [branch, shortcut])).toBeLessThan(1e-9);
  });

  test.for<SewDepth>([18, 34, 50, 101, 152])("depth %i has as many layers with weights", (depth) => {
    const random = new Random(1);
    const options = { depth, inChannels: 2, width: 4, connection: "add", neurons: poseNeurons } as const;
    const network = new SewResNet(random, options);
    const layers = [...network.namedTensors().keys()].filter((name) => name.endsWith("conv.weight"));
    // The last layer of a depth is the classifier.
    expect(layers.filter((name) => !name.includes("shortcut")).length).toBe(depth - 1);
    expect(layers.filter((name) => name.includes("shortcut")).length).toBe(depth < 50 ? 3 : 4);
  });

  test.for<SewFunction>(["add", "and", "iand"])(
    "a block joined by %s starts as its shortcut",
    (connection) => {
      const random = new Random(1);
      const neurons = { ...poseNeurons, firingThreshold: 0.5 };
      const block = new SewBlock(random, 4, 4, { bottleneck: false, stride: 1, connection, neurons });
      const spikes = Array.from({ length: 3 * 4 * 4 * 4 }, () => Number(random.uniform() < 0.5));
      const out = withoutGradients(() => block.forward(tensor(spikes, [3, 1, 4, 4, 4])));
      expect([...out.data]).toEqual(spikes);
    },
  );

  test.for<SewFunction>(["and", "iand"])(
    "with %s spikes stay 0 or 1 to the end, and are some",
    (connection) => {
      const random = new Random(1);
      const neurons = { ...poseNeurons, firingThreshold: 0.25 };
      const network = new SewResNet(random, { depth: 18, inChannels: 2, width: 8, connection, neurons });
      const voxels = Array.from({ length: 2 * 2 * 64 * 64 }, () => Number(random.uniform() < 0.3));
      const maps = withoutGradients(() => network.forward(tensor(voxels, [2, 1, 64, 64, 2])));
      expect(maps.shape).toEqual([2, 1, 2, 2, 64]);
      expect([...new Set(maps.data)].sort()).toEqual([0, 1]);
    },
  );
});
