/** What a step of a plan did in the last run of a session: operations counted from the spikes themselves. */
import type { LayerLoad } from "./demand.ts";
import { currentOf } from "./buffers.ts";
import type { ConvolutionWeights, Value, ValueId } from "./graph.ts";
import type { PlannedStep } from "./plan.ts";
import type { Session } from "./session.ts";

/** A load with what the same step costs a dense network. */
export type StepLoad = LayerLoad & { readonly denseMacs: number };

/** Counts a step. Its inputs and outputs must still lie in the buffers: call it in a watch, after the step ran. */
export function loadOf(session: Session, step: PlannedStep): StepLoad {
  const { plan } = session;
  const frames = plan.timeSteps * plan.batch;
  const sizeOf = (id: ValueId): number => frames * product(plan.value(id).shape);
  const outputs = sizeOf(currentOf(step));
  const common = {
    inputSpikes: 0,
    outputs,
    outputSpikes: step.neuron === null ? null : sum(session.spikeCounts(step.neuron.spikes)),
    frames,
    weights: 0,
    weightBytes: 4,
    biased: false,
    added: step.residual === null ? 0 : outputs,
    kept: step.membrane === null ? 0 : outputs,
    taps: 0,
    spatial: false,
    acs: 0,
    macs: 0,
    denseMacs: 0,
    driver: "reals",
  } as const;
  const { work } = step;
  switch (work.kind) {
    case "convolution": {
      const { weights, input } = work;
      const from = plan.value(input);
      const denseMacs = outputs * (weights.weight.length / weights.outChannels);
      const load = {
        ...common,
        inputs: sizeOf(input),
        denseMacs,
        weights: weights.weight.length + (weights.bias?.length ?? 0),
        weightBytes: step.weights?.gather?.precision === "int16" ? 2 : 4,
        biased: weights.bias !== null,
        taps: weights.outChannels * weights.kernel ** 2,
        spatial: from.shape[0] * from.shape[1] > 1,
      };
      const fired = from.levels > 0 || (input === plan.graph.input && session.inputFired);
      if (!fired) return { ...load, macs: denseMacs };
      const counts = session.spikeCounts(input);
      const acs = accumulates(counts, weights, from, plan.value(work.output));
      return { ...load, driver: "spikes", inputSpikes: sum(counts), acs };
    }
    case "attention": {
      const [q, k, v] = [work.q, work.k, work.v].map((id) => sum(session.spikeCounts(id))) as [
        number,
        number,
        number,
      ];
      const depth = plan.value(work.q).shape[2] / work.heads;
      return {
        ...common,
        driver: "spikes",
        inputs: 3 * outputs,
        inputSpikes: q + k + v,
        acs: (q + v) * depth,
        denseMacs: 2 * outputs * depth,
        weights: work.heads * depth * depth,
        biased: true,
      };
    }
    case "mean":
      return { ...common, inputs: sizeOf(work.input), acs: sizeOf(work.input) };
    case "resize": {
      const [, w, C] = plan.value(work.input).shape;
      const [H, W] = plan.value(currentOf(step)).shape;
      // Two neighbours along each axis.
      const macs = 2 * frames * C * H * (w + W);
      return { ...common, inputs: sizeOf(work.input), macs, denseMacs: macs };
    }
    case "value":
      return { ...common, inputs: outputs };
  }
}

/** Accumulates of a convolution: for each spike as many as outputs that it reaches, border included. */
function accumulates(
  counts: Float64Array,
  { outChannels, groups, kernel, stride, padding }: ConvolutionWeights,
  { shape: [H, W] }: Value,
  { shape: [outH, outW] }: Value,
): number {
  const reached = (size: number, outSize: number): number[] =>
    Array.from({ length: size }, (_, at) => {
      const first = Math.max(0, Math.ceil((at + padding - kernel + 1) / stride));
      const last = Math.min(outSize - 1, Math.floor((at + padding) / stride));
      return Math.max(0, last - first + 1);
    });
  const [rows, columns] = [reached(H, outH), reached(W, outW)];
  let places = 0;
  counts.forEach((count, i) => (places += count * rows[Math.floor(i / W)]! * columns[i % W]!));
  return places * (outChannels / groups);
}

function sum(numbers: Float64Array): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}

function product(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b);
}
