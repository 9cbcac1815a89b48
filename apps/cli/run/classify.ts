/** What `saccade classify` does. */
import { basename } from "node:path";
import { softmax } from "../../../src/autograd/index.ts";
import { writeFileAtomic } from "../../../src/core/node.ts";
import { modelInput } from "../../../src/data/index.ts";
import { jsonLine } from "../../../src/io/index.ts";
import { runModel } from "../../../src/models/index.ts";
import { scope, tensor, withoutGradients } from "../../../src/tensor/index.ts";
import { rankedClasses } from "../../../src/train/index.ts";
import type { ClassifiedInput } from "../../report/labelled-data.ts";
import { renderLabelled } from "../../report/render-labelled.ts";
import type { ClassifyOptions } from "../classify.ts";
import type { Context } from "../context.ts";
import { InputError, reading, writing } from "../faults.ts";
import { withBackend } from "./backends.ts";
import { checkDistinct } from "./distinct-files.ts";
import { readSample } from "./labelled-input.ts";
import { type LabelledModel, readLabelledModel } from "./labelled-model.ts";
import { labellingModel } from "./labelled-report.ts";
import { seenFrames } from "./seen-frames.ts";
import { table } from "./table.ts";

/** What an input is taken for. */
export type Classified = {
  readonly file: string;
  /** The most probable classes, those first. */
  readonly classes: readonly { readonly name: string; readonly probability: number }[];
};

/** Frames of an input that a page shows. */
const SHOWN_FRAMES = 16;

/** Tells the classes of inputs, one after the other: lines of JSON as they come, or a table in the end; and a page if wanted. */
export async function classify(
  inputs: readonly string[],
  options: ClassifyOptions,
  context: Context,
): Promise<void> {
  const { weights, top, json = false, html } = options;
  checkDistinct([...new Set(inputs), weights], html === undefined ? [] : [html]);
  await withBackend({ ...options, env: context.env }, async () => {
    const labelled = await readLabelledModel(weights, "classification");
    const rows: string[][] = [];
    const shown: ClassifiedInput[] = [];
    try {
      for (const file of inputs) {
        context.signal.throwIfAborted();
        const seen = modelInput(await readSample(file, labelled.input, context), labelled.input);
        const classes = await classesOf(file, seen, labelled, top);
        if (json) context.stdout.write(jsonLine({ file, classes } satisfies Classified));
        classes.forEach(({ name, probability }, i) => {
          rows.push([i === 0 ? file : "", name, `${(100 * probability).toFixed(1)} %`]);
        });
        if (html === undefined) continue;
        const frames = seenFrames(seen, labelled.input, SHOWN_FRAMES);
        const aspect = seen.shape.at(-1)! / seen.shape.at(-2)!;
        shown.push({ name: basename(file), frames, aspect, classes });
      }
      if (html !== undefined) {
        const page = renderLabelled({
          kind: "classes",
          title: shown.length === 1 ? shown[0]!.name : `${shown.length} inputs`,
          model: labellingModel(weights, labelled),
          node: process.version.replace(/^v/, ""),
          notes: [],
          events: labelled.input.kind === "events",
          inputs: shown,
        });
        await writing(html, () => writeFileAtomic(html, new TextEncoder().encode(page)));
      }
    } finally {
      labelled.model.dispose();
    }
    if (!json) context.stdout.write(table(rows, 2));
  });
}

function classesOf(
  file: string,
  { values, shape }: ReturnType<typeof modelInput>,
  { model, classes }: LabelledModel,
  top: number,
): Promise<Classified["classes"]> {
  return reading(file, () =>
    withoutGradients(() =>
      scope(() => {
        const { logits } = runModel(model, { input: tensor(values, shape) });
        const probabilities = [...softmax(logits!).data];
        if (probabilities.length !== classes.length) {
          throw new InputError(
            file,
            `expected a model of ${classes.length} classes, got ${probabilities.length}`,
          );
        }
        const chosen = rankedClasses(probabilities).slice(0, top);
        return chosen.map((k) => ({ name: classes[k]!, probability: probabilities[k]! }));
      }),
    ),
  );
}
