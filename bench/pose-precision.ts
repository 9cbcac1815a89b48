/**
 * What int16 costs in accuracy: errors of the trained pose model on the test split of the motion capture, run eagerly,
 * compiled, and compiled in int16. Looks for the motion capture in the folder `mocap` of `SACCADE_DATA`.
 *
 *   SACCADE_DATA=FOLDER npm run bench -- pose-precision [--split=test] [--cache=FOLDER] [--batches=N] [--full]
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Precision, setBackend } from "../src/backend/index.ts";
import { createWasmBackend } from "../src/backend/wasm/node.ts";
import { evaluationBatches } from "../src/data/index.ts";
import { generatePoseClips } from "../src/data/node.ts";
import { compile, Session } from "../src/engine/index.ts";
import type { SpikeVideoFormer } from "../src/models/index.ts";
import { observe } from "../src/nn/index.ts";
import { type Tensor, withoutGradients } from "../src/tensor/index.ts";
import { predictPoses } from "../src/track/index.ts";
import { PoseErrors, type PoseMetrics, poseVideo } from "../src/train/index.ts";
import { trainedNano } from "./clips.ts";
import { flags, table } from "./harness.ts";
import { pageFlags, publish } from "./publish.ts";

const text = { type: "string" } as const;
const options = flags({ ...pageFlags, split: text, cache: text, batches: text });
const split = options.split ?? "test";
/** As `saccade eval pose` films and cuts them. */
const FILMED = { variants: 1, seed: 2 } as const;
const WINDOWS = { timeSteps: 8, windowSeconds: 1, batch: 8 } as const;
const ENGINES = ["eager", "f32", "int16"] as const;
const COORDINATES = 3 * 24;

type Layer = { equal: number; spikes: number; size: number };

/** Runs batches of any size through compiled plans. */
class Compiled {
  readonly #sessions = new Map<number, Session>();
  readonly #model: SpikeVideoFormer;
  readonly #precision: Precision;

  constructor(model: SpikeVideoFormer, precision: Precision) {
    this.#model = model;
    this.#precision = precision;
  }

  session(video: Tensor): Session {
    const [timeSteps, batch, ...frame] = video.shape as [number, number, ...number[]];
    const known = this.#sessions.get(batch);
    if (known !== undefined) return known;
    const input = [batch, ...frame];
    const session = new Session(
      compile(this.#model, { input, timeSteps, precision: this.#precision, keepSpikes: true }),
    );
    this.#sessions.set(batch, session);
    return session;
  }

  forward(video: Tensor): Record<string, Tensor> {
    return this.session(video).run(video);
  }
}

/** Counts spikes of the model that those of a session equal. */
function compareSpikes(layers: Map<string, Layer>, session: Session, layer: string, spikes: Tensor): void {
  const counts = layers.get(layer) ?? { equal: 0, spikes: 0, size: 0 };
  layers.set(layer, counts);
  const others = session.spikes(layer);
  for (let i = 0; i < spikes.size; i++) {
    counts.equal += Number(spikes.data[i] === others.data[i]);
    counts.spikes += spikes.data[i]!;
  }
  counts.size += spikes.size;
  others.dispose();
}

async function evaluate(mocapDir: string) {
  const model = await trainedNano();
  const clips = await generatePoseClips({
    ...FILMED,
    mocapDir,
    split,
    ...(options.cache === undefined ? {} : { cacheDir: options.cache }),
  });
  const compiled = { f32: new Compiled(model, "f32"), int16: new Compiled(model, "int16") };
  const runners = { eager: model, ...compiled };
  const errors = { eager: new PoseErrors(), f32: new PoseErrors(), int16: new PoseErrors() };
  const layers = { f32: new Map<string, Layer>(), int16: new Map<string, Layer>() };
  let batches = 0;
  for (const batch of evaluationBatches(clips, WINDOWS)) {
    if (++batches > Number(options.batches ?? Infinity)) break;
    withoutGradients(() => {
      const video = poseVideo(batch);
      // The model last: its spikes are compared with those that the sessions keep.
      for (const engine of ENGINES.toReversed()) {
        const stop =
          engine === "eager"
            ? observe(model, (layer, seen) => {
                if (seen.kind !== "neuron") return;
                for (const precision of ["f32", "int16"] as const) {
                  compareSpikes(layers[precision], compiled[precision].session(video), layer, seen.spikes);
                }
              })
            : () => {};
        predictPoses(runners[engine], video).forEach(({ joints }, i) => {
          errors[engine].add(joints, batch.joints.subarray(COORDINATES * i, COORDINATES * (i + 1)));
        });
        stop();
      }
    });
  }
  const metrics = ENGINES.map((engine) => [engine, errors[engine].metrics()] as const);
  return { clips: clips.length, metrics: new Map<string, PoseMetrics>(metrics), layers };
}

const data = join(process.env["SACCADE_DATA"] ?? "", "mocap");
if (process.env["SACCADE_DATA"] === undefined || !existsSync(data)) {
  console.log("pose-precision: skipped, SACCADE_DATA names no folder with mocap/");
} else {
  const backend = await createWasmBackend({ threads: 2 });
  setBackend(backend);
  const { clips, metrics, layers } = await evaluate(data);
  const base = metrics.get("eager")!;
  const kinds = [
    ["PEL-MPJPE", "pelMpjpe"],
    ["MPJPE", "mpjpe"],
    ["PA-MPJPE", "paMpjpe"],
  ] as const;
  const errors = table(
    ["engine", ...kinds.flatMap(([name]) => [`${name}, mm`, "difference"])],
    [...metrics].map(([engine, own]) => [
      engine === "eager" ? "eager, f32" : `compiled, ${engine}`,
      ...kinds.flatMap(([, key]) => [
        own[key].toFixed(2),
        `${((100 * (own[key] - base[key])) / base[key]).toFixed(3)} %`,
      ]),
    ]),
  );
  const total = (all: Iterable<Layer>): Layer => {
    const sum = { equal: 0, spikes: 0, size: 0 };
    for (const layer of all) {
      sum.equal += layer.equal;
      sum.spikes += layer.spikes;
      sum.size += layer.size;
    }
    return sum;
  };
  const row = (name: string, float: Layer, integer: Layer): string[] => [
    name,
    `${((100 * float.spikes) / float.size).toFixed(1)} %`,
    ...[float, integer].map(({ equal, size }) => `${((100 * equal) / size).toFixed(2)} %`),
  ];
  const spikes = table(
    ["layer of neurons", "firing", "f32 equals eager", "int16 equals eager"],
    [
      row("all", total(layers.f32.values()), total(layers.int16.values())),
      ...[...layers.f32].map(([layer, counts]) => row(layer, counts, layers.int16.get(layer)!)),
    ],
  );
  await publish(
    {
      name: "pose-precision",
      title: "Accuracy of int16",
      about: `The trained \`nano\` on the ${split} split, ${clips} clips, ${base.poses} poses, filmed and cut as by \`saccade eval pose\`.`,
      threads: "2",
      body: [errors, spikes],
      charts: new Map(),
    },
    options,
  );
  backend.dispose();
  setBackend(undefined);
}
