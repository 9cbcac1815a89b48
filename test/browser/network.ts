/** What Node and browsers both compute, in the given backend. */
import { gradients } from "../../src/autograd/index.ts";
import { type Backend, setBackend } from "../../src/backend/index.ts";
import { Random } from "../../src/core/index.ts";
import { compile, Session } from "../../src/engine/index.ts";
import { presets, SpikeVideoFormer } from "../../src/models/index.ts";
import { crossEntropy } from "../../src/nn/index.ts";
import { scope, type Tensor, tensor, withoutGradients } from "../../src/tensor/index.ts";

/** Logits of a tiny SpikeVideoFormer on one clip of noise, and the gradient of its classifier. */
function train(): Float32Array {
  const model = new SpikeVideoFormer({ ...presets.tiny, embedDims: [8, 16, 32, 32] }, new Random(1));
  const random = new Random(2);
  const pixels = Float32Array.from({ length: 2 * 3 * 32 * 32 }, () => random.normal());
  const { logits } = model.forward(tensor(pixels, [2, 1, 3, 32, 32]));
  const [slope] = gradients(crossEntropy(logits!, [3]), [
    model.namedTensors().get("head.classifier.weight")!,
  ]);
  const out = Float32Array.from([...logits!.data, ...slope!.data]);
  model.dispose();
  return out;
}

/** The model nano with norms that let all its layers fire, and a clip of events. */
function nano(): { readonly model: SpikeVideoFormer; readonly clip: Tensor } {
  const model = new SpikeVideoFormer(presets.nano, new Random(1)).eval();
  for (const [name, { data }] of model.namedTensors()) {
    const random = new Random(name.length);
    if (/norm\d?\.bias$/.test(name)) data.forEach((_, i) => (data[i] = 0.25 + 0.8 * random.normal()));
    if (/norm\d?\.weight$/.test(name)) data.fill(3);
  }
  const random = new Random(2);
  const events = Float32Array.from({ length: 4 * 4 * 64 * 64 }, () => Number(random.uniform() < 0.08));
  return { model, clip: tensor(events, [4, 1, 4, 64, 64], { spikeLevels: 1 }) };
}

function numbersOf(outputs: Record<string, Tensor>): number[] {
  return Object.keys(outputs)
    .toSorted()
    .flatMap((name) => Array.from(outputs[name]!.data));
}

function forward(): Float32Array {
  const { model, clip } = nano();
  const out = withoutGradients(() => Float32Array.from(numbersOf(model.forward(clip))));
  model.dispose();
  return out;
}

/** The compiled nano in both precisions. */
function infer(): Float32Array {
  const { model, clip } = nano();
  const out = (["f32", "int16"] as const).flatMap((precision) => {
    const plan = compile(model, { input: [4, 64, 64], timeSteps: 4, precision });
    const session = new Session(plan);
    const numbers = numbersOf(session.run(clip));
    session.dispose();
    plan.dispose();
    return numbers;
  });
  model.dispose();
  return Float32Array.from(out);
}

const programs = { train, forward, infer } as const;

/** `train`: a tiny model's logits and a gradient; `forward`: outputs of nano; `infer`: those of the compiled nano. */
export type Program = keyof typeof programs;

/** Runs a program. */
export function run(backend: Backend, program: Program): Float32Array {
  setBackend(backend);
  return scope(programs[program]);
}
