/** What `saccade track` does with a model of heatmaps: joints in the picture, step by step, as events come. */
import { basename, extname, join } from "node:path";
import { readFileBounded } from "../../../src/core/node.ts";
import { HEATMAP_JOINTS } from "../../../src/data/index.ts";
import {
  type Events,
  type EventStream,
  isLiveAddress,
  joinEvents,
  windows,
} from "../../../src/events/index.ts";
import {
  type HeatmapModel,
  isKind,
  parseModelFile,
  runModel,
  tellsHeatmaps,
} from "../../../src/models/index.ts";
import { withoutGradients, zeros } from "../../../src/tensor/index.ts";
import { type JointTrackerOptions, type TrackedJoints, trackJoints } from "../../../src/track/index.ts";
import { runOf } from "../../../src/train/index.ts";
import type { Context } from "../context.ts";
import { InputError, reading } from "../faults.ts";
import type { TrackOptions } from "../track.ts";
import { withBackend } from "./backends.ts";
import { checkDistinct } from "./distinct-files.ts";
import { openInput, tellLosses } from "./events/input.ts";
import { commitTogether, GrowingFile } from "./growing-file.ts";
import { table } from "./table.ts";
import { readingAll } from "./watched-stream.ts";

/** Shares of the steps whose latency is told. */
const PERCENTILES = [50, 95, 99, 100] as const;

/**
 * Tracks a recording or a live source: a table on standard output, and the joints as JSON lines or CSV where these are asked
 * for. With `json` alone the lines go to standard output, each as soon as it is known, and the table to standard error.
 */
export async function trackPicture(
  path: string,
  weights: string,
  options: TrackOptions,
  context: Context,
): Promise<void> {
  await withBackend({ ...options, env: context.env }, async () => {
    const file = await reading(weights, async () => parseModelFile(await readFileBounded(weights), weights));
    const { model } = file;
    if (!tellsHeatmaps(model)) {
      throw new InputError(weights, `expected a model of heatmaps, got ${model.config.model}`);
    }
    const settings = await reading(weights, () => settingsOf(file.metadata, options, context));
    await reading(weights, () => warmUp(model, settings));
    const input = await openInput(path, options.recover === true ? { recover: true } : {}, context);
    const { json = false, csv = false, out } = options;
    const piped = json && !csv && out === undefined;
    const stem = path === "-" ? "stdin" : isLiveAddress(path) ? "live" : basename(path, extname(path));
    const kinds = [
      { end: "jsonl", wanted: json && !piped, line: jsonLine, head: "" },
      { end: "csv", wanted: csv, line: csvLine, head: csvHead(model.config.joints) },
    ].filter(({ wanted }) => wanted);
    const paths = kinds.map(({ end }) => join(out ?? ".", `${stem}.${end}`));
    checkDistinct([path, weights], paths);
    const files: GrowingFile[] = [];
    try {
      for (const name of paths) files.push(await GrowingFile.open(name));
      const summary = new Summary();
      const stepHz = isKind(model, "dense-unet") ? settings.annHz : settings.snnHz;
      const stream = isLiveAddress(path) ? input.stream : byStep(input.stream, 1e6 / stepHz);
      for await (const step of readingAll(input.name, trackJoints(stream, model, settings))) {
        summary.add(step);
        if (piped) context.stdout.write(jsonLine(step));
        for (const [i, { line }] of kinds.entries()) await files[i]!.write(line(step));
        // Lets Ctrl-C have its turn: a recording in memory never waits.
        await new Promise((resolve) => setImmediate(resolve));
        if (context.signal.aborted && !isLiveAddress(path)) return;
      }
      if (summary.steps === 0) {
        const wanted = isKind(model, "spiking-pose")
          ? "a step and an event behind it"
          : `${settings.history ?? 7500} events and a step behind them`;
        throw new InputError(input.name, `expected ${wanted}, got fewer`);
      }
      for (const [i, { head }] of kinds.entries()) await files[i]!.finish(head);
      await commitTogether(files);
      (piped ? context.stderr : context.stdout).write(
        `${summary.table()}${files.map(({ path: name }) => `wrote ${name}\n`).join("")}`,
      );
      tellLosses(input, context);
    } finally {
      await Promise.all(files.map((one) => one.discard()));
      await input.close();
      model.dispose();
    }
  });
}

/** How the model was trained, as far as its file says so, and as the options have it. */
function settingsOf(
  metadata: Readonly<Record<string, string>>,
  { annHz, snnHz, picture }: TrackOptions,
  { now }: Context,
): JointTrackerOptions & { readonly annHz: number; readonly snnHz: number } {
  const run = runOf(metadata);
  const trained = run?.task === "heatmaps" ? run : undefined;
  const { size, region, fit, history, windowMs = 100 } = trained?.data ?? {};
  const [height, width] = size ?? [256, 256];
  return {
    clock: now,
    size: picture ?? { width, height },
    annHz: annHz ?? 1000 / windowMs,
    snnHz: snnHz ?? (1000 * (trained?.timeSteps ?? 10)) / windowMs,
    ...(history !== undefined && { history }),
    ...(fit !== undefined && { fit }),
    ...(region !== undefined && {
      region: { x: region[0], y: region[1], width: region[2], height: region[3] },
    }),
  };
}

/** The first pass of a process is slow while the engine compiles: it is no measure of the others. */
function warmUp(model: HeatmapModel, { size: { width, height } }: JointTrackerOptions): void {
  const { config } = model;
  const [ann, snn] =
    config.model === "hybrid"
      ? [config.annChannels, config.snnChannels]
      : [config.inChannels, config.inChannels];
  withoutGradients(() => {
    const [events, input] = [zeros([1, 1, snn, height, width]), zeros([1, ann, height, width])];
    runModel(model, { events, input });
  });
}

/** A recording in batches of a step, as if it came while it happens. */
function byStep(stream: EventStream, stepUs: number): EventStream {
  async function* batches(): AsyncGenerator<Events> {
    for await (const { events } of windows(stream, { windowUs: Math.round(stepUs) })) {
      if (events.length > 0) yield joinEvents(events);
    }
  }
  return { format: stream.format, sensor: stream.sensor, [Symbol.asyncIterator]: batches };
}

const rounded = (value: number, digits = 2) => Number(value.toFixed(digits));

function jsonLine({ tUs, joints, confidence, events, latencyMs, annMs }: TrackedJoints): string {
  const places = Array.from(confidence, (_, j) => [rounded(joints[2 * j]!), rounded(joints[2 * j + 1]!)]);
  return `${JSON.stringify({
    tUs,
    joints: places,
    confidence: Array.from(confidence, (value) => rounded(value, 4)),
    events,
    latencyMs: rounded(latencyMs, 3),
    ...(annMs !== undefined && { annMs: rounded(annMs, 3) }),
  })}\n`;
}

function csvHead(joints: number): string {
  const names = Array.from({ length: joints }, (_, j) => HEATMAP_JOINTS[j] ?? `joint_${j}`);
  const columns = names.flatMap((name) => [`${name}_x_px`, `${name}_y_px`, `${name}_confidence`]);
  return `${["t_us", ...columns, "events", "latency_ms", "ann_ms"].join(",")}\n`;
}

function csvLine({ tUs, joints, confidence, events, latencyMs, annMs }: TrackedJoints): string {
  const places = Array.from(confidence, (value, j) => [
    rounded(joints[2 * j]!),
    rounded(joints[2 * j + 1]!),
    rounded(value, 4),
  ]);
  const ann = annMs === undefined ? "" : rounded(annMs, 3);
  return `${[tUs, ...places.flat(), events, rounded(latencyMs, 3), ann].join(",")}\n`;
}

/** Counts, and latencies as far as they are told: one number a step is kept. */
class Summary {
  readonly #latencies: number[] = [];
  readonly #runs: number[] = [];
  #confidence = 0;

  add({ latencyMs, annMs, confidence }: TrackedJoints): void {
    this.#latencies.push(latencyMs);
    if (annMs !== undefined) this.#runs.push(annMs);
    this.#confidence += confidence.reduce((sum, value) => sum + value, 0) / confidence.length;
  }

  get steps(): number {
    return this.#latencies.length;
  }

  /** A column a percentile. */
  table(): string {
    const { steps } = this;
    const row = (name: string, numbers: readonly number[]) => {
      const sorted = numbers.toSorted((a, b) => a - b);
      const at = (percent: number) => sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)]!;
      return [name, ...PERCENTILES.map((percent) => `${at(percent).toFixed(2)} ms`)];
    };
    return table([
      ["", ...PERCENTILES.map((percent) => (percent === 100 ? "longest" : `${percent} %`))],
      row(`latency of ${steps} steps`, this.#latencies),
      ...(this.#runs.length > 0 ? [row(`${this.#runs.length} runs of the ANN`, this.#runs)] : []),
      ["mean confidence", (this.#confidence / steps).toFixed(3)],
    ]);
  }
}
