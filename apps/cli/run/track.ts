/** What `saccade track` does. */
import { readFile, stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { basename, dirname, extname, join } from "node:path";
import type { EventStream, Recording } from "../../../src/events/index.ts";
import { openRecording } from "../../../src/events/node.ts";
import { readFileBounded } from "../../../src/io/node.ts";
import { parseTruth } from "../../../src/simulate/index.ts";
import { parsePoseModel, type PoseModel, type TrackedStep, trackPoses } from "../../../src/track/index.ts";
import { type ReportData } from "../../report/data.ts";
import { renderReport } from "../../report/render.ts";
import { withBackend } from "./backends.ts";
import type { Context } from "../context.ts";
import { reading } from "../faults.ts";
import { packageFile } from "../package-root.ts";
import { startProgress } from "../progress.ts";
import type { TrackOptions } from "../track.ts";
import { ActivityLog, type ActivitySummary, type PassActivity } from "./track-activity.ts";
import { jsonStep } from "./track-files.ts";
import { TrackOutputs } from "./track-outputs.ts";
import { reportCamera, ReportSteps } from "./track-report.ts";
import { trackTable } from "./track-table.ts";
import { truthAt, TruthErrors, type TruthMetrics } from "./truth-errors.ts";

/** T: steps of a window, as in training. */
const TIME_STEPS = 8;
const WINDOW_MS = 1000;

/** What a run found out. */
export type TrackSummary = {
  readonly recording: ReportData["recording"];
  readonly model: ReportData["model"];
  readonly timing: NonNullable<ReportData["timing"]>;
  readonly steps: number;
  readonly activity: ActivitySummary;
  /** Errors, where the truth is known. */
  readonly errors: TruthMetrics | undefined;
  /** Faults of a recording that was read in spite of them. */
  readonly faults: number;
  /** Files that were written. */
  readonly files: readonly string[];
};

/**
 * Tracks a recording: files in the output folder, a table on standard output. With `json` and no other wish for files,
 * the lines go to standard output and the table to standard error.
 *
 * @returns the summary; undefined if it was interrupted, and then nothing was written
 */
export async function runTrack(
  recording: string,
  options: TrackOptions,
  context: Context,
): Promise<TrackSummary | undefined> {
  return withBackend(options, async () => {
    const weights = options.weights ?? packageFile("weights", "nano-pose.safetensors");
    const poseModel = await reading(weights, async () => parsePoseModel(await readFileBounded(weights)));
    try {
      return await trackWith(poseModel, basename(weights), recording, options, context);
    } finally {
      poseModel.model.dispose();
    }
  });
}

async function trackWith(
  poseModel: PoseModel,
  weights: string,
  path: string,
  options: TrackOptions,
  context: Context,
): Promise<TrackSummary | undefined> {
  const { json = false, csv = false, bvh = false, out, windowMs = WINDOW_MS } = options;
  const name = path === "-" ? "standard input" : path;
  const stem = path === "-" ? "stdin" : basename(path, extname(path));
  const piped = json && !csv && !bvh && out === undefined;
  const truth = await readTruth(path, options.truth);
  const bytes = path === "-" ? undefined : (await stat(path)).size;
  const source = await reading(name, () =>
    openRecording(path, { mode: options.recover ? "recover" : "strict" }),
  );
  let outputs: TrackOutputs | undefined;
  const log = new ActivityLog(poseModel.model);
  try {
    outputs = await TrackOutputs.open(out ?? ".", stem, { json: json && !piped, csv, bvh });
    const { head } = poseModel.model.config;
    const size = head.kind === "pose" ? head.inputSize : 0;
    const stream = new WatchedStream(source);
    const shown = new ReportSteps(size);
    const errors = new TruthErrors(poseModel.meanJoints);
    const windowUs = Math.round(1000 * windowMs);
    const progress =
      bytes === undefined
        ? undefined
        : startProgress(context.stderr, {
            label: stem,
            total: megabytes(bytes),
            unit: "MB",
            now: context.now,
          });
    const started = context.now();
    let activity: PassActivity | undefined;
    let last: TrackedStep | undefined;
    for await (const step of readingAll(
      name,
      trackPoses(stream, poseModel, { windowUs, timeSteps: TIME_STEPS }),
    )) {
      const t = step.index % TIME_STEPS;
      if (t === 0) {
        activity = log.take();
        progress?.update(megabytes(source.offset));
        // Lets Ctrl-C have its turn: a recording in memory never waits.
        await new Promise((resolve) => setImmediate(resolve));
        if (context.signal.aborted) return undefined;
      }
      const known = truth && truthAt(truth.frames, step.tUs);
      if (known) errors.add(step.joints, known);
      await outputs.add(step);
      if (piped) context.stdout.write(jsonStep(step));
      shown.add(step, stream.startUs, activity!, t, known);
      last = step;
    }
    progress?.update(megabytes(source.offset));
    progress?.end();
    const ms = context.now() - started;
    const steps = last!.index + 1;
    const trackedUs = last!.tUs - stream.startUs;
    const summary = {
      recording: {
        name: path === "-" ? "standard input" : basename(path),
        format: source.format,
        sensor: source.sensor,
        durationUs: stream.endUs - stream.startUs,
        events: stream.events,
      },
      model: {
        name: "SpikeVideoFormer",
        parameters: poseModel.model.parameterCount(),
        weights,
        timeSteps: TIME_STEPS,
        attention: `${poseModel.model.config.score}, ${poseModel.model.config.attention}`,
      },
      timing: {
        msPerFrame: ms / steps,
        realTimeFactor: ms > 0 ? trackedUs / 1000 / ms : 0,
        threads: options.threads ?? availableParallelism(),
        node: process.version,
      },
      steps,
      activity: log.summary(),
      errors: errors.metrics(),
      faults: source.report.count,
    };
    const report: ReportData = {
      ...summary,
      ...shown.parts(log),
      camera: reportCamera(source.sensor, size, truth?.header),
      energy: summary.activity,
      notes: notes(shown, truth !== undefined, source),
    };
    const frameRateHz = (TIME_STEPS * 1e6) / windowUs;
    const files = await outputs.commit(renderReport(report), frameRateHz);
    const result = { ...summary, files };
    (piped ? context.stderr : context.stdout).write(trackTable(result));
    return result;
  } finally {
    log.close();
    await source.close();
    await outputs?.discard();
  }
}

/** Looks on as a recording is read: how many events, from when to when. */
class WatchedStream implements EventStream {
  readonly format: string;
  readonly sensor: EventStream["sensor"];
  /** Events read so far. */
  events = 0;
  /** Times of the first and the last of them, µs. */
  startUs = NaN;
  endUs = NaN;
  readonly #source: Recording;

  constructor(source: Recording) {
    this.#source = source;
    this.format = source.format;
    this.sensor = source.sensor;
  }

  /** Bytes read so far. */
  get offset(): number {
    return this.#source.offset;
  }

  async *[Symbol.asyncIterator]() {
    for await (const batch of this.#source) {
      const count = batch.t.length;
      if (count > 0) {
        if (this.events === 0) this.startUs = batch.t[0]!;
        this.endUs = batch.t[count - 1]!;
        this.events += count;
      }
      yield batch;
    }
  }
}

/** The truth that was named, or that lies beside the recording under its name. */
async function readTruth(recording: string, named: string | undefined) {
  const stem = basename(recording, extname(recording));
  const path = named ?? join(dirname(recording), `${stem}.truth.jsonl`);
  if (named === undefined && (recording === "-" || !(await isThere(path)))) return undefined;
  return reading(path, async () => parseTruth(await readFile(path, "utf8")));
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Faults of what is iterated over name the file; those of the loop's body pass unchanged. */
async function* readingAll<T>(file: string, items: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await reading(file, () => iterator.next());
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e4) / 100;
}

function notes(shown: ReportSteps, hasTruth: boolean, { report }: Recording): string[] {
  return [
    ...(shown.thinned ? ["A long recording: steps at equal distances are shown."] : []),
    ...(hasTruth ? [] : ["The camera is not known: the skeleton is drawn for a field of view of 45°."]),
    ...(report.count > 0
      ? [`The recording is damaged in ${report.count} places; ${report.droppedEvents} events were left out.`]
      : []),
  ];
}
