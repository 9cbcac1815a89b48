/**
 * From which firing rate on a dense convolution is the faster one: event-driven kernels of compiled plans against the
 * dense kernel of this library and ONNX Runtime, on layers of SpikeVideoFormer 15M.
 *
 *   npm run bench -- crossover [--threads=1] [--revectorize] [--full] [--out=FOLDER]
 */
import { type Precision, setBackend } from "../src/backend/index.ts";
import { createWasmBackend } from "../src/backend/wasm/node.ts";
import { doublings, draw, type Mark, type Series } from "./chart.ts";
import { dense, eventDriven, gaussians, type Layer, onnxRuntime, TIME_STEPS } from "./convolutions.ts";
import { best, contender, factor, flags, inTurn, table } from "./harness.ts";
import { pageFlags, publish } from "./publish.ts";

const options = flags({
  ...pageFlags,
  threads: { type: "string", default: "1" },
  revectorize: { type: "boolean", default: false },
});
const threads = Number(options.threads);
const RATES = [0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.8];
const PRECISIONS = ["f32", "int16"] as const;

/** Layers of 15M at 224²: side of the map, channels in and out, kernel. */
const LAYERS = [
  { side: 112, inChannels: 32, outChannels: 128, kernel: 3 },
  { side: 56, inChannels: 64, outChannels: 256, kernel: 3 },
  { side: 28, inChannels: 128, outChannels: 512, kernel: 3 },
  { side: 14, inChannels: 256, outChannels: 256, kernel: 3 },
  { side: 14, inChannels: 256, outChannels: 1024, kernel: 1 },
] as const satisfies readonly Layer[];

const backend = await createWasmBackend({ threads, revectorize: options.revectorize });
if (options.revectorize && !("revectorized" in backend && backend.revectorized)) {
  throw new Error("crossover: expected a backend that revectorises, got one that does not");
}
setBackend(backend);
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
    await onnxRuntime(layer, copy, threads),
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

const revectorised = options.revectorize ? ", revectorised" : "";
const file = options.revectorize ? "crossover-revectorized" : "crossover";
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
const ratios = series.flatMap(({ points }) => points.map(([, ratio]) => ratio));
const svg = draw({
  title: "A spike that does not fire costs nothing: speed of convolutions by firing rate",
  subtitle: `Five layers of SpikeVideoFormer 15M (thin) and their geometric mean (bold), ${threads} thread${threads > 1 ? "s" : ""}${revectorised}`,
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
        ticks: doublings(Math.min(...ratios), Math.max(...ratios)),
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
    file,
    title: "Event-driven against dense convolutions",
    about:
      `Layers of SpikeVideoFormer 15M at 224², ${TIME_STEPS} frames (T · B), the fastest of many runs in turn. ` +
      "Event-driven kernels list the spikes, add their weights and fire the neurons, as in a compiled plan; the dense " +
      "rivals compute the convolution alone. Speeds are those of a dense convolution that takes as long." +
      (options.revectorize ? " Pairs of SIMD operations are merged (`revectorize`)." : ""),
    threads: options.threads,
    body: [`GFLOP/s, dense equivalent (times ONNX Runtime):\n\n${speeds}`, crossovers],
    charts: new Map([[file, { svg, alt: "Speed of convolutions by firing rate" }]]),
  },
  options,
);
backend.dispose();
setBackend(undefined);
