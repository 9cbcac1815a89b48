/** `saccade datasets`: what can be read, and what a copy holds. */
import { ArgumentError } from "../../../src/core/index.ts";
import {
  type Dataset,
  type DatasetKind,
  type DatasetName,
  datasets,
  type Named,
} from "../../../src/data/index.ts";
import { diskFolder } from "../../../src/data/node.ts";
import type { Context } from "../context.ts";
import type { DatasetsOptions } from "../datasets.ts";
import { describe, InputError, reading } from "../faults.ts";
import { startProgress } from "../progress.ts";
import { table } from "./table.ts";

/** What one split of a copy holds. */
type Split = {
  readonly split: string;
  readonly samples: number;
  readonly classes: number;
  /** Samples that could not be read, and why; only where each was read. */
  readonly broken?: readonly { readonly name: string; readonly error: string }[];
};

/** Lists the data sets, or tells of one, or looks at a copy. */
export async function describeDatasets(
  name: string | undefined,
  folder: string | undefined,
  options: DatasetsOptions,
  context: Context,
): Promise<void> {
  if (name === undefined) {
    list(options, context);
    return;
  }
  const kind = kindOf(name);
  if (folder === undefined) {
    tell(name, kind, options, context);
    return;
  }
  const found: Split[] = [];
  for (const split of options.split === undefined ? kind.splits : [options.split]) {
    const dataset = await opened(kind, folder, split, options.split !== undefined || found.length === 0);
    if (dataset === undefined) continue;
    const facts = { split, samples: dataset.length, classes: dataset.classes.length };
    found.push(options.check ? { ...facts, broken: await brokenSamples(dataset, split, context) } : facts);
    if (context.signal.aborted) return;
  }
  print(name, folder, found, options, context);
  const broken = found.reduce((sum, split) => sum + (split.broken?.length ?? 0), 0);
  if (broken > 0)
    throw new InputError(folder, `expected samples that can be read, got ${broken} that cannot`);
}

function kindOf(name: string): DatasetKind<Named> {
  if (Object.hasOwn(datasets, name)) return datasets[name as DatasetName];
  throw new ArgumentError(
    `datasets: expected one of ${Object.keys(datasets).join(", ")}, got ${JSON.stringify(name)}`,
  );
}

/** A split, or undefined where a copy has others but not this one. */
async function opened(
  kind: DatasetKind<Named>,
  folder: string,
  split: string,
  demanded: boolean,
): Promise<Dataset<Named> | undefined> {
  try {
    return await reading(folder, () => kind.open(diskFolder(folder), split));
  } catch (error) {
    if (demanded) throw error;
    return undefined;
  }
}

async function brokenSamples(
  dataset: Dataset<Named>,
  split: string,
  { stderr, now, signal, env }: Context,
): Promise<{ name: string; error: string }[]> {
  const broken: { name: string; error: string }[] = [];
  const progress = startProgress(stderr, { label: split, total: dataset.length, unit: "samples", now });
  for (let index = 0; index < dataset.length && !signal.aborted; index++) {
    try {
      await dataset.get(index);
    } catch (error) {
      broken.push({ name: `${split} ${index}`, error: describe(error, env) });
    }
    progress.update(index + 1);
  }
  progress.end();
  return broken;
}

function list({ json }: DatasetsOptions, { stdout }: Context): void {
  const all = Object.entries(datasets).map(([name, { title, splits, source }]) => ({
    name,
    title,
    splits,
    source,
  }));
  if (json) {
    stdout.write(`${JSON.stringify(all)}\n`);
    return;
  }
  const rows = all.map(({ name, title, splits }) => [name, title, splits.join(", ")]);
  stdout.write(table([["name", "data set", "splits"], ...rows], 3));
}

function tell(
  name: string,
  { title, source, splits, layout }: DatasetKind<Named>,
  { json }: DatasetsOptions,
  { stdout }: Context,
): void {
  if (json) {
    stdout.write(`${JSON.stringify({ name, title, source, splits, layout: layout.trim().split("\n") })}\n`);
    return;
  }
  const lines = layout.trim().split("\n");
  stdout.write(`${title}\nsource: ${source}\nsplits: ${splits.join(", ")}\nlayout:\n`);
  stdout.write(`${lines.map((line) => `  ${line}`).join("\n")}\n`);
}

function print(
  name: string,
  folder: string,
  found: readonly Split[],
  { json }: DatasetsOptions,
  { stdout }: Context,
): void {
  if (json) {
    stdout.write(`${JSON.stringify({ name, folder, splits: found })}\n`);
    return;
  }
  const rows = found.map(({ split, samples, classes }) => [split, String(samples), String(classes)]);
  stdout.write(table([["split", "samples", "classes"], ...rows]));
  for (const { broken = [] } of found) {
    for (const { name: sample, error } of broken) stdout.write(`${sample}: ${error}\n`);
  }
}
