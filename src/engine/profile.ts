/** Where a session's time goes, which operations its spikes caused, and what they would cost. */
import { ArgumentError } from "../core/index.ts";
import type { Tensor } from "../tensor/index.ts";
import { currentOf } from "./buffers.ts";
import type { KernelEstimate } from "./choice.ts";
import { denseDemand, demandOf } from "./demand.ts";
import { type EnergyParts, energyParts, memoryCosts } from "./energy.ts";
import { loadOf, type StepLoad } from "./layer-load.ts";
import type { KernelName, PlannedStep } from "./plan.ts";
import type { Session } from "./session.ts";

/** Options of {@link profileSession}. */
export type ProfileOptions = {
  /** Milliseconds on a clock that does not jump, such as `performance.now`. */
  readonly now: () => number;
  /** Runs that are timed, 5 by default: medians are reported. One more comes first, which is counted. */
  readonly runs?: number;
};

/** Operations of a run. */
export type OperationCounts = {
  /** Multiply-accumulates that a dense network of the same steps does. */
  readonly denseMacs: number;
  /** Multiply-accumulates of steps that reals drive. */
  readonly macs: number;
  /** Accumulates of steps that spikes drive: for each spike, as many as outputs that it reaches. */
  readonly acs: number;
};

/** Energy at a process node, millijoules, spiking and of the dense network of the same steps; see `demandOf`. */
export type EnergyEstimate = {
  readonly node: string;
  readonly spiking: EnergyParts;
  readonly dense: EnergyParts;
};

/** One step of a plan. */
export type StepProfile = OperationCounts & {
  /** Path of the module. */
  readonly layer: string;
  /** What it computes, for example `conv 3×3`. */
  readonly kind: string;
  /** `[T, B, H, W, C]` of its currents. */
  readonly outputShape: readonly number[];
  /** Spikes per neuron and step of what drives it, mean of q, k and v for attention; null for reals. */
  readonly firingRate: number | null;
  /** Spikes per neuron and step of its neurons; null without. */
  readonly outputFiringRate: number | null;
  readonly kernel: KernelName;
  /** What there was to choose from, when the plan was made. */
  readonly estimates: readonly KernelEstimate[];
  /** Median of the runs. */
  readonly ms: number;
  /** Of the sum of all steps. */
  readonly share: number;
  readonly energy: readonly EnergyEstimate[];
};

/** A profile of a session. */
export type SessionProfile = {
  readonly steps: readonly StepProfile[];
  /** Median of whole runs that nobody watched, and the fastest: other work on the machine only ever adds. */
  readonly ms: number;
  readonly fastestMs: number;
  readonly runs: number;
  /** Sums over the steps. */
  readonly total: OperationCounts & { readonly energy: readonly EnergyEstimate[] };
};

/**
 * Profiles a session on a clip. Operations are those of event-driven hardware: a step that spikes drive counts
 * accumulates even where the dense kernel is faster on this machine, and a RepConv that runs as three factors counts as
 * these three.
 *
 * @param clip - `[T, B, C, H, W]`, as for `Session.run`
 * @throws ArgumentError unless `runs` is a whole number of at least 1
 * @throws ShapeError when the clip is not what the plan was compiled for
 */
export function profileSession(
  session: Session,
  clip: Tensor,
  { now, runs = 5 }: ProfileOptions,
): SessionProfile {
  if (!Number.isInteger(runs) || runs < 1) {
    throw new ArgumentError(`profile: runs: expected a whole number ≥ 1, got ${runs}`);
  }
  const { steps } = session.plan;
  const loads = new Map<PlannedStep, StepLoad>();
  const times = new Map<PlannedStep, number[]>(steps.map((step) => [step, []]));
  session.watch((step, run) => {
    run();
    loads.set(step, loadOf(session, step));
  });
  try {
    runOnce(session, clip);
    session.watch((step, run) => {
      const start = now();
      run();
      times.get(step)!.push(now() - start);
    });
    for (let i = 0; i < runs; i++) runOnce(session, clip);
  } finally {
    session.watch(null);
  }
  const whole: number[] = [];
  for (let i = 0; i < runs; i++) {
    const start = now();
    runOnce(session, clip);
    whole.push(now() - start);
  }
  const medians = steps.map((step) => median(times.get(step)!));
  const sum = medians.reduce((a, b) => a + b, 0);
  const rows = steps.map((step, i) => rowOf(session, step, loads.get(step)!, medians[i]!, sum));
  return { steps: rows, ms: median(whole), fastestMs: Math.min(...whole), runs, total: totalOf(rows) };
}

/** The middle number; the mean of the two middle ones of an even count. NaN of none. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
}

function runOnce(session: Session, clip: Tensor): void {
  for (const output of Object.values(session.run(clip))) output.dispose();
}

function rowOf(session: Session, step: PlannedStep, load: StepLoad, ms: number, sum: number): StepProfile {
  const { timeSteps, batch } = session.plan;
  const { denseMacs, macs, acs, driver, inputSpikes, inputs, outputSpikes, outputs } = load;
  return {
    layer: step.layer,
    kind: kindOf(step),
    outputShape: [timeSteps, batch, ...session.plan.value(currentOf(step)).shape],
    firingRate: driver === "spikes" ? inputSpikes / inputs : null,
    outputFiringRate: outputSpikes === null ? null : outputSpikes / outputs,
    denseMacs,
    macs,
    acs,
    kernel: driver === "spikes" && step.weights?.gather ? "gather" : step.kernel,
    // An input of reals leaves no choice: the estimates are for one of events.
    estimates: step.estimates.filter(
      ({ kernel }) => driver === "spikes" || /^(?:merged|factored)$/.test(kernel),
    ),
    ms,
    share: sum === 0 ? 0 : ms / sum,
    energy: memoryCosts.map((cost) => ({
      node: cost.node,
      spiking: energyParts(demandOf(load), cost),
      dense: energyParts(denseDemand(load, denseMacs), cost),
    })),
  };
}

/** A step's work in a few letters. */
function kindOf({ work, residual }: PlannedStep): string {
  switch (work.kind) {
    case "convolution": {
      const { kernel, groups } = work.weights;
      return `${groups > 1 ? "depthwise" : "conv"} ${kernel}×${kernel}`;
    }
    case "attention":
      return `${work.extent} attention`;
    case "value":
      return residual === null ? "neurons" : "add";
    default:
      return work.kind;
  }
}

function totalOf(rows: readonly StepProfile[]): SessionProfile["total"] {
  const sum = (numberOf: (row: StepProfile) => number): number =>
    rows.reduce((total, row) => total + numberOf(row), 0);
  const parts = (of: (row: StepProfile) => EnergyParts): EnergyParts => ({
    synapsesMj: sum((row) => of(row).synapsesMj),
    neuronsMj: sum((row) => of(row).neuronsMj),
    addressesMj: sum((row) => of(row).addressesMj),
    memoryMj: sum((row) => of(row).memoryMj),
  });
  return {
    denseMacs: sum((row) => row.denseMacs),
    macs: sum((row) => row.macs),
    acs: sum((row) => row.acs),
    energy: memoryCosts.map(({ node }, i) => ({
      node,
      spiking: parts((row) => row.energy[i]!.spiking),
      dense: parts((row) => row.energy[i]!.dense),
    })),
  };
}
