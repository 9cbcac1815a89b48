/** Evaluations as pages show them: bounded, and in the units of tables. */
import { parseInputMetadata } from "../../../src/data/index.ts";
import type { Json } from "../../../src/io/index.ts";
import type { TaskName } from "../../../src/models/index.ts";
import type { Measure, MetricColumn, Metrics } from "../../../src/train/index.ts";
import type { Confusion, Measured, MeasuredRow } from "../../report/run-data.ts";

/** Classes of a matrix of confusions at most. */
const MATRIX_CLASSES = 40;
/** Steps of a window at most. */
const WINDOW_STEPS = 600;

/** What a measure shows of rows of metrics. */
export type MeasuredOptions = {
  /** How many of the rows are models; the rest are baselines. */
  readonly models: number;
  readonly classes: readonly string[];
  readonly on: string;
};

/** Rows of metrics for a page. */
export function measured(
  measure: Pick<Measure<unknown>, "unit" | "columns" | "headline">,
  rows: Readonly<Record<string, Metrics>>,
  { models, classes, on }: MeasuredOptions,
): Measured {
  const { unit, columns, headline } = measure;
  return {
    unit,
    columns: columns.map(({ label, digits }) => ({ label, digits })),
    headline: { column: columns.findIndex(({ key }) => key === headline.key), better: headline.better },
    rows: Object.entries(rows).map(([name, metrics], i) => ({
      name,
      baseline: i >= models,
      values: columns.map((column) => shownValue(column, metrics[column.key])),
      ...parts(metrics, classes),
    })),
    on,
  };
}

/** A metric as tables show it; null for what is not known. */
export function shownValue({ scale = 1 }: MetricColumn, value: Json | undefined): number | null {
  return typeof value === "number" && Number.isFinite(value) ? scale * value : null;
}

/** Names of the classes that a model tells apart; none where it tells no classes. */
export function classNames(task: TaskName, metadata: Readonly<Record<string, string>>): readonly string[] {
  return task === "classification" || task === "segmentation" ? parseInputMetadata(metadata).classes : [];
}

function parts(
  metrics: Metrics,
  classes: readonly string[],
): Pick<MeasuredRow, "confusion" | "iou" | "perJoint" | "perStep"> {
  const { confusion, iou, perJoint, perStep } = metrics;
  const nameOf = (label: number) => classes[label] ?? `class ${label}`;
  return {
    ...(Array.isArray(confusion) && { confusion: confusionOf(confusion as number[][], nameOf) }),
    ...(Array.isArray(iou) && {
      iou: (iou as (number | null)[]).map((share, label) => ({ name: nameOf(label), share })),
    }),
    ...(Array.isArray(perJoint) && { perJoint: perJoint as number[] }),
    ...(Array.isArray(perStep) && perStep.length <= WINDOW_STEPS && { perStep: perStep as number[] }),
  };
}

/** Of many classes those that most often go wrong, as the true or as the predicted one. */
function confusionOf(counts: readonly (readonly number[])[], nameOf: (label: number) => string): Confusion {
  const labels = counts.map((_, label) => label);
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  const samples = counts.map(sum);
  const predicted = labels.map((label) => sum(counts.map((row) => row[label]!)));
  const wrong = labels.map((label) => samples[label]! + predicted[label]! - 2 * counts[label]![label]!);
  const chosen = labels
    .toSorted((a, b) => wrong[b]! - wrong[a]!)
    .slice(0, MATRIX_CLASSES)
    .sort((a, b) => a - b);
  return {
    classes: chosen.map(nameOf),
    counts: chosen.map((truth) => chosen.map((label) => counts[truth]![label]!)),
    samples: chosen.map((truth) => samples[truth]!),
    of: counts.length,
  };
}
