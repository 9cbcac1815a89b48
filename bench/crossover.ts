/**
 * From which firing rate on a dense convolution is the faster one: event-driven kernels of compiled plans against the
 * dense kernel of this library and ONNX Runtime, on layers of SpikeVideoFormer 15M.
 *
 *   npm run bench -- crossover [--threads=1] [--revectorize] [--full] [--out=FOLDER]
 */
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { Convolution, Floats, Precision, Settlement } from "../src/backend/index.ts";
import { setBackend, wordsOf } from "../src/backend/index.ts";
import { createWasmBackend } from "../src/backend/wasm/node.ts";
import { Random } from "../src/core/index.ts";
import { encodeOnnx } from "../src/io/index.ts";
import { draw, type Mark, type Series } from "./chart.ts";
import { best, type Contender, contender, factor, flags, inTurn, table } from "./harness.ts";
import { pageFlags, publish } from "./publish.ts";

const options = flags({
  ...pageFlags,
  threads: { type: "string", default: "1" },
  revectorize: { type: "boolean", default: false },
});
const threads = Number(options.threads);
const RATES = [0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.8];
const TIME_STEPS = 8;
const PRECISIONS = ["f32", "int16"] as const;

/** Layers of 15M at 224²: side of the map, channels in and out, kernel. */
const LAYERS = [
  { side: 112, inChannels: 32, outChannels: 128, kernel: 3 },
  { side: 56, inChannels: 64, outChannels: 256, kernel: 3 },
  { side: 28, inChannels: 128, outChannels: 512, kernel: 3 },
  { side: 14, inChannels: 256, outChannels: 256, kernel: 3 },
  { side: 14, inChannels: 256, outChannels: 1024, kernel: 1 },
] as const;
type Layer = (typeof LAYERS)[number];

const backend = await createWasmBackend({ threads, revectorize: options.revectorize } as { threads: number });
setBackend(backend);
const kernels = backend.packed;

const shapeOf = ({ side, inChannels, outChannels, kernel }: Layer) => ({
  height: side,
  width: side,
  inChannels,
  outChannels,
  kernel,
  stride: 1,
  padding: kernel >> 1,
  outHeight: side,
  outWidth: side,
});

function gaussians(length: number, deviation: number): Floats {
  const random = new Random(length);
  const block = backend.alloc(length);
  for (let i = 0; i < length; i++) block[i] = deviation * random.normal();
  return block;
}

/** Spikes in, spikes out: what a plan runs for convolution and neurons together. */
function eventDriven(layer: Layer, weight: Float32Array, precision: Precision, rate: number) {
  const pixels = layer.side ** 2;
  const [inWords, outWords] = [wordsOf(layer.inChannels), wordsOf(layer.outChannels)];
  const random = new Random(`${rate}`);
  const bits = kernels.allocate(4 * TIME_STEPS * pixels * inWords);
  const spikes = new Uint32Array(bits.buffer, bits.byteOffset, TIME_STEPS * pixels * inWords);
  const frame = backend.alloc(TIME_STEPS * pixels * layer.inChannels) as Float32Array;
  for (let i = 0; i < frame.length; i++) frame[i] = Number(random.uniform() < rate);
  kernels.packSpikes(spikes, frame, TIME_STEPS * pixels, layer.inChannels, 1);
  backend.free(frame);
  const fired = kernels.allocate(4 * TIME_STEPS * pixels * outWords);
  const packed = kernels.packWeights(weight, null, layer, precision, 1);
  const settlement: Settlement = {
    timeSteps: TIME_STEPS,
    pixels,
    channels: layer.outChannels,
    residual: null,
    membrane: null,
    neuron: {
      dynamics: {
        kind: "lif",
        decay: 0.5,
        decayInput: true,
        firingThreshold: 1,
        reset: "hard",
        resetPotential: 0,
      },
      spikes: new Uint32Array(fired.buffer, fired.byteOffset, TIME_STEPS * pixels * outWords),
      state: null,
      resume: false,
    },
  };
  const shape = { ...shapeOf(layer), images: 1, planes: 1 };
  return {
    name: `${precision} ${rate}`,
    run: () => kernels.convolveSpikes(settlement, spikes, packed, shape),
    free: () => {
      kernels.release(bits);
      kernels.release(fired);
      kernels.releaseWeights(packed);
    },
  };
}

/** The convolution alone, in ONNX Runtime. */
async function onnxRuntime(layer: Layer, weight: Float32Array): Promise<Contender> {
  const { side, inChannels, outChannels, kernel } = layer;
  const dims = [TIME_STEPS, inChannels, side, side];
  const pad = kernel >> 1;
  const file = encodeOnnx({
    name: "layer",
    operatorSet: 17,
    nodes: [
      {
        operator: "Conv",
        inputs: ["x", "w"],
        outputs: ["y"],
        attributes: { kernel_shape: [kernel, kernel], pads: [pad, pad, pad, pad] },
      },
    ],
    constants: new Map([
      ["w", { dtype: "F32", shape: [outChannels, inChannels, kernel, kernel], data: weight }],
    ]),
    inputs: new Map([["x", dims]]),
    outputs: new Map([["y", [TIME_STEPS, outChannels, side, side]]]),
  });
  const session = await InferenceSession.create(file, { intraOpNumThreads: threads, interOpNumThreads: 1 });
  const random = new Random(0);
  const x = Float32Array.from({ length: dims.reduce((a, b) => a * b) }, () =>
    Number(random.uniform() < 0.15),
  );
  const feeds = { x: new Tensor("float32", x, dims) };
  return contender("onnx", async () => {
    (await session.run(feeds))["y"]!.dispose();
  });
}

/** The convolution alone, in this library's dense kernel. */
function dense(layer: Layer, weight: Floats): Contender & { free: () => void } {
  const pixels = TIME_STEPS * layer.side ** 2;
  const x = gaussians(pixels * layer.inChannels, 1);
  const y = backend.alloc(pixels * layer.outChannels);
  const p: Convolution = { ...shapeOf(layer), images: TIME_STEPS, groups: 1 };
  const free = (): void => [x, y].forEach((block) => backend.free(block));
  return { ...contender("dense", () => backend.conv2d(y, x, weight, null, p)), free };
}

/** GFLOP/s of a dense convolution that takes as long. */
type Speeds = {
  readonly layer: Layer;
  readonly onnx: number;
  readonly dense: number;
} & Readonly<Record<Precision, readonly number[]>>;

async function measure(layer: Layer): Promise<Speeds> {
  const { side, inChannels, outChannels, kernel } = layer;
  const weight = gaussians(outChannels * inChannels * kernel ** 2, 1 / Math.sqrt(inChannels * kernel ** 2));
  const copy = Float32Array.from(weight);
  const ours = dense(layer, weight);
  const events = PRECISIONS.flatMap((precision) =>
    RATES.map((rate) => eventDriven(layer, copy, precision, rate)),
  );
  const contenders = [
    await onnxRuntime(layer, copy),
    ours,
    ...events.map(({ name, run }) => contender(name, run)),
  ];
  const turns = options.full ? 7 : 3;
  const times = await inTurn(contenders, { turns, ms: 30 });
  ours.free();
  events.forEach(({ free }) => free());
  backend.free(weight);
  const work = (2 * TIME_STEPS * side ** 2 * outChannels * inChannels * kernel ** 2) / 1e6;
  const speed = (name: string): number => work / best(times.get(name)!);
  return {
    layer,
    onnx: speed("onnx"),
    dense: speed("dense"),
    f32: RATES.map((rate) => speed(`f32 ${rate}`)),
    int16: RATES.map((rate) => speed(`int16 ${rate}`)),
  };
}

/** The firing rate at which `speeds` fall to `rival`: time is taken to be linear between two rates. */
function crossover(speeds: readonly number[], rival: number): number {
  const slower = speeds.findIndex((speed) => speed < rival);
  if (slower === 0) return 0;
  if (slower < 0) return Infinity;
  const [a, b] = [1 / speeds[slower - 1]!, 1 / speeds[slower]!];
  const share = (1 / rival - a) / (b - a);
  return RATES[slower - 1]! + share * (RATES[slower]! - RATES[slower - 1]!);
}

const percent = (rate: number): string =>
  rate === Infinity
    ? `above ${100 * RATES.at(-1)!} %`
    : rate === 0
      ? `below ${100 * RATES[0]!} %`
      : `${(100 * rate).toFixed(0)} %`;
const nameOf = ({ side, inChannels, outChannels, kernel }: Layer): string =>
  `${kernel}×${kernel} ${inChannels} → ${outChannels}, ${side}²`;
const mean = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

const results: Speeds[] = [];
for (const layer of LAYERS) results.push(await measure(layer));

const speeds = table(
  ["layer", "kernel", ...RATES.map(percent), "dense, ours", "dense, ONNX Runtime"],
  results.flatMap(({ layer, onnx, dense, ...own }) =>
    PRECISIONS.map((precision) => [
      nameOf(layer),
      precision,
      ...own[precision].map((speed) => `${speed.toFixed(0)} (${factor(speed, onnx)})`),
      dense.toFixed(0),
      onnx.toFixed(0),
    ]),
  ),
);
const crossovers = table(
  ["layer", ...PRECISIONS.flatMap((p) => [`${p}, our dense wins above`, `${p}, ONNX Runtime wins above`])],
  results.map((result) => [
    nameOf(result.layer),
    ...PRECISIONS.flatMap((p) =>
      [result.dense, result.onnx].map((rival) => percent(crossover(result[p], rival))),
    ),
  ]),
);

const relative = PRECISIONS.map((precision) =>
  RATES.map((_, i) => mean(results.map((result) => result[precision][i]! / result.onnx))),
);
const ourDense = mean(results.map(({ dense, onnx }) => dense / onnx));
const labels = { f32: "event-driven, f32", int16: "event-driven, int16" };
const tones = { f32: "float", int16: "integer" } as const;
const flat = (y: number): [number, number][] => [
  [RATES[0]!, y],
  [RATES.at(-1)!, y],
];
const series: Series[] = [
  { label: "ONNX Runtime, dense", tone: "rival", points: flat(1), style: "dashed" },
  { label: "our dense kernel", tone: "dense", points: flat(ourDense), style: "dashed" },
  ...PRECISIONS.flatMap((precision, p): Series[] => [
    ...results.map((result): Series => {
      const points = RATES.map((rate, i) => [rate, result[precision][i]! / result.onnx] as const);
      return { label: "", tone: tones[precision], points, style: "thin" };
    }),
    {
      label: labels[precision],
      tone: tones[precision],
      points: RATES.map((rate, i) => [rate, relative[p]![i]!]),
    },
  ]),
];
const marks = PRECISIONS.flatMap((precision, p): Mark[] => {
  const rate = crossover(relative[p]!, 1);
  return rate > 0 && rate < 1
    ? [{ x: rate, y: 1, label: `even at ${percent(rate)}`, tone: tones[precision] }]
    : [];
});
const svg = draw({
  title: "A spike that does not fire costs nothing: speed of convolutions by firing rate",
  subtitle: `Five layers of SpikeVideoFormer 15M (thin) and their geometric mean (bold), ${threads} thread${threads > 1 ? "s" : ""}`,
  panelHeight: 340,
  panels: [
    {
      x: {
        label: "firing rate →",
        scale: "log",
        ticks: RATES,
        format: (rate) => `${Math.round(100 * rate)} %`,
      },
      y: {
        label: "↑ times as fast as ONNX Runtime's dense convolution",
        scale: "log",
        ticks: [0.25, 0.5, 1, 2, 4, 8, 16],
        format: (ratio) => `${ratio}×`,
      },
      series,
      marks,
    },
  ],
});

await publish(
  {
    name: "crossover",
    title: "Event-driven against dense convolutions",
    about:
      `Layers of SpikeVideoFormer 15M at 224², ${TIME_STEPS} frames (T · B), the fastest of many runs in turn. ` +
      "Event-driven kernels list the spikes, add their weights and fire the neurons, as in a compiled plan; the dense " +
      "rivals compute the convolution alone. Speeds are those of a dense convolution that takes as long." +
      (options.revectorize ? " Revectorised." : ""),
    threads: options.threads,
    body: [`GFLOP/s, dense equivalent (times ONNX Runtime):\n\n${speeds}`, crossovers],
    charts: new Map([["crossover", { svg, alt: "Speed of convolutions by firing rate" }]]),
  },
  options,
);
backend.dispose();
setBackend(undefined);
