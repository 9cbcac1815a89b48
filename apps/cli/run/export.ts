import { show } from "../../../src/core/index.ts";
import { lower, toOnnx } from "../../../src/engine/index.ts";
import { writeFileAtomic } from "../../../src/core/node.ts";
import type { SpikeVideoFormer } from "../../../src/models/index.ts";
import type { Context } from "../context.ts";
import type { ExportOptions } from "../export.ts";
import { reading, writing } from "../faults.ts";
import { withBackend } from "./backends.ts";
import { checkDistinct } from "./distinct-files.ts";
import { compilable, loadModel } from "./model-source.ts";

/** Side of a frame where neither the command nor the model says otherwise. */
const SIDE = 224;

/** `saccade export`: a model as an ONNX file. */
export async function exportModel(options: ExportOptions, context: Context): Promise<void> {
  const { onnx, weights, timeSteps, batch } = options;
  checkDistinct([weights, options.model], [onnx]);
  // Nothing is computed: the backend only holds the weights.
  const { bytes, text } = await withBackend({ backend: "reference" }, async () => {
    const model = compilable("export", await loadModel(weights, options.model));
    return reading(weights, () => {
      const frame = frameOf(model, options.size);
      const graph = lower(model, frame);
      const metadata = { "saccade.config": JSON.stringify(model.config) };
      const outputs = graph.outputs.map(({ name }) => name).join(", ");
      return {
        bytes: toOnnx(graph, { timeSteps, batch, metadata }),
        text: `input ${show([timeSteps, batch, ...frame])}, outputs ${outputs}`,
      };
    });
  });
  // One turn of the event loop: Ctrl-C could not be heard while the model was written.
  await new Promise((resolve) => setImmediate(resolve));
  if (context.signal.aborted) return;
  await writing(onnx, () => writeFileAtomic(onnx, bytes));
  context.stdout.write(`${onnx}: ${text}, ${(bytes.byteLength / 1e6).toFixed(1)} MB\n`);
}

/** `[C, H, W]` of a frame. */
function frameOf({ config }: SpikeVideoFormer, size: ExportOptions["size"]): number[] {
  const side = config.head.kind === "pose" ? config.head.inputSize : SIDE;
  const { width, height } = size ?? { width: side, height: side };
  return [config.inChannels, height, width];
}
