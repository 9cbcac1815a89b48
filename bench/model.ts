/**
 * Whole networks: compiled plans against the model run eagerly, ONNX Runtime, and PyTorch if `SACCADE_TORCH_FORWARD`
 * names a command (see bench/contenders.ts). SpikeVideoFormer 15M at 3×224×224 with firing rates that are set, and the
 * trained pose model on a recording at its own.
 *
 *   npm run bench -- model [--full] [--networks=15M,nano] [--T=8] [--rates=15] [--threads=1,2] [--turns=3] [--out=FOLDER]
 */
import { setBackend } from "../src/backend/index.ts";
import { createWasmBackend } from "../src/backend/wasm/node.ts";
import { doublings, draw, type Series } from "./chart.ts";
import { calibration } from "./clips.ts";
import type { EngineName, Job } from "./contender.ts";
import { nameOf, startTeam, type Team, torch } from "./contenders.ts";
import { best, digits, factor, flags, inTurn, numbers, processorTime, table } from "./harness.ts";
import { pageFlags, publish } from "./publish.ts";
import { spread } from "./rates.ts";
import type { Tone } from "./svg.ts";

const text = { type: "string" } as const;
const options = flags({ ...pageFlags, networks: text, T: text, rates: text, threads: text, turns: text });
const networks = (options.networks ?? "15M,nano").split(",") as ("15M" | "tiny" | "nano")[];
const lengths = numbers(options.T ?? (options.full ? "4,8,16" : "8"));
const rates = numbers(options.rates ?? (options.full ? "5,10,15,20,30" : "15")).map((rate) => rate / 100);
// The processor time of several threads is their sum.
const threadCounts = processorTime ? [1] : numbers(options.threads ?? "1,2");
const turns = Number(options.turns ?? (options.full ? 7 : 3));
const SIDES = { "15M": 224, tiny: 64, nano: 64 };

/** One network at one length and rate: milliseconds a clip, by contender. */
type Result = {
  readonly network: keyof typeof SIDES;
  readonly timeSteps: number;
  /** What neurons were calibrated to; null: trained. */
  readonly rate: number | null;
  readonly times: ReadonlyMap<string, number>;
  readonly teams: readonly Team[];
};

const torchTimes = new Map<string, number | null>();

async function measure(network: Result["network"], timeSteps: number, rate: number | null): Promise<Result> {
  const side = SIDES[network];
  const given = rate === null ? [] : [...(await calibrate(network, timeSteps, side, rate))];
  const teams: Team[] = [];
  for (const threads of threadCounts) {
    const shared = { network, calibration: given, side, timeSteps, threads } as const;
    const plain: Job = {
      ...shared,
      revectorize: false,
      engines: ["f32", "int16", "eager", "onnx"],
      compare: teams.length === 0,
    };
    const wide: Job = { ...shared, revectorize: true, engines: ["f32", "int16"], compare: false };
    for (const job of [plain, wide]) {
      const team = await startTeam(job);
      if (team !== null) teams.push(team);
    }
  }
  const timings = await inTurn(
    teams.flatMap(({ contenders }) => contenders),
    { turns, ms: network === "15M" ? 0 : 150 },
  );
  teams.forEach(({ stop }) => stop());
  const times = new Map([...timings].map(([name, all]) => [name, best(all)]));
  // PyTorch's command tells the time that passed, which says nothing on a busy machine.
  for (const threads of network === "15M" && !processorTime ? threadCounts : []) {
    const key = `${timeSteps} ${threads}`;
    if (!torchTimes.has(key)) torchTimes.set(key, torch(timeSteps, side, threads));
    const ms = torchTimes.get(key);
    if (ms !== null && ms !== undefined) times.set(`torch ${threads}`, ms);
  }
  return { network, timeSteps, rate, times, teams };
}

async function calibrate(network: "15M" | "tiny" | "nano", timeSteps: number, side: number, rate: number) {
  const backend = await createWasmBackend({ threads: Math.max(...threadCounts) });
  setBackend(backend);
  const found = calibration(network, timeSteps, side, rate);
  setBackend(undefined);
  backend.dispose();
  return found;
}

const engines: readonly { key: string; name: string; tone: Tone; style?: Series["style"] }[] = [
  { key: "int16 revectorised", name: "int16, revectorised", tone: "integer", style: "dashed" },
  { key: "int16", name: "int16", tone: "integer" },
  { key: "f32 revectorised", name: "f32, revectorised", tone: "float", style: "dashed" },
  { key: "f32", name: "f32", tone: "float" },
  { key: "eager", name: "eager", tone: "dense" },
  { key: "onnx", name: "ONNX Runtime", tone: "rival" },
  { key: "torch", name: "PyTorch", tone: "other" },
];

function label({ network, timeSteps, rate }: Result): string {
  return rate === null ? `${network}, T = ${timeSteps}` : `${network}, T = ${timeSteps}, ${100 * rate} %`;
}

function timesOf(results: readonly Result[]): string {
  const head = ["network", "engine", ...threadCounts.flatMap((n) => threadHead(n))];
  const rows = results.flatMap((result) =>
    engines
      .filter(({ key }) => result.times.has(`${key} ${threadCounts[0]}`))
      .map(({ key, name }) => [label(result), name, ...threadCounts.flatMap((n) => cells(result, key, n))]),
  );
  return table(head, rows);
}

function threadHead(threads: number): string[] {
  return [`ms, ${threads} thread${threads > 1 ? "s" : ""}`, "ONNX Runtime / this", "PyTorch / this"];
}

function cells({ times }: Result, key: string, threads: number): string[] {
  const own = times.get(`${key} ${threads}`) ?? NaN;
  const rivals = ["onnx", "torch"].map((rival) => factor(times.get(`${rival} ${threads}`) ?? NaN, own));
  return [digits(own), ...rivals];
}

function plansOf(results: readonly Result[]): string {
  const rows = results.flatMap((result) => {
    const { setup } = result.teams[0]!;
    return (["f32", "int16"] satisfies EngineName[]).map((precision, i) => {
      const plan = setup.compiled[precision]!;
      const { spikes, leastLayer, difference, largest } = setup.agreement[i]!;
      return [
        label(result),
        precision,
        spread(new Map(plan.rates)),
        `${plan.compileMs.toFixed(0)} (${plan.coldMs.toFixed(0)})`,
        (plan.bytes / 1e6).toFixed(0),
        i === 0 ? "eager" : "f32",
        `${(100 * spikes).toFixed(2)} % (${(100 * leastLayer).toFixed(1)} %)`,
        `${difference.toExponential(1)} of ${digits(largest)}`,
      ];
    });
  });
  const head = [
    "network",
    "plan",
    "firing by layer, least – mean – most, %",
    "compilation (first), ms",
    "buffers, MB",
    "compared with",
    "equal spikes (least layer)",
    "largest difference of an output",
  ];
  return table(head, rows);
}

function chartOf(results: readonly Result[]): string | null {
  const timeSteps = lengths[lengths.length >> 1]!;
  const shown = results.filter((result) => result.network === "15M" && result.timeSteps === timeSteps);
  if (shown.length < 2) return null;
  const perFrame = shown.flatMap(({ times }) => [...times.values()].map((ms) => ms / timeSteps));
  const [least, most] = [Math.min(...perFrame), Math.max(...perFrame)];
  const panels = threadCounts.map((threads, i) => {
    const present = engines.filter(({ key }) => shown[0]!.times.has(`${key} ${threads}`));
    const series = present.map(({ key, name, tone, style }): Series => {
      const points = shown.map(
        ({ rate, times }) => [rate!, times.get(`${key} ${threads}`)! / timeSteps] as const,
      );
      const last = i === threadCounts.length - 1;
      return { label: last ? name : "", tone, points, ...(style === undefined ? {} : { style }) };
    });
    return {
      title: `${threads} thread${threads > 1 ? "s" : ""}`,
      x: {
        label: "firing rate of all neurons →",
        scale: "linear",
        ticks: [0, ...shown.map(({ rate }) => rate!)],
        format: (rate: number) => `${Math.round(100 * rate)} %`,
      },
      y: { label: "↑ ms per frame", scale: "log", ticks: doublings(least, most) },
      series,
    } as const;
  });
  return draw({
    title: "SpikeVideoFormer 15M on 224×224: the less it fires, the faster it is",
    subtitle: `Clips of T = ${timeSteps} frames, by engine`,
    columns: panels.length,
    panelHeight: 360,
    panels,
  });
}

const results: Result[] = [];
for (const network of networks) {
  for (const timeSteps of network === "nano" ? [8] : lengths) {
    for (const rate of network === "nano" ? [null] : rates) {
      results.push(await measure(network, timeSteps, rate));
    }
  }
}
const two = results.some(({ times }) => times.has(nameOf("int16", 1, true)));
const left = [
  ...(two ? [] : ["Revectorisation was left out: this backend has no such option."]),
  ...([...torchTimes.values()].some((ms) => ms !== null)
    ? []
    : ["PyTorch was left out: `SACCADE_TORCH_FORWARD` names no command, or processor time was asked for."]),
];
const svg = chartOf(results);
await publish(
  {
    name: "model",
    title: "Whole networks",
    about:
      "Milliseconds a clip, batch 1, the fastest of runs in turn (PyTorch: the median that its command reports). " +
      "15M sees 3×224×224; its neurons are calibrated to one firing rate (bench/calibrate.ts). `nano` is the trained " +
      "pose model on four windows of the sample recording. Plans are compiled twice, the second time with the firing " +
      "rates of a run.",
    threads: threadCounts.join(", "),
    body: [
      timesOf(results),
      plansOf(results),
      "An untrained network is chaotic: a neuron at its threshold that fires for rounding in one engine and not in " +
        "the other changes all that follow it. `nano` shows how alike engines are on a network that was trained.",
      ...left,
    ],
    charts:
      svg === null
        ? new Map()
        : new Map([["model", { svg, alt: "Time per frame of SpikeVideoFormer 15M by firing rate" }]]),
  },
  options,
);
