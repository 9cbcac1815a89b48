/** What evaluations tell, as tables. */
import { JOINT_NAMES } from "../../../src/body/index.ts";
import type { Measure, Metrics } from "../../../src/train/index.ts";
import { table } from "./table.ts";

/** A row for each model and baseline, a column for each metric of a measure. */
export function metricsTable(
  { unit, columns }: Pick<Measure<unknown>, "unit" | "columns">,
  rows: Readonly<Record<string, Metrics>>,
): string {
  return table([
    [unit, ...columns.map(({ label }) => label)],
    ...Object.entries(rows).map(([name, metrics]) => [
      name,
      ...columns.map(({ key, digits, scale = 1 }) => (scale * (metrics[key] as number)).toFixed(digits)),
    ]),
  ]);
}

/** Pelvis-aligned error of each joint in millimetres, a column a model. */
export function jointTable(columns: Readonly<Record<string, Metrics>>): string {
  return table([
    ["mm", ...Object.keys(columns)],
    ...JOINT_NAMES.map((joint, j) => [
      joint,
      ...Object.values(columns).map((metrics) => (metrics["perJoint"] as number[])[j]!.toFixed(1)),
    ]),
  ]);
}

/** Rows of an evaluation under names for people: "meanPose" is "mean pose". */
export function inWords(rows: Readonly<Record<string, Metrics>>): Record<string, Metrics> {
  const words = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return Object.fromEntries(Object.entries(rows).map(([name, metrics]) => [words(name), metrics]));
}
