/** Runs of experiments as commands, each in a folder of its own, as many side by side as there are processors. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { type Change, type Experiment, merged, type Variant } from "./experiment.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const PROGRAM = join(ROOT, "dist", "apps", "cli", "main.js");

/** Numbers by the names that `saccade eval --json` gives them. */
export type Metrics = Readonly<Record<string, number>>;

/** Metrics of the model and of baselines by their names. */
export type Measured = Readonly<Record<string, Metrics>>;

/** One variant from one seed. */
export type Outcome = {
  readonly variant: string;
  readonly seed: number;
  /** Of the split of the experiment. */
  readonly test: Measured;
  /** Validation metrics of the model by step of the last stage. */
  readonly curve: readonly (readonly [step: number, metrics: Metrics])[];
};

/** Where runs are kept, and where data are. */
export type Places = { readonly runs: string; readonly data: string };

/** Takes the runs of an experiment that are not there yet, and measures all. */
export async function outcomes(experiment: Experiment, places: Places): Promise<Outcome[]> {
  const data = await dataOf(experiment, places);
  const jobs = experiment.variants.flatMap((variant) => experiment.seeds.map((seed) => ({ variant, seed })));
  const done: Outcome[] = new Array(jobs.length);
  const waiting = [...jobs.entries()];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [place, job] = next;
      done[place] = await outcomeOf(experiment, { ...job, data, runs: places.runs });
    }
  };
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, worker));
  return done;
}

/** One run and its place. */
type Job = {
  readonly variant: Variant;
  readonly seed: number;
  readonly data: string;
  readonly runs: string;
};

async function outcomeOf(experiment: Experiment, { variant, seed, data, runs }: Job): Promise<Outcome> {
  const base = parse(await readFile(join(ROOT, "configs", "results", experiment.config), "utf8")) as Change;
  let init: string | undefined;
  let folder = "";
  for (const [stage, change] of variant.stages.entries()) {
    folder = join(runs, experiment.name, `${fileName(variant.label)}-${seed}-${stage + 1}`);
    await trainOnce({ ...merged(base, change), seed }, folder, data, init);
    init = join(folder, "model.safetensors");
  }
  const evaluations = await evaluationsOf(folder);
  const test = await measured(folder, experiment, data);
  const curve = evaluations.map(({ step, evaluation }) => [step, evaluation["model"]!] as const);
  return { variant: variant.label, seed, test, curve };
}

/** The folder of an experiment's data, which are generated if they are not there yet. */
async function dataOf({ data = "", recipe }: Experiment, places: Places): Promise<string> {
  if (recipe === undefined) return join(places.data, data);
  const folder = join(places.runs, "data", recipe.replace(".yaml", ""));
  const source = join(ROOT, "configs", "results", recipe);
  if (!existsSync(join(folder, "manifest.json"))) await saccade(["generate", source, "--out", folder]);
  return folder;
}

function fileName(label: string): string {
  return label.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
}

/** Trains in a folder what is not trained there yet. */
async function trainOnce(config: Change, folder: string, data: string, init?: string): Promise<void> {
  if (existsSync(join(folder, "done"))) return;
  await mkdir(folder, { recursive: true });
  const file = join(folder, "config.yaml");
  await writeFile(file, stringify(config));
  const start = init === undefined ? [] : ["--init", init];
  const place = ["--config", file, "--data", data, "--out", folder, "--threads", "1", "--resume"];
  const began = performance.now();
  await saccade(["train", ...place, ...start]);
  await writeFile(join(folder, "done"), `${((performance.now() - began) / 60_000).toFixed(1)} minutes\n`);
}

async function measured(folder: string, { split }: Experiment, data: string): Promise<Measured> {
  const file = join(folder, `${split}.json`);
  if (!existsSync(file)) {
    const weights = join(folder, "model.safetensors");
    const cache = join(folder, "..", "clips");
    const place = ["--data", data, "--split", split, "--cache", cache];
    const text = await saccade(["eval", "--weights", weights, ...place, "--json", "--threads", "1"]);
    await writeFile(file, text);
  }
  const found = JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
  const rows = Object.entries(found).filter(([, value]) => typeof value === "object");
  // The first row is the model's, under the name of its file.
  return Object.fromEntries(rows.map(([name, value], i) => [i === 0 ? "model" : name, value])) as Measured;
}

/** What a run measured of the validation data, in the order of its steps. */
async function evaluationsOf(folder: string): Promise<{ step: number; evaluation: Measured }[]> {
  const lines = (await readFile(join(folder, "log.jsonl"), "utf8")).trimEnd().split("\n");
  return lines
    .map((line) => JSON.parse(line) as { step: number; evaluation?: Measured })
    .filter((line): line is { step: number; evaluation: Measured } => line.evaluation !== undefined);
}

/** Runs the program; its standard output. */
function saccade(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    console.log(`saccade ${args.join(" ")}`);
    const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    let [out, err] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (err = (err + text).slice(-2000)));
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(out);
      else reject(new Error(`saccade ${args.join(" ")}: exit code ${code}\n${err}`));
    });
  });
}
