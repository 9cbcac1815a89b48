import { show } from "../../../src/core/index.ts";
import { encodeSafetensors, parseSafetensors, type StoredTensor, toFloat32 } from "../../../src/io/index.ts";
import { readFileBounded, writeFileAtomic } from "../../../src/io/node.ts";
import type { SpikeVideoFormer } from "../../../src/models/index.ts";
import { tensor, withoutGradients } from "../../../src/tensor/index.ts";
import type { Context } from "../context.ts";
import { InputError, reading, writing } from "../faults.ts";
import type { ForwardOptions } from "../forward.ts";
import { withBackend } from "./backends.ts";
import { checkDistinct } from "./distinct-files.ts";
import { loadModel } from "./model-source.ts";

/** Name of the tensor that goes through the model. */
const INPUT = "input";

/** `saccade forward`: a clip `[T, B, C, H, W]` from a file through a model, its outputs to another. */
export async function forward(options: ForwardOptions, context: Context): Promise<void> {
  const { input, out } = options;
  checkDistinct([input, options.weights, options.model], [out]);
  const outputs = await withBackend({ ...options, env: context.env }, async () => {
    const model = await loadModel(options.weights, options.model);
    const video = await reading(input, async () => readVideo(await readFileBounded(input), input));
    return reading(input, () => runOnce(model, video));
  });
  // One turn of the event loop: Ctrl-C could not be heard while the model ran.
  await new Promise((resolve) => setImmediate(resolve));
  if (context.signal.aborted) return;
  await writing(out, () => writeFileAtomic(out, encodeSafetensors(outputs)));
  for (const [name, { shape }] of outputs) context.stdout.write(`${out}: ${name} ${show(shape)}\n`);
}

type Video = { readonly shape: readonly number[]; readonly data: Float32Array };

function readVideo(bytes: Uint8Array, file: string): Video {
  const { tensors } = parseSafetensors(bytes, file);
  const stored = tensors.get(INPUT);
  if (stored === undefined) {
    const names = [...tensors.keys()].slice(0, 5).join(", ");
    throw new InputError(file, `expected a tensor ${INPUT}, got ${names === "" ? "none" : names}`);
  }
  if (stored.shape.includes(0)) {
    throw new InputError(file, `${INPUT}: expected no empty axis, got ${show(stored.shape)}`);
  }
  const data = toFloat32(stored);
  const invalid = data.findIndex((value) => !Number.isFinite(value));
  if (invalid >= 0) {
    const place = `index ${invalid}, ${show(indicesOf(invalid, stored.shape))}`;
    throw new InputError(file, `${INPUT}: expected finite numbers, got ${data[invalid]} at ${place}`);
  }
  return { shape: stored.shape, data };
}

/** Position along each axis of the element with a row-major index. */
function indicesOf(index: number, shape: readonly number[]): number[] {
  let rest = index;
  return shape
    .toReversed()
    .map((size) => {
      const position = rest % size;
      rest = Math.floor(rest / size);
      return position;
    })
    .toReversed();
}

function runOnce(model: SpikeVideoFormer, { data, shape }: Video): Map<string, StoredTensor> {
  return withoutGradients(() => {
    const outputs = Object.entries(model.forward(tensor(data, shape)));
    return new Map(
      outputs.map(([name, t]) => [name, { dtype: "F32", shape: t.shape, data: Float32Array.from(t.data) }]),
    );
  });
}
