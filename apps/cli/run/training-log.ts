/** The log of a run of training as curves, in bounded memory however long it is. */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { Json } from "../../../src/io/index.ts";
import type { Evaluation, StepReport } from "../../../src/train/index.ts";
import type { StepCurves } from "../../report/run-data.ts";

/** Points of a curve at most. */
const POINTS = 600;
/** Terms of a loss that are kept. */
const TERMS = 12;

/** A run of steps that lie next to each other. */
type Stretch = {
  last: number;
  count: number;
  lowest: number;
  highest: number;
  /** By name; the loss is among them. */
  readonly sums: Map<string, number>;
};

/** One evaluation of a run. */
export type LoggedEvaluation = { readonly step: number; readonly evaluation: Evaluation };

/** What the page of a run shows of its log. */
export type LogCurves = {
  readonly training: StepCurves;
  /** Headline metric by row at some evaluations, the last among them. */
  readonly evaluations: readonly {
    readonly step: number;
    readonly values: Readonly<Record<string, Json | undefined>>;
  }[];
  readonly last: LoggedEvaluation | undefined;
};

/**
 * Reads a log, a line at a time; lines that are none of a log, such as one that a crash broke off, are passed over.
 *
 * @param headline - key of the metric that is kept of all evaluations
 */
export async function readTrainingLog(file: string, headline: string): Promise<LogCurves> {
  const curves = new CurveMaker(headline);
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    curves.add(line);
  }
  return curves.curves();
}

/** Thins numbers as they come: all are kept until there are {@link POINTS}, then means of two, and so on. */
class CurveMaker {
  readonly #headline: string;
  #stretches: Stretch[] = [];
  #length = 1;
  #evaluations: LogCurves["evaluations"][number][] = [];
  #stride = 1;
  #seen = 0;
  #last: LoggedEvaluation | undefined;

  constructor(headline: string) {
    this.#headline = headline;
  }

  add(line: string): void {
    const entry = parse(line);
    if (!Number.isFinite(entry.step)) return;
    if (typeof entry.evaluation?.model === "object") this.#addEvaluation(entry as LoggedEvaluation);
    else if (Number.isFinite(entry.loss)) this.#addStep(entry as StepReport);
  }

  #addStep({ step, loss, rate, gradientNorm, terms }: StepReport): void {
    let stretch = this.#stretches.at(-1);
    if (stretch === undefined || stretch.count === this.#length) {
      stretch = { last: step, count: 0, lowest: loss, highest: loss, sums: new Map() };
      this.#stretches.push(stretch);
    }
    stretch.last = step;
    stretch.count++;
    stretch.lowest = Math.min(stretch.lowest, loss);
    stretch.highest = Math.max(stretch.highest, loss);
    const named = Object.entries(terms ?? {}).slice(0, TERMS);
    const values: [string, number][] = [
      [LOSS, loss],
      ["learning rate", rate],
      ["gradient norm", gradientNorm],
      ...named.map(([name, value]): [string, number] => [`loss: ${name}`, value]),
    ];
    for (const [name, value] of values) stretch.sums.set(name, (stretch.sums.get(name) ?? 0) + value);
    if (this.#stretches.length <= POINTS) return;
    this.#stretches = inPairs(this.#stretches);
    this.#length *= 2;
  }

  #addEvaluation({ step, evaluation }: LoggedEvaluation): void {
    this.#last = { step, evaluation };
    if (this.#seen++ % this.#stride !== 0) return;
    this.#evaluations.push(this.#point(this.#last));
    if (this.#evaluations.length < POINTS) return;
    this.#evaluations = this.#evaluations.filter((_, i) => i % 2 === 0);
    this.#stride *= 2;
  }

  #point({ step, evaluation }: LoggedEvaluation): LogCurves["evaluations"][number] {
    const values = Object.entries(evaluation).map(([row, metrics]) => [row, metrics[this.#headline]]);
    return { step, values: Object.fromEntries(values) };
  }

  curves(): LogCurves {
    const stretches = this.#stretches;
    const last = this.#last;
    const kept = this.#evaluations;
    const names = [...(stretches[0]?.sums.keys() ?? [])].filter((name) => name !== LOSS);
    const mean = (name: string) => stretches.map(({ sums, count }) => (sums.get(name) ?? 0) / count);
    const loss = mean(LOSS);
    // A term that is off is no news, nor is one that is the whole loss.
    const tells = (values: readonly number[]) =>
      values.some((value) => value !== 0) && values.some((value, i) => value !== loss[i]);
    return {
      training: {
        steps: stretches.map((stretch) => stretch.last),
        loss,
        lowest: stretches.map(({ lowest }) => lowest),
        highest: stretches.map(({ highest }) => highest),
        others: names
          .map((name) => ({ name, values: mean(name) }))
          .filter(({ values }) => values.every(Number.isFinite) && tells(values)),
      },
      evaluations:
        last === undefined || kept.at(-1)?.step === last.step ? kept : [...kept, this.#point(last)],
      last,
    };
  }
}

const LOSS = "loss";

function inPairs(stretches: readonly Stretch[]): Stretch[] {
  return stretches
    .filter((_, i) => i % 2 === 0)
    .map((first, i) => {
      const second = stretches[2 * i + 1];
      if (second === undefined) return first;
      const sums = new Map(first.sums);
      for (const [name, sum] of second.sums) sums.set(name, (sums.get(name) ?? 0) + sum);
      return {
        last: second.last,
        count: first.count + second.count,
        lowest: Math.min(first.lowest, second.lowest),
        highest: Math.max(first.highest, second.highest),
        sums,
      };
    });
}

/** A line of the log; empty if it is none. */
function parse(line: string): Partial<StepReport & LoggedEvaluation> {
  try {
    return (JSON.parse(line) as object | null) ?? {};
  } catch {
    return {};
  }
}
