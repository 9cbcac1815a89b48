/**
 * The kernels of the WebAssembly backend, fastest of many runs: dense products and convolutions in GFLOP/s,
 * event-driven ones in additions, on one thread and two, beside the plain TypeScript of the reference backend (timed
 * on a smaller job of the same kind). Shapes are those of the tiny SpikeVideoFormer, 16 frames of 64×64, and the
 * 1536×512×512 that engines are compared by.
 */
import type { Backend, Convolution, Floats } from "../src/backend/backend.ts";
import { ReferenceBackend } from "../src/backend/reference/index.ts";
import { createWasmBackend } from "../src/backend/wasm/node.ts";
import { Random } from "../src/core/index.ts";
import { fastest, table } from "./harness.ts";

const FIRING_RATE = 0.15;
const reference = new ReferenceBackend();
const backends = [await createWasmBackend({ threads: 1 }), await createWasmBackend({ threads: 2 })];

type Case = {
  readonly name: string;
  readonly unit: string;
  /** Work of one run, in units of 10⁹. */
  readonly work: number;
  /** Makes what the run needs; returns the run. */
  readonly prepare: (backend: Backend) => () => void;
  /** A smaller job of the same kind for the reference. */
  readonly small: { readonly work: number; readonly prepare: (backend: Backend) => () => void };
};

function fill(backend: Backend, length: number, spikes: boolean): Floats {
  const random = new Random(length);
  const block = backend.alloc(length);
  for (let i = 0; i < length; i++)
    block[i] = spikes ? Number(random.uniform() < FIRING_RATE) : random.uniform() - 0.5;
  return block;
}

function gemmRun(m: number, n: number, k: number, batch: number, transA: boolean) {
  return (backend: Backend): (() => void) => {
    const [a, b, c] = [m * k, k * n, m * n].map((length) => fill(backend, length * batch, false));
    return () => backend.gemm(c!, a!, b!, { m, n, k, batch, transA });
  };
}

function gemmCase(m: number, n: number, k: number, batch = 1, transA = false): Case {
  const name = `product ${m}×${n}×${k}${batch > 1 ? `, ${batch} of them` : ""}${transA ? ", left transposed" : ""}`;
  const smaller = gemmRun(96, Math.min(n, 64), Math.min(k, 64), 1, transA);
  const small = { work: (2 * 96 * Math.min(n, 64) * Math.min(k, 64)) / 1e9, prepare: smaller };
  return {
    name,
    unit: "GFLOP/s",
    work: (2 * m * n * k * batch) / 1e9,
    prepare: gemmRun(m, n, k, batch, transA),
    small,
  };
}

type Direction = "forward" | "input gradient" | "weight gradient";

function convolution(
  size: number,
  ci: number,
  co: number,
  kernel: number,
  stride: number,
  images: number,
): Convolution {
  const out = Math.floor((size + 2 * (kernel >> 1) - kernel) / stride) + 1;
  const groups = co === 0 ? ci : 1;
  return {
    images,
    height: size,
    width: size,
    inChannels: ci,
    outChannels: co === 0 ? ci : co,
    kernel,
    stride,
    padding: kernel >> 1,
    groups,
    outHeight: out,
    outWidth: out,
  };
}

function products(p: Convolution): number {
  return (
    (p.images * p.outHeight * p.outWidth * p.outChannels * p.inChannels * p.kernel ** 2) / p.groups / 1e9
  );
}

function convolutionRun(p: Convolution, direction: Direction, spiking: boolean) {
  return (backend: Backend): (() => void) => {
    const pixels = p.images * p.height * p.width;
    const x = fill(backend, pixels * p.inChannels, spiking);
    const y = fill(backend, p.images * p.outHeight * p.outWidth * p.outChannels, false);
    const w = fill(backend, (p.outChannels * p.inChannels * p.kernel ** 2) / p.groups, false);
    if (spiking) {
      const lists = backend.spikeLists(x, pixels, p.inChannels);
      if (direction === "forward") return () => backend.spikeConv2d(y, lists, w, null, p);
      return () => backend.spikeConv2dWeightGrad(w, y, lists, p);
    }
    if (direction === "forward") return () => backend.conv2d(y, x, w, null, p);
    if (direction === "input gradient") return () => backend.conv2dInputGrad(x, y, w, p);
    return () => backend.conv2dWeightGrad(w, y, x, p);
  };
}

/** `co` = 0 for a depthwise convolution. */
function convolutionCases(
  size: number,
  ci: number,
  co: number,
  kernel: number,
  stride = 1,
  spiking = false,
): Case[] {
  const p = convolution(size, ci, co, kernel, stride, 16);
  const q = convolution(Math.min(size, 8), ci, co, kernel, stride, 1);
  const kind = `${kernel}×${kernel}${co === 0 ? " depthwise" : ""}${stride > 1 ? ` stride ${stride}` : ""}`;
  const shape = `${size}², ${co === 0 ? ci : `${ci} → ${co}`}`;
  const directions: Direction[] = spiking
    ? ["forward", "weight gradient"]
    : ["forward", "input gradient", "weight gradient"];
  return directions.map((direction) => {
    const factor = spiking ? FIRING_RATE : 2;
    return {
      name: `${spiking ? "spikes, " : ""}${kind} ${shape}, ${direction}`,
      unit: spiking ? "Gadd/s" : "GFLOP/s",
      work: products(p) * factor,
      prepare: convolutionRun(p, direction, spiking),
      small: { work: products(q) * factor, prepare: convolutionRun(q, direction, spiking) },
    };
  });
}

function elementCase(name: string, prepare: (backend: Backend, length: number) => () => void): Case {
  const length = 1 << 20;
  const smaller = 1 << 14;
  const small = { work: smaller / 1e9, prepare: (backend: Backend) => prepare(backend, smaller) };
  return {
    name,
    unit: "Gnumber/s",
    work: length / 1e9,
    prepare: (backend) => prepare(backend, length),
    small,
  };
}

const neuron = {
  timeSteps: 8,
  decay: 0.5,
  decayInput: true,
  firingThreshold: 1,
  reset: "hard",
  resetPotential: 0,
  detachReset: true,
  surrogate: { kind: "sigmoid", alpha: 4 },
} as const;

const cases: Case[] = [
  gemmCase(1536, 512, 512),
  gemmCase(512, 512, 1536, 1, true),
  gemmCase(16384, 96, 96),
  gemmCase(65536, 16, 16),
  gemmCase(16, 16, 65536, 1, true),
  gemmCase(128, 8, 8, 256),
  ...convolutionCases(64, 3, 8, 7, 2),
  ...convolutionCases(32, 8, 32, 3),
  ...convolutionCases(16, 16, 64, 3),
  ...convolutionCases(8, 32, 128, 3),
  ...convolutionCases(32, 8, 16, 3, 2),
  ...convolutionCases(32, 16, 0, 7),
  ...convolutionCases(8, 64, 0, 3),
  ...convolutionCases(32, 8, 32, 3, 1, true),
  ...convolutionCases(16, 64, 16, 3, 1, true),
  ...convolutionCases(8, 32, 128, 3, 1, true),
  ...convolutionCases(32, 64, 128, 3, 1, true),
  ...convolutionCases(10, 512, 512, 1, 1, true),
  elementCase("neurons, T = 8", (backend, length) => {
    const [x, h, spikes] = [0, 1, 2].map(() => fill(backend, length, false));
    return () => backend.neuron(spikes!, h!, null, x!, null, { ...neuron, size: length / 8 });
  }),
  elementCase("neurons, T = 8, gradient", (backend, length) => {
    const [x, h, dSpikes, dx] = [0, 1, 2, 3].map(() => fill(backend, length, false));
    const grad = { x: dx!, initial: null, decay: null };
    return () => backend.neuronGrad(grad, dSpikes!, null, h!, x!, null, { ...neuron, size: length / 8 });
  }),
  elementCase("moments of 64 channels", (backend, length) => {
    const x = fill(backend, length, false);
    const [mean, variance] = [0, 1].map(() => backend.alloc(64));
    return () => backend.channelMoments(mean!, variance!, x, length / 64, 64);
  }),
  elementCase("batch normalisation of 64 channels, gradient", (backend, length) => {
    const [x, dy, dx] = [0, 1, 2].map(() => fill(backend, length, false));
    const [dw, db, mean, inverse, w] = [0, 1, 2, 3, 4].map(() => fill(backend, 64, false));
    return () => backend.batchNormGrad(dx!, dw!, db!, dy!, x!, mean!, inverse!, w!, length / 64, 64);
  }),
  elementCase("sum of two", (backend, length) => {
    const [a, b, out] = [0, 1, 2].map(() => fill(backend, length, false));
    return () => backend.binary("add", out!, a!, b!, null);
  }),
  elementCase("lists of spikes, 64 channels", (backend, length) => {
    const x = fill(backend, length, true);
    return () => backend.freeSpikeLists(backend.spikeLists(x, length / 64, 64));
  }),
];

const rows = cases.map(({ name, unit, work, prepare, small }) => {
  const [one, two] = backends.map((backend) => fastest(prepare(backend)));
  const plain = fastest(small.prepare(reference), { ms: 50 });
  const rate = work / (one! / 1000);
  const plainRate = small.work / (plain / 1000);
  return [
    name,
    one!.toFixed(3),
    `${rate.toFixed(1)} ${unit}`,
    two!.toFixed(3),
    `${(one! / two!).toFixed(2)}×`,
    `${plainRate.toFixed(2)} ${unit}`,
    `${(rate / plainRate).toFixed(0)}×`,
  ];
});
console.log(`Kernels of the WebAssembly backend, fastest runs, Node ${process.versions.node}\n`);
console.log(table(["job", "ms", "rate", "ms, 2 threads", "1 / 2", "reference", "ours / reference"], rows));
backends.forEach((backend) => backend.dispose());
