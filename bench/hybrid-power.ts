/**
 * The tables of docs/hybrid.md: operations and power of the hybrid and its rivals beside [Aydin2024, tables 2 and 3].
 * Multiplications are those of a forward pass of the published sizes; spikes are those of the published runs, for ours are
 * not trained on these data.
 *
 *   npm run bench -- hybrid-power
 */
import { setBackend } from "../src/backend/index.ts";
import { createWasmBackend } from "../src/backend/wasm/node.ts";
import { Random } from "../src/core/index.ts";
import { ActivityMonitor, hybridPower, powerOf } from "../src/engine/index.ts";
import { Hybrid, type HybridConfig, hybridPresets } from "../src/models/index.ts";
import { scope, withoutGradients, zeros } from "../src/tensor/index.ts";
import { digits, table } from "./harness.ts";

/** Side of the picture in which operations are counted, and of the one that the paper counts. */
const [SIDE, PAPER_SIDE] = [64, 256];

/** Layers of the SNN: convolution, and whose spikes reach it, with their shares of its input. */
const LAYERS = [
  { conv: "snn.entry.conv", from: {} },
  { conv: "snn.down.0.conv", from: { entry: 1 } },
  { conv: "snn.down.1.conv", from: { down1: 1 } },
  { conv: "snn.down.2.conv", from: { down2: 1 } },
  { conv: "snn.residual.conv", from: { down3: 1 } },
  { conv: "snn.residualConv", from: { residual1: 1 } },
  { conv: "snn.up.0.conv", from: { residual2: 0.5, down3: 0.5 } },
  { conv: "snn.up.1.conv", from: { up1: 0.5, down2: 0.5 } },
  { conv: "snn.up.2.conv", from: { up2: 0.5, down1: 0.5 } },
  { conv: "output", from: { up3: 0.5, entry: 0.5 } },
] as const;
const NEURONS = ["entry", "down1", "down2", "down3", "residual1", "residual2", "up1", "up2", "up3"] as const;
type Rates = Readonly<Record<(typeof NEURONS)[number], number>>;

/** Spikes a neuron and step on DHP19, camera 3, mean of ten steps: `experiments_dhp19/…/results_*.txt` of the released code. */
const PUBLISHED: Readonly<Record<"snn" | "hybrid", Rates>> = {
  snn: ratesOf([0.00118, 0.01248, 0.01273, 0.0168, 0.03644, 0.04138, 0.06793, 0.09917, 0.00127]),
  hybrid: ratesOf([0.00551, 0.01205, 0.01551, 0.02946, 0.0346, 0.04177, 0.03345, 0.05042, 0.01964]),
};

function ratesOf(rates: readonly number[]): Rates {
  return Object.fromEntries(NEURONS.map((name, i) => [name, rates[i]!])) as Rates;
}

/** Multiplications of a dense network, by layer, at the size of the paper: of one run of the ANN and one step. */
function denseMacs(config: HybridConfig): Map<string, number> {
  return scope(() => {
    const model = new Hybrid(config, new Random(1)).eval();
    const monitor = new ActivityMonitor(model);
    withoutGradients(
      () => void model.forward(zeros([1, 1, 2, SIDE, SIDE]), zeros([1, config.annChannels, SIDE, SIDE])),
    );
    monitor.close();
    model.dispose();
    const scale = (PAPER_SIDE / SIDE) ** 2;
    return new Map(monitor.operations().map(({ layer, denseMacs: macs }) => [layer, scale * macs]));
  });
}

const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);
const below = (macs: ReadonlyMap<string, number>, prefix: string) =>
  sum([...macs].flatMap(([layer, count]) => (layer.startsWith(prefix) ? [count] : [])));

/** Accumulates of a step, G: by the rate of a layer's own neurons, as the paper has it, and by that of its input. */
function accumulates(
  macs: ReadonlyMap<string, number>,
  rates: Rates,
): { readonly own: number; readonly input: number } {
  let [own, input] = [0, 0];
  for (const [i, { conv, from }] of LAYERS.entries()) {
    const count = macs.get(conv)!;
    own += count * (rates[NEURONS[i]!] ?? 0);
    input += count * sum(Object.entries(from).map(([name, share]) => share * rates[name as keyof Rates]));
  }
  return { own, input };
}

setBackend(await createWasmBackend());
const events = denseMacs(hybridPresets.released);
const pictures = denseMacs(hybridPresets.rgb);
const none = { macs: 0, acs: 0 };
const ann = (macs: Map<string, number>) => ({ macs: below(macs, "ann."), acs: 0 });
const initialisers = { macs: below(events, "initialisers."), acs: 0 };
const snn = accumulates(events, PUBLISHED.snn);
const hybrid = accumulates(events, PUBLISHED.hybrid);
const entry = events.get("snn.entry.conv")!;
/** What the paper counts of the ANN: all but one of its convolutions of equal size. */
const MISSED = 9 * 32 * 32 * PAPER_SIDE ** 2;
const step = (acs: number) => ({ macs: entry, acs });
const hybridAt = (annHz: number, seen: Map<string, number>, acs: number) =>
  hybridPower({ ann: ann(seen), initialisers, snn: step(acs) }, { annHz, snnHz: 100 });

const rows = [
  ["DHP19: ANN at 100 Hz", powerOf([{ operations: ann(events), rateHz: 100 }]), "2200", "0", "3.718"],
  [
    "SNN at 100 Hz, own rates",
    hybridPower({ ann: none, initialisers: none, snn: step(snn.own) }, { annHz: 0, snnHz: 100 }),
    "0.5",
    "121",
    "0.046",
  ],
  [
    "SNN at 100 Hz, rates of the input",
    hybridPower({ ann: none, initialisers: none, snn: step(snn.input) }, { annHz: 0, snnHz: 100 }),
    "",
    "",
    "",
  ],
  ["hybrid, 10 and 100 Hz, own rates", hybridAt(10, events, hybrid.own), "233", "79", "0.424"],
  ["hybrid, 10 and 100 Hz, rates of the input", hybridAt(10, events, hybrid.input), "", "", ""],
  [
    "Event-Human3.6M: ANN on pictures at 100 Hz",
    powerOf([{ operations: ann(pictures), rateHz: 100 }]),
    "2025",
    "0",
    "3.42",
  ],
  ["hybrid on pictures, 5 and 100 Hz", hybridAt(5, pictures, hybrid.own), "108", "75", "0.21"],
  ["hybrid on events, 5 and 100 Hz", hybridAt(5, events, hybrid.own), "117", "70", "0.22"],
] as const;
console.log(
  table(
    ["", "MAC, G/s", "paper", "AC, G/s", "paper", "W", "paper"],
    rows.map(([name, { macsPerSecond, acsPerSecond, watts }, macs, acs, paper]) => [
      name,
      digits(macsPerSecond / 1e9),
      macs,
      digits(acsPerSecond / 1e9),
      acs,
      digits(watts),
      paper,
    ]),
  ),
);
const counted = (seen: Map<string, number>) => (ann(seen).macs - MISSED) / 1e9;
console.log(`
multiplications of one run, G: ANN ${digits(ann(events).macs / 1e9)} (pictures ${digits(ann(pictures).macs / 1e9)}),
  without one 3×3 convolution of ${digits(MISSED / 1e9)}: ${digits(counted(events))} (pictures ${digits(counted(pictures))});
  state initialisers ${digits(initialisers.macs / 1e9)}; a dense step of the SNN ${digits((below(events, "snn.") + events.get("output")!) / 1e9)}, its first layer ${digits(entry / 1e9)}`);
