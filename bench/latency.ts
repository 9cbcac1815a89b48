/**
 * Latency of streams: from a frame to what the network says of it. Attention sees all of the past, or a window of 8.
 *
 *   npm run bench -- latency [--full] [--networks=nano,tiny,15M] [--threads=1,2] [--frames=500] [--out=FOLDER]
 */
import { type Backend, type Precision, setBackend } from "../src/backend/index.ts";
import { createWasmBackend } from "../src/backend/wasm/node.ts";
import { presets } from "../src/models/index.ts";
import { doublings } from "./chart.ts";
import { calibrated, calibration, noise, recordedWindows, trainedNano } from "./clips.ts";
import { digits, flags, now, numbers, processorTime, quantile, table } from "./harness.ts";
import { pageFlags, publish } from "./publish.ts";
import { disposeAll, spread } from "./rates.ts";
import { measureFiringRates } from "../src/engine/index.ts";
import { drawSpans, type SpanGroup } from "./spans.ts";
import { framesOf, type Past, streamOf } from "./stream-model.ts";

const text = { type: "string" } as const;
const options = flags({ ...pageFlags, networks: text, threads: text, frames: text });
type Network = "nano" | "tiny" | "15M";
const networks = (options.networks ?? (options.full ? "nano,tiny,15M" : "nano,tiny")).split(",") as Network[];
const threadCounts = processorTime ? [1] : numbers(options.threads ?? "1,2");
const SIDES = { nano: 64, tiny: 64, "15M": 224 };
const WARM_UP = 20;
const WINDOW = { window: 8 } as const;
const RATE = 0.15;

type Row = {
  readonly network: Network;
  readonly threads: number;
  readonly stream: Past;
  readonly precision: Precision;
  readonly frames: number;
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
  readonly bytes: number;
  /** Bytes that the backend has given out since the warm-up. */
  readonly grown: number;
  /** Firing of the last frame. */
  readonly firing: string;
};

/** The network, frames for it, and how many of them to push. */
async function subject(network: Network) {
  const pushes = Number(options.frames ?? (network === "15M" ? 100 : 500));
  if (network === "nano") {
    const model = await trainedNano();
    return { model, frames: (await recordedWindows(model, 8)).flatMap(framesOf), pushes };
  }
  const side = SIDES[network];
  const model = calibrated(network, calibration(network, WINDOW.window, side, RATE));
  return { model, frames: framesOf(noise(network, 8, side)), pushes };
}

async function measure(network: Network, threads: number, backend: Backend): Promise<Row[]> {
  const { model, frames, pushes } = await subject(network);
  const rows: Row[] = [];
  for (const stream of [true, WINDOW] satisfies Past[]) {
    for (const precision of ["f32", "int16"] as const) {
      const session = streamOf(model, frames, stream, precision);
      const times: number[] = [];
      let available = 0;
      for (let push = -WARM_UP; push < pushes; push++) {
        if (push === 0) available = backend.packed.available;
        const frame = frames[(push + WARM_UP) % frames.length]!;
        const start = now();
        disposeAll(session.push(frame));
        if (push >= 0) times.push(now() - start);
      }
      rows.push({
        network,
        threads,
        stream,
        precision,
        frames: pushes,
        p50: quantile(times, 0.5),
        p99: quantile(times, 0.99),
        most: Math.max(...times),
        bytes: session.bytes,
        grown: available - backend.packed.available,
        firing: spread(measureFiringRates(session, () => session.push(frames[0]!))),
      });
      session.dispose();
      session.plan.dispose();
    }
  }
  return rows;
}

const rows: Row[] = [];
for (const threads of threadCounts) {
  const backend = await createWasmBackend({ threads });
  setBackend(backend);
  for (const network of networks) rows.push(...(await measure(network, threads, backend)));
  setBackend(undefined);
  backend.dispose();
}

const pastOf = (stream: Past): string => (stream === true ? "all steps" : `${stream.window} steps`);
const named = (network: Network): string =>
  `${network}, ${presets[network].inChannels}×${SIDES[network]}×${SIDES[network]}`;
const results = table(
  [
    "network",
    "threads",
    "attention sees",
    "plan",
    "p50, ms",
    "p99, ms",
    "max, ms",
    "frames",
    "frames a second",
    "buffers, MB",
    "memory taken since, bytes",
    "firing at the end, least – mean – most, %",
  ],
  networks.flatMap((network) =>
    rows
      .filter((row) => row.network === network)
      .map((row) => [
        named(network),
        `${row.threads}`,
        pastOf(row.stream),
        row.precision,
        ...[row.p50, row.p99, row.most].map(digits),
        `${row.frames}`,
        digits(1000 / row.p50),
        digits(row.bytes / 1e6),
        `${row.grown}`,
        row.firing,
      ]),
  ),
);

const groups = networks.map((network): SpanGroup => {
  const spans = rows
    .filter((row) => row.network === network)
    .map(({ precision, threads, stream, p50, p99, most }) => ({
      label: `${precision}, ${threads} thread${threads > 1 ? "s" : ""}, sees ${pastOf(stream)}`,
      tone: precision === "f32" ? ("float" as const) : ("integer" as const),
      values: [p50, p99, most] as const,
    }));
  return { title: named(network), spans };
});
const ticks = doublings(
  Math.min(...rows.map(({ p50 }) => p50)),
  Math.max(40, ...rows.map(({ most }) => most)),
);
const svg = drawSpans({
  title: "Latency of a frame in a stream",
  subtitle: "Dot: median; thick line: up to the 99th percentile; thin line: up to the slowest frame",
  x: { label: "ms from a frame to its answer →", scale: "log", ticks },
  limits: [{ x: 1000 / 30, label: "33 ms: 30 frames a second" }],
  groups,
});

await publish(
  {
    name: "latency",
    title: "Latency of streams",
    about:
      `One frame a push, after ${WARM_UP} that do not count. \`nano\` is the trained pose model on the sample recording, over and ` +
      `over; the others are calibrated to ${100 * RATE} % on clips of ${WINDOW.window} steps and see noise.`,
    threads: threadCounts.join(", "),
    body: [results],
    charts: new Map([["latency", { svg, alt: "Latency of a frame, by network and plan" }]]),
  },
  options,
);
