/** Steps of a plan made ready to run over buffers. */
import {
  type AttentionTerms,
  backend,
  type PackedAttention,
  planesOf,
  type Settlement,
  stateChannels,
  tableSize,
} from "../backend/index.ts";
import { bilinear } from "../nn/index.ts";
import type { Score } from "../snn/index.ts";
import { type Buffers, currentOf, historySteps } from "./buffers.ts";
import type { Work } from "./fuse.ts";
import type { ValueId } from "./graph.ts";
import type { Plan, PlannedStep } from "./plan.ts";
import { spikeConvolution } from "./planner.ts";

/** What a run of a step is told. */
export type Turn = {
  /** Whether membranes and tables go on from the last run. */
  readonly resume: boolean;
  /** Whether the input holds spikes. */
  readonly binary: boolean;
};

/** A step made ready. */
export type Runner = (turn: Turn) => void;

/** Makes step `index` of a plan ready. */
export function runnerOf(plan: Plan, buffers: Buffers, index: number): Runner {
  const step = plan.steps[index]!;
  const { work } = step;
  switch (work.kind) {
    case "convolution":
      return convolution(plan, buffers, index, work);
    case "attention":
      return attention(plan, buffers, index, work);
    case "mean":
      return mean(plan, buffers, index, work.input);
    case "resize":
      return resize(plan, buffers, index, work.input);
    case "value":
      return (turn) => plan.kernels.settle(settlement(plan, buffers, step, turn), buffers.reals(work.input));
  }
}

function settlement(plan: Plan, buffers: Buffers, step: PlannedStep, turn: Turn): Settlement {
  const { timeSteps, batch, horizon } = plan;
  const [H, W, C] = plan.value(currentOf(step)).shape;
  const pixels = batch * H * W;
  const { neuron, residual, membrane } = step;
  const carries = horizon.kind === "past";
  return {
    timeSteps,
    pixels,
    channels: C,
    residual: residual === null ? null : buffers.reals(residual),
    membrane: membrane === null ? null : buffers.reals(membrane),
    neuron:
      neuron === null
        ? null
        : {
            dynamics: neuron.dynamics,
            spikes: buffers.spikes(neuron.spikes),
            state: carries ? buffers.floats(`state ${neuron.spikes}`, pixels * stateChannels(C)) : null,
            resume: turn.resume,
          },
  };
}

function convolution(
  plan: Plan,
  buffers: Buffers,
  index: number,
  { input, output, weights }: Extract<Work, { readonly kind: "convolution" }>,
): Runner {
  const { timeSteps: T, batch: B, kernels } = plan;
  const step = plan.steps[index]!;
  const from = plan.value(input);
  const spikes = spikeConvolution(weights, from, plan.value(output), B);
  const { planes, height, width, inChannels, outHeight, outWidth, outChannels } = spikes;
  const { gather, depthwise, dense } = step.weights!;
  const settles = step.neuron !== null || step.residual !== null;
  const currents = (): Float32Array =>
    settles
      ? buffers.floats(`current ${index}`, T * B * outHeight * outWidth * outChannels)
      : buffers.reals(step.membrane!);
  if (depthwise !== null) {
    return (turn) => {
      const out = currents();
      kernels.depthwiseSpikes(out, buffers.spikes(input), depthwise, T, spikes);
      if (settles) kernels.settle(settlement(plan, buffers, step, turn), out);
    };
  }
  const gathered: Runner = (turn) => {
    kernels.convolveSpikes(settlement(plan, buffers, step, turn), buffers.spikes(input), gather!, spikes);
  };
  if (dense === null) return gathered;
  const p = { ...spikes, images: T * B, groups: weights.groups };
  const rows = T * B * height * width;
  const multiplied: Runner = (turn) => {
    const x = from.levels > 0 ? buffers.floats(`unpacked ${index}`, rows * inChannels) : buffers.reals(input);
    if (from.levels > 0) kernels.unpackSpikes(x, buffers.spikes(input), rows, inChannels, planes);
    const out = currents();
    backend().conv2d(out, x, dense.weight, dense.bias, p);
    if (settles) kernels.settle(settlement(plan, buffers, step, turn), out);
  };
  if (gather === null) return multiplied;
  return (turn) => (turn.binary ? gathered(turn) : multiplied(turn));
}

function mean(plan: Plan, buffers: Buffers, index: number, input: ValueId): Runner {
  const images = plan.timeSteps * plan.batch;
  const [H, W, C] = plan.value(input).shape;
  return (turn) => {
    const out = buffers.floats(`current ${index}`, images * C);
    backend().sum(out, buffers.reals(input), images, H * W, C);
    backend().affine(out, out, 1 / (H * W), 0);
    plan.kernels.settle(settlement(plan, buffers, plan.steps[index]!, turn), out);
  };
}

function resize(plan: Plan, buffers: Buffers, index: number, input: ValueId): Runner {
  const images = plan.timeSteps * plan.batch;
  const output = plan.steps[index]!.membrane!;
  const [h, w, C] = plan.value(input).shape;
  const [H, W] = plan.value(output).shape;
  const rows = buffers.floats(`rows ${index}`, H * h);
  const columns = buffers.floats(`columns ${index}`, W * w);
  rows.set(bilinear(h, H));
  columns.set(bilinear(w, W));
  return () => {
    const tall = buffers.floats(`current ${index}`, images * H * w * C);
    backend().gemm(tall, rows, buffers.reals(input), { m: H, n: w * C, k: h, batch: images, strideA: 0 });
    backend().gemm(buffers.reals(output), columns, tall, { m: W, n: C, k: w, batch: images * H, strideA: 0 });
  };
}

function attention(
  plan: Plan,
  buffers: Buffers,
  index: number,
  work: Extract<PlannedStep["work"], { readonly kind: "attention" }>,
): Runner {
  const { timeSteps: T, batch: B, horizon, kernels } = plan;
  const step = plan.steps[index]!;
  const [H, W, C] = plan.value(work.q).shape;
  const planes = (id: ValueId): number => planesOf(plan.value(id).levels);
  const { terms, factor } = attentionTerms(work.score, C / work.heads);
  const row = (key: string, numbers: Float32Array, times: number): Float32Array => {
    const view = buffers.floats(`${key} ${index}`, stateChannels(C)).fill(0);
    for (let c = 0; c < C; c++) view[c] = numbers[c]! * times;
    return view;
  };
  const p: PackedAttention = {
    images: B,
    heads: work.heads,
    channels: C,
    queryPlanes: planes(work.q),
    keyPlanes: planes(work.k),
    valuePlanes: planes(work.v),
    terms,
    scale: row("scale", work.scale, factor),
    shift: row("shift", work.shift, 1),
  };
  const pixels = B * H * W;
  const size = tableSize(p);
  const causal = horizon.kind === "past" && work.extent !== "spatial";
  const window = causal ? historySteps(plan) : 0;
  if (work.extent === "temporal") {
    return (turn) => {
      const tables = causal ? buffers.ints(`carried ${index}`, pixels * size) : null;
      const past = tables === null ? null : { tables, window, resume: turn.resume };
      const [k, v] = [buffers.spikesFrom(work.k, 0), buffers.spikesFrom(work.v, 0)];
      kernels.attendPixels(settlement(plan, buffers, step, turn), buffers.spikes(work.q), k, v, past, p);
    };
  }
  const perStep = causal || work.extent === "spatial";
  const groups = perStep ? T : 1;
  return (turn) => {
    const tables = buffers.ints(`tables ${index}`, groups * B * size);
    kernels.tabulate(tables, buffers.spikes(work.k), buffers.spikes(work.v), p, pixels, groups, T / groups);
    if (causal) {
      const leaving = window === 0 ? null : buffers.ints(`leaving ${index}`, T * B * size);
      if (leaving !== null) {
        const [k, v] = [buffers.spikesFrom(work.k, 0), buffers.spikesFrom(work.v, 0)];
        kernels.tabulate(leaving, k, v, p, pixels, T, 1);
      }
      kernels.runTables(tables, leaving, buffers.ints(`carried ${index}`, B * size), T, B * size);
    }
    kernels.attendTables(settlement(plan, buffers, step, turn), buffers.spikes(work.q), tables, perStep, p);
  };
}

/**
 * The sum over keys of `linearAttention` with scale 1 as factor·(whole numbers), see {@link AttentionTerms}:
 * ½(2q−1)ᵀ(2k−1)v for `hamming`, ½D·v more for `euclidean` and `manhattan` of binary vectors, qᵀk·v for `dot`.
 */
export function attentionTerms(
  score: Score,
  depth: number,
): { readonly terms: AttentionTerms; readonly factor: number } {
  switch (score) {
    case "hamming":
      return { terms: { alpha: 4, beta: depth, gamma: -2, delta: -2 }, factor: 0.5 };
    case "dot":
      return { terms: { alpha: 1, beta: 0, gamma: 0, delta: 0 }, factor: 1 };
    case "euclidean":
    case "manhattan":
      return { terms: { alpha: 4, beta: 2 * depth, gamma: -2, delta: -2 }, factor: 0.5 };
  }
}
