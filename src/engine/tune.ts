/** Compilation in two passes: the second knows how often every neuron fires. */
import type { Module } from "../nn/index.ts";
import type { Tensor } from "../tensor/index.ts";
import { compile, type CompileOptions } from "./compile.ts";
import type { Plan } from "./plan.ts";
import { Session } from "./session.ts";

/**
 * Spikes per neuron and step by layer of neurons, in a run or a push: the `firingRates` of `compile`. A clip of events
 * counts as the layer `input`.
 * @param run - runs the session once; its outputs are freed
 */
export function measureFiringRates(
  session: Session,
  run: () => Readonly<Record<string, Tensor>>,
): Map<string, number> {
  const rates = new Map<string, number>();
  const { input } = session.plan.graph;
  session.watch(({ work, neuron }, step) => {
    step();
    if (work.kind === "convolution" && work.input === input && session.inputFired) {
      rates.set(session.plan.value(input).layer, session.firingRate(input));
    }
    if (neuron === null) return;
    rates.set(session.plan.value(neuron.spikes).layer, session.firingRate(neuron.spikes));
  });
  try {
    for (const output of Object.values(run())) output.dispose();
  } finally {
    session.watch(null);
  }
  return rates;
}

/**
 * Compiles a model for clips like this one: compiles, runs the clip once to measure firing rates, and compiles again
 * with those. Rates that `options` names are taken as they are. Results of plans with other choices differ by rounding.
 *
 * @param model - as for `compile`
 * @param clip - a typical input, `[T, B, C, H, W]`
 * @throws ShapeError, ArgumentError, UnsupportedError as `compile`, `Session` and `Session.run`
 */
export function tune(model: Module, options: CompileOptions, clip: Tensor): Plan {
  const draft = compile(model, options);
  let rates: Map<string, number>;
  try {
    const session = new Session(draft);
    try {
      rates = measureFiringRates(session, () => session.run(clip));
    } finally {
      session.dispose();
    }
  } finally {
    draft.dispose();
  }
  return compile(model, { ...options, firingRates: new Map([...rates, ...(options.firingRates ?? [])]) });
}
