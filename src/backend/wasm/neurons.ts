/** Neurons and batch normalisation: shapes become jobs, partial sums are added in order. */
import type { Floats, Neuron, NeuronGradients, Surrogate } from "../backend.ts";
import { address, type Device } from "./device.ts";
import * as id from "./generated/ids.ts";

/** Neurons of a task. */
const GROUP = 1024;

/** See `Backend.neuron`. */
export function neuron(
  device: Device,
  spikes: Floats,
  h: Floats,
  last: Floats | null,
  x: Floats,
  initial: Floats | null,
  p: Neuron,
): void {
  const blocks = [spikes, h, last, x, initial].map(address);
  const flags = [Number(p.decayInput), Number(p.reset === "hard")];
  const rest = p.reset === "hard" ? p.resetPotential : 0;
  device.launch(
    id.NEURON,
    Math.ceil(p.size / GROUP),
    p.timeSteps * p.size,
    [...blocks, p.timeSteps, p.size, ...flags],
    [p.decay, p.firingThreshold, rest],
  );
}

/** Code and two constants of a surrogate, see `surrogate` in kernels/neuron.ts. */
function surrogateCode(surrogate: Surrogate): [kind: number, first: number, second: number] {
  switch (surrogate.kind) {
    case "atan":
      return [0, (Math.PI / 2) * surrogate.alpha, surrogate.alpha / 2];
    case "sigmoid":
      return [1, -surrogate.alpha, surrogate.alpha];
    case "rectangular":
      return [2, surrogate.width / 2, 1 / surrogate.width];
    case "gated-atan":
      return [3, (Math.PI / 2) * surrogate.alpha, surrogate.alpha / 2];
  }
}

/** See `Backend.neuronGrad`. */
export function neuronGrad(
  device: Device,
  grad: NeuronGradients,
  dSpikes: Floats,
  dLast: Floats | null,
  h: Floats,
  x: Floats,
  initial: Floats | null,
  p: Neuron,
): void {
  const tasks = Math.ceil(p.size / GROUP);
  const [kind, first, second] = surrogateCode(p.surrogate);
  const flags = [Number(p.decayInput), Number(p.reset === "hard"), Number(p.detachReset), kind];
  const rest = p.reset === "hard" ? p.resetPotential : 0;
  device.borrow(2 * tasks, (part) => {
    const blocks = [dSpikes, dLast, h, x, initial].map(address);
    const decays = grad.decay === null ? 0 : part.byteOffset;
    device.launch(
      id.NEURON_GRAD,
      tasks,
      2 * p.timeSteps * p.size,
      [address(grad.x), address(grad.initial), decays, ...blocks, p.timeSteps, p.size, ...flags],
      [p.decay, p.firingThreshold, rest, first, second],
    );
    if (grad.decay === null) return;
    let total = 0;
    for (const value of new Float64Array(part.buffer, part.byteOffset, tasks)) total += value;
    grad.decay[0] = total;
  });
}

/** See `Backend.integerNeuron` and, with its gradient kernel, `Backend.integerNeuronGrad`. */
export function integerNeuron(
  device: Device,
  kernel: typeof id.INTEGER_NEURON | typeof id.INTEGER_NEURON_GRAD,
  blocks: readonly [Floats, Floats, Floats],
  timeSteps: number,
  size: number,
  keep: number,
  levels: number,
): void {
  const ints = [...blocks.map(address), timeSteps, size];
  device.launch(kernel, Math.ceil(size / GROUP), 4 * timeSteps * size, ints, [keep, levels]);
}

/** Rows of a chunk of channel sums: at most 128 chunks. */
function chunkRowsOf(rows: number): number {
  return Math.max(256, Math.ceil(rows / 128));
}

/** Rows of a task of row-wise kernels. */
function rowGroup(channels: number): number {
  return Math.max(1, Math.floor(16384 / channels));
}

/** See `Backend.channelMoments`. */
export function channelMoments(
  device: Device,
  mean: Floats,
  variance: Floats,
  x: Floats,
  rows: number,
  channels: number,
): void {
  const chunkRows = chunkRowsOf(rows);
  const chunks = Math.ceil(rows / chunkRows);
  device.borrow(chunks * 2 * channels, (part) => {
    const ints = [part.byteOffset, address(x), rows, channels, chunkRows];
    device.launch(id.CHANNEL_MOMENTS, chunks, rows * channels, ints);
    for (let c = 0; c < channels; c++) {
      let total = 0;
      for (let k = 0; k < chunks; k++) {
        total += part[2 * k * channels + c]! * Math.min(chunkRows, rows - k * chunkRows);
      }
      const centre = total / rows;
      let squares = 0;
      for (let k = 0; k < chunks; k++) {
        const away = part[2 * k * channels + c]! - centre;
        squares +=
          part[(2 * k + 1) * channels + c]! + away * away * Math.min(chunkRows, rows - k * chunkRows);
      }
      mean[c] = centre;
      variance[c] = squares / rows;
    }
  });
}

/** See `Backend.channelAffine`. */
export function channelAffine(
  device: Device,
  out: Floats,
  x: Floats,
  scale: Floats,
  shift: Floats,
  rows: number,
  channels: number,
): void {
  const group = rowGroup(channels);
  const ints = [...[out, x, scale, shift].map(address), rows, channels, group];
  device.launch(id.CHANNEL_AFFINE, Math.ceil(rows / group), (rows * channels) / 2, ints);
}

/** See `Backend.batchNormGrad`. */
export function batchNormGrad(
  device: Device,
  dx: Floats,
  dWeight: Floats,
  dBias: Floats,
  dy: Floats,
  x: Floats,
  mean: Floats,
  inverseDeviation: Floats,
  weight: Floats,
  rows: number,
  channels: number,
): void {
  const chunkRows = chunkRowsOf(rows);
  const chunks = Math.ceil(rows / chunkRows);
  device.borrow(Math.max(chunks * 2, 3) * channels, (part) => {
    const sums = [part.byteOffset, address(dy), address(x), address(mean), rows, channels, chunkRows];
    device.launch(id.BATCH_NORM_SUMS, chunks, rows * channels, sums);
    for (let c = 0; c < channels; c++) {
      let bias = 0;
      let slope = 0;
      for (let k = 0; k < chunks; k++) {
        bias += part[2 * k * channels + c]!;
        slope += part[(2 * k + 1) * channels + c]!;
      }
      dBias[c] = bias;
      dWeight[c] = slope * inverseDeviation[c]!;
    }
    for (let c = 0; c < channels; c++) {
      const scale = weight[c]! * inverseDeviation[c]!;
      part[c] = scale;
      part[channels + c] = (scale * dBias[c]!) / rows;
      part[2 * channels + c] = (scale * inverseDeviation[c]! * dWeight[c]!) / rows;
    }
    const group = rowGroup(channels);
    const ints = [...[dx, dy, x, mean, part].map(address), rows, channels, group];
    device.launch(id.BATCH_NORM_GRAD, Math.ceil(rows / group), (rows * channels) / 2, ints);
  });
}
