/** Plans that know their firing rates, and how long they take to compile. */
import { compile, type CompileOptions, measureFiringRates, type Plan, Session } from "../src/engine/index.ts";
import type { Module } from "../src/nn/index.ts";
import type { Tensor } from "../src/tensor/index.ts";
import { now } from "./harness.ts";

/** A plan compiled a second time with the firing rates of a clip, and a session of it. */
export type Tuned = {
  readonly plan: Plan;
  readonly session: Session;
  /** Milliseconds of the second compilation. */
  readonly compileMs: number;
  /** Milliseconds of the first, whose code was cold. */
  readonly coldMs: number;
  /** Spikes per neuron and step by layer, in the second plan. */
  readonly rates: ReadonlyMap<string, number>;
};

/** Compiles, measures firing rates on a clip, and compiles again with those. */
export function tuned(model: Module, options: CompileOptions, clip: Tensor): Tuned {
  const start = now();
  const draft = compile(model, options);
  const drafted = now();
  const first = new Session(draft);
  const firingRates = measureFiringRates(first, () => first.run(clip));
  first.dispose();
  draft.dispose();
  const again = now();
  const plan = compile(model, { ...options, firingRates });
  const compileMs = now() - again;
  const session = new Session(plan);
  const rates = measureFiringRates(session, () => session.run(clip));
  // Neurons alone: events of the input are counted with them.
  rates.delete(plan.value(plan.graph.input).layer);
  return { plan, session, compileMs, coldMs: drafted - start, rates };
}

/** Least, mean and greatest rate of the layers, as text. */
export function spread(rates: ReadonlyMap<string, number>): string {
  const all = [...rates.values()];
  const mean = all.reduce((a, b) => a + b, 0) / all.length;
  return [Math.min(...all), mean, Math.max(...all)].map((rate) => (100 * rate).toFixed(1)).join(" – ");
}

/** Frees the outputs of a run. */
export function disposeAll(outputs: Readonly<Record<string, Tensor>>): void {
  for (const output of Object.values(outputs)) output.dispose();
}
