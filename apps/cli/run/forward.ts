import { dims, show } from "../../../src/core/index.ts";
import { type CompileOptions, Session, tune, typicalCosts } from "../../../src/engine/index.ts";
import { encodeSafetensors, type StoredTensor } from "../../../src/io/index.ts";
import { readFileBounded, writeFileAtomic } from "../../../src/core/node.ts";
import { type ConfiguredModel, kindOf, runModel, type SpikeVideoFormer } from "../../../src/models/index.ts";
import { type Tensor, tensor, withoutGradients } from "../../../src/tensor/index.ts";
import type { Context } from "../context.ts";
import { reading, writing } from "../faults.ts";
import type { ForwardOptions } from "../forward.ts";
import { withBackend } from "./backends.ts";
import { type Clip, readClip, readClips } from "./clip-file.ts";
import { checkDistinct } from "./distinct-files.ts";
import { kernelCosts } from "./kernel-costs.ts";
import { compilable, loadModel } from "./model-source.ts";

/** `saccade forward`: the inputs of a model from a file through it, its outputs to another. */
export async function forward(options: ForwardOptions, context: Context): Promise<void> {
  const { input, out } = options;
  checkDistinct([input, options.weights, options.model], [out]);
  const outputs = await withBackend({ ...options, env: context.env }, async () => {
    const loaded = await loadModel(options.weights, options.model);
    if (options.engine === "eager") return reading(input, () => runEager(loaded, input));
    const model = compilable("forward", loaded);
    const clip = await reading(input, async () => readClip(await readFileBounded(input), input));
    const { precision = "f32", calibrate } = options;
    const { T: timeSteps } = await reading(input, () => checkShape(model, clip));
    const costs = calibrate ? await kernelCosts(context) : typicalCosts;
    const compilation = { input: clip.shape.slice(1), timeSteps, precision, costs };
    return reading(input, () => runCompiled(model, clip, compilation));
  });
  // One turn of the event loop: Ctrl-C could not be heard while the model ran.
  await new Promise((resolve) => setImmediate(resolve));
  if (context.signal.aborted) return;
  await writing(out, () => writeFileAtomic(out, encodeSafetensors(outputs)));
  for (const [name, { shape }] of outputs) context.stdout.write(`${out}: ${name} ${show(shape)}\n`);
}

async function runEager(model: ConfiguredModel, file: string): Promise<Map<string, StoredTensor>> {
  const names = Object.keys(kindOf(model.config.model).inputs);
  const clips = readClips(await readFileBounded(file), file, names);
  return withoutGradients(() => {
    const inputs = [...clips].map(([name, { data, shape }]) => [name, tensor(data, shape)] as const);
    return stored(runModel(model, Object.fromEntries(inputs)));
  });
}

function checkShape({ config }: SpikeVideoFormer, { shape }: Clip): { T: number } {
  return dims("SpikeVideoFormer", `T B ${config.inChannels} H W`, shape) as { T: number };
}

function runCompiled(
  model: SpikeVideoFormer,
  { data, shape }: Clip,
  options: CompileOptions,
): Map<string, StoredTensor> {
  return withoutGradients(() => {
    const clip = tensor(data, shape);
    return stored(new Session(tune(model, options, clip)).run(clip));
  });
}

function stored(outputs: Readonly<Record<string, Tensor>>): Map<string, StoredTensor> {
  return new Map(
    Object.entries(outputs).map(([name, { shape, data }]) => [
      name,
      { dtype: "F32", shape, data: Float32Array.from(data) },
    ]),
  );
}
