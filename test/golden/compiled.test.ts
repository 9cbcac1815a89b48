import { expect, suite, test } from "vitest";
import { createWasmBackend } from "../../src/backend/wasm/node.ts";
import { officialName, type SpikeVideoFormer } from "../../src/models/index.ts";
import { tensor } from "../../src/tensor/index.ts";
import { type Done, eager, expectSame, expectSpikes, type Ran, runCompiled } from "../engine/support.ts";
import { type Subject, useBackend } from "./backends.ts";
import { expectClose } from "./close.ts";
import { filledInput, fillModule } from "./fill.ts";
import { type FullCase, goldenFile, manifest, type TinyCase } from "./fixtures.ts";
import { modelOf } from "./spikevideoformer.ts";

const subjects: readonly Subject[] = [1, 2].map((threads) => ({
  name: `wasm, ${threads} ${threads === 1 ? "thread" : "threads"}`,
  create: () => createWasmBackend({ threads }),
  epsilon: 0,
}));

/** Runs of one thread, which those of two have to equal. */
const before = new Map<string, Ran>();

function both(
  which: TinyCase | FullCase,
  model: SpikeVideoFormer,
): { readonly want: Done; readonly got: Ran } {
  fillModule(model, officialName, manifest.gainRules, which.affine_rules);
  const clip = tensor(filledInput(which.input), which.input.shape);
  const result = { want: eager(model, clip), got: runCompiled(model, clip) };
  const other = before.get(which.key) ?? result.got;
  expectSame(result.got, other);
  before.set(which.key, result.got);
  clip.dispose();
  model.dispose();
  return result;
}

suite.for(subjects)("compiled on $name", (subject) => {
  useBackend(subject);

  test.for(manifest.tiny.filter(({ bn }) => bn === "eval"))(
    "the tiny SpikeVideoFormer $key: golden logits, and every spike of the eager pass",
    (which) => {
      const { want, got } = both(which, modelOf("tiny", which.att_mode).eval());
      const logits = goldenFile(`svf_tiny_${which.att_mode}_eval`).get("logits").data;
      expectClose("logits", got.outputs["logits"]!.data, logits, 1e-5);
      // Sums that are rounded end 4e−6 from a threshold at the nearest; others are exact.
      expectSpikes(got.spikes, want.layers, 0, 0);
    },
  );

  test.for(manifest.full.filter(({ key }) => key === "15M_64"))(
    "SpikeVideoFormer $key: golden logits, and the spikes of the eager pass",
    (which) => {
      const { want, got } = both(which, modelOf(which.size, "3D_ham").eval());
      const logits = goldenFile(`svf_full_${which.size}`).get(`${which.in[1]}/logits_f64`).data;
      // One of 3.8 million ends 6e−7 from its threshold. None flipped when this was written.
      const { marginal } = expectSpikes(got.spikes, want.layers, 1e-5, 0.05);
      expect(marginal).toBeLessThanOrEqual(2);
      const tolerance = marginal === 0 ? 1e-5 : 0.05;
      expectClose("logits", got.outputs["logits"]!.data, logits, tolerance);
    },
  );
});
