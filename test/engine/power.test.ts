import { expect, suite, test } from "vitest";
import { Random } from "../../src/core/index.ts";
import {
  ActivityMonitor,
  energyCosts,
  hybridOperations,
  hybridPower,
  powerOf,
} from "../../src/engine/index.ts";
import { Hybrid, hybridPresets } from "../../src/models/index.ts";
import { scope, withoutGradients, zeros } from "../../src/tensor/index.ts";
import { useBackend, wasm } from "../golden/backends.ts";

suite("power", () => {
  useBackend(wasm);

  test("is what the paper's operations cost at 7 nm", () => {
    const rows = [
      [2200, 0, 3.718],
      [0.5, 121, 0.0468],
      [233, 79, 0.4238],
      [255, 0, 0.431],
    ] as const;
    for (const [macs, acs, watts] of rows) {
      const power = powerOf([{ operations: { macs: macs * 1e7, acs: acs * 1e7 }, rateHz: 100 }]);
      expect(power.macsPerSecond).toBeCloseTo(macs * 1e9, -2);
      expect(power.watts).toBeCloseTo(watts, 3);
    }
    expect(powerOf([{ operations: { macs: 1e9, acs: 1e9 }, rateHz: 2 }], energyCosts[0]).watts).toBeCloseTo(
      0.011,
      12,
    );
  });

  test("of a hybrid is that of its parts at their rates", () => {
    const model = new Hybrid(hybridPresets.released, new Random(1)).eval();
    const monitor = new ActivityMonitor(model);
    scope(() => withoutGradients(() => void model.forward(zeros([3, 2, 2, 64, 64]), zeros([2, 20, 64, 64]))));
    monitor.close();
    const parts = hybridOperations(monitor.operations(), { ann: 2, snn: 6 });
    // Those of the released code at 256×256.
    expect(16 * parts.ann.macs).toBe(22_601_007_104);
    expect(16 * parts.initialisers.macs).toBe(1_275_068_416);
    const dense = monitor.operations().filter(({ layer }) => !/^(ann|initialisers)/.test(layer));
    expect((16 * dense.reduce((sum, { denseMacs }) => sum + denseMacs, 0)) / 6).toBe(24_016_584_704);
    const { macs, acs } = parts.snn;
    const power = hybridPower(parts, { annHz: 10, snnHz: 100 });
    const macsPerSecond = 10 * (parts.ann.macs + parts.initialisers.macs) + 100 * macs;
    expect(power.macsPerSecond).toBeCloseTo(macsPerSecond, -2);
    expect(power.acsPerSecond).toBeCloseTo(100 * acs, 3);
    expect(power.watts).toBeCloseTo((macsPerSecond * 1.69 + 100 * acs * 0.38) * 1e-12, 9);
    model.dispose();
  });
});
