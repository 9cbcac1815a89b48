import { expect, suite, test } from "vitest";
import { gradients } from "../../src/autograd/index.ts";
import { officialName, type SpikeVideoFormer } from "../../src/models/index.ts";
import { crossEntropy } from "../../src/nn/index.ts";
import { surrogate } from "../../src/snn/index.ts";
import { scope, tensor, type Tensor, withoutGradients } from "../../src/tensor/index.ts";
import { float64, type Subject, useBackend, wasm } from "./backends.ts";
import { absMax, expectClose, l2, meanOf } from "./close.ts";
import { filledInput, fillModule } from "./fill.ts";
import { goldenFile, manifest, type TinyCase } from "./fixtures.ts";
import { toGolden } from "./layout.ts";
import { modelOf, watch, type Watched } from "./spikevideoformer.ts";

function build(which: TinyCase): SpikeVideoFormer {
  const kind = which.surrogate === "atan2" ? surrogate.atan() : surrogate.sigmoid();
  const model = modelOf("tiny", which.att_mode, { surrogate: kind });
  fillModule(model, officialName, manifest.gainRules, which.affine_rules);
  return model.train(which.bn === "train");
}

function clip({ input }: TinyCase): { readonly shape: readonly number[]; readonly data: Float32Array } {
  return { shape: input.shape, data: filledInput(input) };
}

/** Stage figures and rates; they agree to rounding as no neuron of these cases is near its threshold. */
function expectStages(which: TinyCase, { stages, rates }: Watched, subject: Subject): void {
  expect([...stages.keys()].sort()).toEqual(Object.keys(which.stages).sort());
  for (const [name, { mean, l2: norm, absmax, shape }] of Object.entries(which.stages)) {
    const map = stages.get(name)!;
    const channelsLast = shape.length === 5 ? [0, 1, 3, 4, 2].map((axis) => shape[axis]!) : shape;
    expect(map.shape).toEqual(channelsLast);
    const got = [meanOf(map.data), l2(map.data), absMax(map.data)];
    expectClose(name, got, [mean, norm, absmax], 10 * subject.epsilon);
  }
  expect([...rates.keys()].sort()).toEqual(Object.keys(which.rates).sort());
  const rateOf = (name: string) => rates.get(name)!;
  const names = Object.keys(which.rates);
  expectClose("rates", names.map(rateOf), Object.values(which.rates), 1e-8);
}

suite.for([float64, wasm])("the tiny SpikeVideoFormer on $name", (subject) => {
  useBackend(subject);
  // The reference is slow: one step of training has to do for it.
  const cases = manifest.tiny.filter(({ key }) => subject === wasm || key === "3D_ham/train/sigmoid4");

  test.for(cases.filter(({ bn }) => bn === "eval"))(
    "$key: maps of every stage, firing rates, logits",
    (which) => {
      const golden = goldenFile(`svf_tiny_${which.att_mode}_eval`);
      const model = build(which);
      withoutGradients(() => {
        const video = clip(which);
        expect(video.data).toEqual(golden.get("x").data);
        const seen = watch(model, video);
        expectStages(which, seen, subject);
        for (const [name, map] of seen.stages) {
          if (!golden.has(`stage/${name}`)) continue;
          const want = golden.get(`stage/${name}`).data;
          const got = map.shape.length === 5 ? toGolden(map) : map.data;
          expectClose(name, got, want, 10 * subject.epsilon, absMax(want));
        }
        expectClose("logits", seen.logits.data, golden.get("logits").data, 4 * subject.epsilon);
        const { logits } = model.forward(tensor(video.data, video.shape));
        expect(logits!.data).toEqual(seen.logits.data);
      });
      model.dispose();
    },
  );

  test.for(cases.filter(({ bn }) => bn === "train"))(
    "$key: a training step's maps, loss, gradients and running statistics",
    (which) => {
      const model = build(which);
      scope(() => {
        const seen = watch(model, clip(which));
        expectStages(which, seen, subject);
        expectClose("logits", seen.logits.data, which.logits.flat(), 10 * subject.epsilon);
        const loss = crossEntropy(seen.logits, which.labels!);
        expectClose("loss", loss.data, [which.loss!], 4 * subject.epsilon);
        expectGradients(which, model, loss, subject);
        for (const [path, statistics] of model.namedTensors()) {
          const after = which.bn_after?.[officialName(path)];
          if (statistics.requiresGrad || after === undefined) continue;
          expectClose(path, [meanOf(statistics.data), l2(statistics.data)], after, 10 * subject.epsilon);
        }
      });
      model.dispose();
    },
  );
});

function expectGradients(which: TinyCase, model: SpikeVideoFormer, loss: Tensor, subject: Subject): void {
  const named = [...model.namedTensors()].filter(([, tensor]) => tensor.requiresGrad);
  const found = gradients(
    loss,
    named.map(([, tensor]) => tensor),
  );
  const golden = goldenFile(`svf_tiny_${which.att_mode}_train`);
  expect(named.map(([path]) => officialName(path)).sort()).toEqual(Object.keys(which.grad_l2!).sort());
  const norms = Object.entries(which.grad_l2!);
  named.forEach(([path], i) => {
    const name = officialName(path);
    const data = found[i]!.data;
    // Gradients of what a normalisation undoes are 0: what is left is rounding of the terms that cancel.
    const block = name.split(".", 2).join(".");
    const scale = Math.max(...norms.filter(([other]) => other.startsWith(block)).map(([, norm]) => norm));
    const want = which.grad_l2![name]!;
    expectClose(`norm of ${name}`, [l2(data)], [want], 20 * subject.epsilon, 0.2 * scale);
    if (which.surrogate !== "sigmoid4" || !golden.has(`grad/${name}`)) return;
    const values = golden.get(`grad/${name}`).data;
    expectClose(`gradient of ${name}`, data, values, 20 * subject.epsilon, absMax(values));
  });
}
