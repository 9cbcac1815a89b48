/**
 * One process of bench/model.ts: a network on one number of threads, with the engines that it is told to set up. A
 * process of its own, because revectorisation is a setting of the whole process. Talks to bench/contenders.ts.
 */
import { InferenceSession, Tensor as OnnxTensor } from "onnxruntime-node";
import type { Precision } from "../src/backend/index.ts";
import { setBackend } from "../src/backend/index.ts";
import { createWasmBackend } from "../src/backend/wasm/node.ts";
import { lower, toOnnx } from "../src/engine/index.ts";
import { observe } from "../src/nn/index.ts";
import { type Tensor, withoutGradients } from "../src/tensor/index.ts";
import { calibrated, noise, recordedWindows, trainedNano } from "./clips.ts";
import { repeatAsync } from "./harness.ts";
import { disposeAll, tuned, type Tuned } from "./rates.ts";

/** What is run, and by which engines. */
export type Job = {
  readonly network: "15M" | "tiny" | "nano";
  /** Names and values of calibrated tensors; nothing for the trained `nano`. */
  readonly calibration: readonly (readonly [string, readonly number[]])[];
  readonly side: number;
  readonly timeSteps: number;
  readonly threads: number;
  readonly revectorize: boolean;
  readonly engines: readonly EngineName[];
  /** Whether spikes and outputs of the engines are compared. */
  readonly compare: boolean;
};

/** Compiled plans by their precision, the model itself, ONNX Runtime. */
export type EngineName = Precision | "eager" | "onnx";

/** What became of a job before anything is timed. */
export type Setup = {
  /** Whether the process can do what the job asks for. */
  readonly able: boolean;
  /** By engine, where compiled. */
  readonly compiled: Readonly<Partial<Record<EngineName, CompiledSetup>>>;
  /** Shares of equal spikes and largest differences of outputs, by pair. */
  readonly agreement: readonly Agreement[];
};

/** A compiled plan: times in ms, bytes of buffers, spikes per neuron and step by layer. */
export type CompiledSetup = {
  readonly compileMs: number;
  readonly coldMs: number;
  readonly bytes: number;
  readonly rates: readonly (readonly [string, number])[];
};

/** How alike two engines are. */
export type Agreement = {
  readonly of: string;
  /** Share of equal spikes: of all, and of the layer that agrees least. */
  readonly spikes: number;
  readonly leastLayer: number;
  /** Largest difference of an output, and the largest output. */
  readonly difference: number;
  readonly largest: number;
};

type Message = { readonly run: EngineName; readonly ms: number };
type Run = () => void | Promise<void>;

let windows: Tensor[] = [];
const runs = new Map<EngineName, Run>();

process.on("message", async (message: Job | Message) => {
  if ("network" in message) process.send!(await setUp(message));
  else {
    const times = await repeatAsync(runs.get(message.run)!, message.ms);
    process.send!(times.map((ms) => ms / windows.length));
  }
});

async function setUp(job: Job): Promise<Setup> {
  const { network, threads, revectorize, side, timeSteps } = job;
  const backend = await createWasmBackend({ threads, revectorize });
  if (revectorize && (backend as { revectorized?: boolean }).revectorized !== true) {
    return { able: false, compiled: {}, agreement: [] };
  }
  setBackend(backend);
  const model = network === "nano" ? await trainedNano() : calibrated(network, new Map(job.calibration));
  windows =
    network === "nano" ? await recordedWindows(model, 4, timeSteps) : [noise(network, timeSteps, side)];
  const input = windows[0]!.shape.slice(2);
  const compiled: Partial<Record<EngineName, CompiledSetup>> = {};
  const plans = new Map<Precision, Tuned>();
  for (const engine of job.engines) {
    if (engine === "onnx")
      runs.set(engine, await onnxRun(toOnnx(lower(model, input), { timeSteps }), threads));
    else if (engine === "eager") {
      runs.set(engine, () =>
        withoutGradients(() => windows.forEach((clip) => disposeAll(model.forward(clip)))),
      );
    } else {
      const plan = tuned(model, { input, timeSteps, precision: engine }, windows[0]!);
      const { session, compileMs, coldMs, rates } = plan;
      compiled[engine] = { compileMs, coldMs, bytes: session.bytes, rates: [...rates] };
      plans.set(engine, plan);
      runs.set(engine, () => windows.forEach((clip) => disposeAll(session.run(clip))));
    }
  }
  return { able: true, compiled, agreement: job.compare ? compareAll() : [] };

  function compareAll(): Agreement[] {
    const keeping = new Map(
      [...plans].map(([precision, { rates }]) => {
        const options = { input, timeSteps, precision, firingRates: rates, keepSpikes: true };
        return [precision, tuned(model, options, windows[0]!).session];
      }),
    );
    const [float, integer] = [keeping.get("f32")!, keeping.get("int16")!];
    const clip = windows[0]!;
    const [a, b] = [float, integer].map((session) => session.run(clip));
    const layers = [...plans.get("f32")!.rates.keys()];
    const between = layers.map((layer) => alike(float.spikes(layer), integer.spikes(layer)));
    const withEager: Layer[] = [];
    const stop = observe(model, (layer, seen) => {
      if (seen.kind === "neuron") withEager.push(alike(float.spikes(layer), seen.spikes));
    });
    const eager = withoutGradients(() => model.forward(clip));
    stop();
    return [
      { of: "f32, eager", ...summary(withEager), ...outputs(a!, eager) },
      { of: "int16, f32", ...summary(between), ...outputs(b!, a!) },
    ];
  }
}

async function onnxRun(file: Uint8Array, threads: number): Promise<Run> {
  const session = await InferenceSession.create(file, { intraOpNumThreads: threads, interOpNumThreads: 1 });
  const feeds = windows.map(({ data, shape }) => ({
    input: new OnnxTensor("float32", Float32Array.from(data), shape),
  }));
  return async () => {
    for (const feed of feeds) await session.run(feed);
  };
}

type Layer = { readonly equal: number; readonly size: number };

function alike(a: Tensor, b: Tensor): Layer {
  let equal = 0;
  for (let i = 0; i < a.size; i++) equal += Number(a.data[i] === b.data[i]);
  a.dispose();
  return { equal, size: a.size };
}

function summary(layers: readonly Layer[]): Pick<Agreement, "spikes" | "leastLayer"> {
  const total = (key: keyof Layer): number => layers.reduce((sum, layer) => sum + layer[key], 0);
  return {
    spikes: total("equal") / total("size"),
    leastLayer: Math.min(...layers.map(({ equal, size }) => equal / size)),
  };
}

function outputs(
  a: Readonly<Record<string, Tensor>>,
  b: Readonly<Record<string, Tensor>>,
): Pick<Agreement, "difference" | "largest"> {
  let [difference, largest] = [0, 0];
  for (const [name, { data }] of Object.entries(b)) {
    data.forEach((value, i) => {
      difference = Math.max(difference, Math.abs(value - a[name]!.data[i]!));
      largest = Math.max(largest, Math.abs(value));
    });
  }
  return { difference, largest };
}
