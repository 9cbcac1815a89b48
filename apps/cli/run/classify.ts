/** What `saccade classify` does. */
import { softmax } from "../../../src/autograd/index.ts";
import { modelInput } from "../../../src/data/index.ts";
import { jsonLine } from "../../../src/io/index.ts";
import { runModel } from "../../../src/models/index.ts";
import { scope, tensor, withoutGradients } from "../../../src/tensor/index.ts";
import { rankedClasses } from "../../../src/train/index.ts";
import type { ClassifyOptions } from "../classify.ts";
import type { Context } from "../context.ts";
import { InputError, reading } from "../faults.ts";
import { withBackend } from "./backends.ts";
import { readSample } from "./labelled-input.ts";
import { type LabelledModel, readLabelledModel } from "./labelled-model.ts";
import { table } from "./table.ts";

/** What an input is taken for. */
export type Classified = {
  readonly file: string;
  /** The most probable classes, those first. */
  readonly classes: readonly { readonly name: string; readonly probability: number }[];
};

/** Tells the classes of inputs, one after the other: lines of JSON as they come, or a table in the end. */
export async function classify(
  inputs: readonly string[],
  options: ClassifyOptions,
  context: Context,
): Promise<void> {
  await withBackend({ ...options, env: context.env }, async () => {
    const model = await readLabelledModel(options.weights, "classification");
    const rows: string[][] = [];
    try {
      for (const file of inputs) {
        context.signal.throwIfAborted();
        const classified = await classifyOne(file, model, options.top, context);
        if (options.json === true) context.stdout.write(jsonLine(classified));
        else {
          classified.classes.forEach(({ name, probability }, i) => {
            rows.push([i === 0 ? file : "", name, `${(100 * probability).toFixed(1)} %`]);
          });
        }
      }
    } finally {
      model.model.dispose();
    }
    context.stdout.write(table(rows, 2));
  });
}

async function classifyOne(
  file: string,
  { model, input, classes }: LabelledModel,
  top: number,
  context: Context,
): Promise<Classified> {
  const sample = await readSample(file, input, context);
  return reading(file, () =>
    withoutGradients(() =>
      scope(() => {
        const { values, shape } = modelInput(sample, input);
        const { logits } = runModel(model, { input: tensor(values, shape) });
        const probabilities = [...softmax(logits!).data];
        if (probabilities.length !== classes.length) {
          throw new InputError(
            file,
            `expected a model of ${classes.length} classes, got ${probabilities.length}`,
          );
        }
        const chosen = rankedClasses(probabilities).slice(0, top);
        return { file, classes: chosen.map((k) => ({ name: classes[k]!, probability: probabilities[k]! })) };
      }),
    ),
  );
}
