/**
 * Evidence that each system learns: small runs from several seeds, each beside its paper's own baseline of the same size, as
 * commands of the program. Runs that are there already, finished or broken off, are taken up again.
 *
 *   npm run build && SACCADE_DATA=FOLDER npm run bench -- results [--only=staa-nmnist,…] [--runs=runs/results] [--full]
 */
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { draw, type Panel, type Series } from "./chart.ts";
import { flags, table } from "./harness.ts";
import { pageFlags, publish } from "./publish.ts";
import type { Experiment } from "./results/experiment.ts";
import { EXPERIMENTS } from "./results/experiments.ts";
import { type Metrics, type Outcome, outcomes } from "./results/runs.ts";
import { niceAxis } from "./results/axis.ts";
import type { Tone } from "./svg.ts";

const text = { type: "string" } as const;
const options = flags({ ...pageFlags, only: text, runs: text });
const wanted = options.only?.split(",") ?? EXPERIMENTS.map(({ name }) => name);
const unknown = wanted.filter((name) => !EXPERIMENTS.some((experiment) => experiment.name === name));
if (unknown.length > 0) throw new Error(`results: expected names of experiments, got ${unknown.join(", ")}`);
const data = process.env["SACCADE_DATA"];
if (data === undefined) throw new Error("results: expected the folder of data in SACCADE_DATA, got none");

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const places = { runs: join(root, options.runs ?? "runs/results"), data };
await mkdir(places.runs, { recursive: true });

const TONES: readonly Tone[] = ["float", "integer", "dense", "other"];
const body: string[] = [];
const charts = new Map<string, { svg: string; alt: string }>();
for (const experiment of EXPERIMENTS.filter(({ name }) => wanted.includes(name))) {
  const found = await outcomes(experiment, places);
  const { title, about, remarks } = experiment;
  const chart = `images/results-${experiment.name}`;
  const alt = `${title}: validation while training`;
  charts.set(chart, { svg: curves(experiment, found), alt });
  body.push(`## ${title}`, about, tableOf(experiment, found), `![${alt}](${chart}.svg)`, remarks);
}
await publish(
  {
    name: "results",
    folder: join(root, "docs"),
    title: "Evidence that each system learns",
    about:
      "Small runs, not repetitions of the papers' figures: they show that each system learns, and how it compares with its own baseline of the same size, trained alike from the same seeds. Numbers are means over the seeds with their standard deviation (n − 1) and every seed in brackets.",
    threads: "1 a run, two runs side by side",
    body,
    charts,
  },
  options,
);

/** A row for each variant and baseline: mean and deviation over the seeds of each metric. */
function tableOf({ variants, columns }: Experiment, found: readonly Outcome[]): string {
  const row = (label: string, of: readonly Metrics[]) => [
    label,
    ...columns.map(({ key, digits, scale = 1 }) =>
      spread(
        of.map((metrics) => scale * metrics[key]!),
        digits,
      ),
    ),
  ];
  const tests = (label: string) => found.filter(({ variant }) => variant === label).map(({ test }) => test);
  const rows = variants.map(({ label }) =>
    row(
      label,
      tests(label).map(({ model }) => model!),
    ),
  );
  // A baseline is measured beside every variant that has it: the first one says what it is.
  const baselines = new Set(
    found.flatMap(({ test }) => Object.keys(test).filter((name) => name !== "model")),
  );
  for (const name of baselines) {
    const beside = variants.find(({ label }) => tests(label)[0]![name] !== undefined)!;
    rows.push(
      row(
        name,
        tests(beside.label).map((test) => test[name]!),
      ),
    );
  }
  return table(["", ...columns.map(({ label }) => label)], rows);
}

function spread(values: readonly number[], digits: number): string {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const each = values.map((value) => value.toFixed(digits)).join(", ");
  if (new Set(values).size < 2) return values[0]!.toFixed(digits);
  const deviation = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1));
  return `**${mean.toFixed(digits)}** ± ${deviation.toFixed(digits)} (${each})`;
}

/** The first metric on the validation data while training: a thin line for each seed, a bold one for their mean. */
function curves({ title, variants, columns }: Experiment, found: readonly Outcome[]): string {
  const { key, label, scale = 1 } = columns[0]!;
  const series = variants.flatMap((variant, i): Series[] => {
    const tone = TONES[i % TONES.length]!;
    const seeds = found.filter((outcome) => outcome.variant === variant.label);
    const lines = seeds.map(({ curve }) =>
      curve.map(([step, metrics]) => [step, scale * metrics[key]!] as const),
    );
    const mean = lines[0]!.map(([step], k) => {
      return [step, lines.reduce((sum, line) => sum + line[k]![1], 0) / lines.length] as const;
    });
    const thin = lines.map((points): Series => ({ label: "", tone, points, style: "thin" }));
    return [...(lines.length > 1 ? thin : []), { label: variant.label, tone, points: mean }];
  });
  const points = series.flatMap((line) => line.points);
  const panel: Panel = {
    x: niceAxis(
      "training steps",
      points.map(([x]) => x),
      0,
    ),
    y: niceAxis(
      label,
      points.map(([, y]) => y),
    ),
    series,
  };
  return draw({ title, subtitle: "validation; thin lines are seeds, bold ones their mean", panels: [panel] });
}
