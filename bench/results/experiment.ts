/** What an experiment is: a run described by a configuration, with variants, each from several seeds. */

/** A part of a configuration, laid over it. */
export type Change = { readonly [key: string]: unknown };

/** One model of an experiment. */
export type Variant = {
  readonly label: string;
  /** What is different in the configuration; of several, each run starts from the weights of the one before. */
  readonly stages: readonly Change[];
};

/** A metric of the table; the first one is that of the curves. */
export type Column = {
  /** As in `saccade eval --json`. */
  readonly key: string;
  readonly label: string;
  readonly digits: number;
  readonly scale?: number;
};

/** See the head of this file. */
export type Experiment = {
  readonly name: string;
  readonly title: string;
  /** What is learned from what, and what is compared; Markdown. */
  readonly about: string;
  /** Configuration, in `configs/results/`. */
  readonly config: string;
  /** Folder of the data within `SACCADE_DATA`. */
  readonly data?: string;
  /** In its place: a recipe in `configs/results/` from which the data are generated. */
  readonly recipe?: string;
  /** Split that the table is of; the curves are of the validation data. */
  readonly split: string;
  readonly columns: readonly Column[];
  readonly variants: readonly Variant[];
  readonly seeds: readonly number[];
  /** What the outcome says beside the paper; Markdown. */
  readonly remarks: string;
};

/** A configuration with changes laid over it, level by level. */
export function merged(base: Change, change: Change): Change {
  const out: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(change)) {
    const below = out[key];
    out[key] = isChange(below) && isChange(value) ? merged(below, value) : value;
  }
  return out;
}

function isChange(value: unknown): value is Change {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
