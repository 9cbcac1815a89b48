/** What Node and the browser both compute: a small network's outputs and a gradient, in the given backend. */
import { gradients } from "../../src/autograd/index.ts";
import { type Backend, setBackend } from "../../src/backend/index.ts";
import { Random } from "../../src/core/index.ts";
import { presets, SpikeVideoFormer } from "../../src/models/index.ts";
import { crossEntropy } from "../../src/nn/index.ts";
import { scope, tensor } from "../../src/tensor/index.ts";

/** Logits of a tiny SpikeVideoFormer on one clip of noise, and the gradient of its classifier. */
export function run(backend: Backend): Float32Array {
  setBackend(backend);
  return scope(() => {
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
  });
}
