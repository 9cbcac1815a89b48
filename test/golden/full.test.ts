import { expect, suite, test } from "vitest";
import { officialName } from "../../src/models/index.ts";
import { withoutGradients } from "../../src/tensor/index.ts";
import { useBackend, wasm } from "./backends.ts";
import { expectClose, l2 } from "./close.ts";
import { filledInput, fillModule } from "./fill.ts";
import { type FullCase, goldenFile, manifest } from "./fixtures.ts";
import { modelOf, watch, type Watched } from "./spikevideoformer.ts";

/** Cases that take more than some seconds: only on request. */
const slow = process.env["SACCADE_GOLDEN_FULL"] === undefined;
const quick = ["15M_64", "55M_64"];

/**
 * One early spike that rounding flips moves some per cent of all spikes behind it, so larger inputs are compared by
 * rates and norms.
 */
function expectAlike({ stages_f64, rates_f64 }: FullCase, { stages, rates }: Watched): void {
  for (const [name, { l2: norm }] of Object.entries(stages_f64)) {
    expectClose(`norm of ${name}`, [l2(stages.get(name)!.data)], [norm], 0.01, 0);
  }
  for (const [name, rate] of Object.entries(rates_f64)) {
    expect(Math.abs(rates.get(name)! - rate), name).toBeLessThan(0.01);
  }
}

suite("SpikeVideoFormer in its published sizes", () => {
  useBackend(wasm);

  test.for(manifest.full)("$key: stage norms, firing rates and logits", (which, context) => {
    if (slow && !quick.includes(which.key)) context.skip("takes long; set SACCADE_GOLDEN_FULL to run it");
    const model = modelOf(which.size, "3D_ham").eval();
    expect(model.parameterCount()).toBe(which.params);
    fillModule(model, officialName, manifest.gainRules, which.affine_rules);
    const golden = goldenFile(`svf_full_${which.size}`);
    withoutGradients(() => {
      const seen = watch(model, { shape: which.input.shape, data: filledInput(which.input) });
      expectAlike(which, seen);
      const want = golden.get(`${which.in[1]}/logits_f64`).data;
      if (which.in[1] === 64) expectClose("logits", seen.logits.data, want, 2e-6);
      else expectClose("norm of logits", [l2(seen.logits.data)], [l2(want)], 0.05, 0);
    });
    model.dispose();
  });
});
