/**
 * How time and memory grow: with T, with the number of tokens, and with the length of a stream. The tiny
 * SpikeVideoFormer with joint attention, calibrated to 15 % for each length.
 *
 *   npm run bench -- scaling [--full] [--threads=1] [--precision=f32] [--out=FOLDER]
 */
import { setBackend } from "../src/backend/index.ts";
import { createWasmBackend } from "../src/backend/wasm/node.ts";
import type { Session } from "../src/engine/index.ts";
import type { Tensor } from "../src/tensor/index.ts";
import { doublings, draw, type Panel, ticksTo } from "./chart.ts";
import { calibrated, calibration, noise, recordedWindows, trainedNano } from "./clips.ts";
import { best, contender, digits, factor, flags, inTurn, now, numbers, quantile, table } from "./harness.ts";
import { pageFlags, publish } from "./publish.ts";
import { disposeAll, tuned } from "./rates.ts";
import { framesOf, type Past, streamOf } from "./stream-model.ts";

const text = { type: "string" } as const;
const options = flags({ ...pageFlags, threads: text, precision: text, lengths: text, sides: text });
const threads = Number(options.threads ?? "1");
const precision = options.precision === "int16" ? "int16" : "f32";
const lengths = numbers(options.lengths ?? (options.full ? "8,16,32,64,128,256" : "8,32,256"));
const sides = numbers(options.sides ?? (options.full ? "64,96,128,160,224" : "64,128,224"));
const turns = options.full ? 7 : 3;
const SIDE = 64;
const TIME_STEPS = 8;
const RATE = 0.15;
const PUSHES = 1000;

const backend = await createWasmBackend({ threads });
setBackend(backend);

type Subject = { readonly session: Session; readonly clip: Tensor };

function subject(timeSteps: number, side: number): Subject {
  const model = calibrated("tiny", calibration("tiny", timeSteps, side, RATE));
  const clip = noise("tiny", timeSteps, side);
  return { session: tuned(model, { input: [3, side, side], timeSteps, precision }, clip).session, clip };
}

/** Fastest runs of subjects that take turns, milliseconds. */
async function fastestOf(subjects: readonly Subject[]): Promise<number[]> {
  const contenders = subjects.map(({ session, clip }, i) =>
    contender(`${i}`, () => disposeAll(session.run(clip))),
  );
  return [...(await inTurn(contenders, { turns, ms: 100 })).values()].map(best);
}

async function byLength() {
  const subjects = lengths.map((timeSteps) => subject(timeSteps, SIDE));
  const times = await fastestOf(subjects);
  return lengths.map((timeSteps, i) => ({
    timeSteps,
    perStep: times[i]! / timeSteps,
    bytesPerStep: subjects[i]!.session.bytes / timeSteps,
  }));
}

/** Milliseconds of attention in the fastest of some runs. */
function attentionMs({ session, clip }: Subject): number {
  const runs: number[] = [];
  for (let run = 0; run < 5 * turns; run++) {
    let ms = 0;
    session.watch(({ kernel }, step) => {
      const start = now();
      step();
      if (kernel === "popcount attention") ms += now() - start;
    });
    disposeAll(session.run(clip));
    runs.push(ms);
  }
  session.watch(null);
  return best(runs);
}

async function byTokens() {
  const subjects = sides.map((side) => subject(TIME_STEPS, side));
  const times = await fastestOf(subjects);
  return sides.map((side, i) => {
    const tokens = TIME_STEPS * (side / 16) ** 2;
    return { side, tokens, ms: times[i]!, attention: attentionMs(subjects[i]!) };
  });
}

/** Pushes the frames of a recording over and over into streams of the trained pose model. */
async function byPushes() {
  const model = await trainedNano();
  const frames = (await recordedWindows(model, 8)).flatMap(framesOf);
  return ([true, { window: 8 }] satisfies Past[]).map((stream: Past) => {
    const session = streamOf(model, frames, stream, precision);
    const times: number[] = [];
    const before = session.bytes;
    let available = 0;
    for (let push = 0; push < PUSHES; push++) {
      if (push === 100) available = backend.packed.available;
      const start = now();
      disposeAll(session.push(frames[push % frames.length]!));
      times.push(now() - start);
    }
    const grown = available - backend.packed.available;
    const [early, late] = [times.slice(100, 200), times.slice(-100)].map((some) => quantile(some, 0.5));
    return { stream, before, after: session.bytes, grown, early: early!, late: late! };
  });
}

const time = await byLength();
const tokens = await byTokens();
const pushes = await byPushes();

const [first, last] = [time[0]!, time.at(-1)!];
const slope =
  (last.perStep * last.timeSteps - first.perStep * first.timeSteps) / (last.timeSteps - first.timeSteps);
const timeTable = table(
  ["T", "ms a step", `against T = ${first.timeSteps}`, "buffers, kB a step"],
  time.map(({ timeSteps, perStep, bytesPerStep }) => [
    `${timeSteps}`,
    digits(perStep),
    factor(perStep, first.perStep),
    digits(bytesPerStep / 1e3),
  ]),
);
const tokenTable = table(
  ["picture", "tokens", "clip, ms", "attention, ms", "share", "attention, ns a token", "against the first"],
  tokens.map(({ side, tokens: count, ms, attention }) => [
    `${side}²`,
    `${count}`,
    digits(ms),
    digits(attention),
    `${((100 * attention) / ms).toFixed(1)} %`,
    digits((1e6 * attention) / count),
    factor(attention / count, tokens[0]!.attention / tokens[0]!.tokens),
  ]),
);
const pushTable = table(
  [
    "stream",
    "buffers, first push, kB",
    `after ${PUSHES}, kB`,
    "memory taken since, bytes",
    "ms a push, early",
    "late",
  ],
  pushes.map(({ stream, before, after, grown, early, late }) => [
    stream === true ? "all of the past" : `window of ${stream.window}`,
    digits(before / 1e3),
    digits(after / 1e3),
    `${grown}`,
    digits(early),
    digits(late),
  ]),
);

const panels: Panel[] = [
  {
    title: "Time per step by the length of a clip",
    x: { label: "T, steps →", scale: "log", ticks: doublings(lengths[0]!, lengths.at(-1)!) },
    y: {
      label: "↑ ms a step",
      scale: "linear",
      ticks: ticksTo(Math.max(...time.map(({ perStep }) => perStep))),
    },
    series: [
      {
        label: precision,
        tone: precision === "f32" ? "float" : "integer",
        points: time.map(({ timeSteps, perStep }) => [timeSteps, perStep]),
      },
    ],
  },
  {
    title: "Attention by the number of tokens",
    x: { label: "tokens →", scale: "linear", ticks: ticksTo(tokens.at(-1)!.tokens) },
    y: {
      label: "↑ ms",
      scale: "linear",
      ticks: ticksTo(Math.max(...tokens.map(({ attention }) => attention))),
    },
    series: [
      {
        label: "measured",
        tone: precision === "f32" ? "float" : "integer",
        points: tokens.map(({ tokens: count, attention }) => [count, attention]),
      },
      {
        label: "in proportion",
        tone: "rival",
        style: "dashed",
        points: [0, tokens.at(-1)!.tokens].map((count) => [
          count,
          (count * tokens.at(-1)!.attention) / tokens.at(-1)!.tokens,
        ]),
      },
    ],
  },
];

await publish(
  {
    name: "scaling",
    title: "Growth with time, tokens and the length of a stream",
    about: `The tiny SpikeVideoFormer, joint attention, ${precision}, calibrated to ${100 * RATE} % at each size; streams: the trained \`nano\`.`,
    threads: `${threads}`,
    body: [
      `Clips of ${SIDE}², slope ${digits(slope)} ms a step:\n\n${timeTable}`,
      `Clips of T = ${TIME_STEPS}:\n\n${tokenTable}`,
      pushTable,
    ],
    charts: new Map([
      [
        "scaling",
        {
          svg: draw({
            title: "Linear in time and in tokens",
            subtitle: `SpikeVideoFormer tiny with joint attention, ${threads} thread${threads > 1 ? "s" : ""}`,
            columns: 2,
            panels,
          }),
          alt: "Time per step by T, and attention by tokens",
        },
      ],
    ]),
  },
  options,
);
setBackend(undefined);
backend.dispose();
