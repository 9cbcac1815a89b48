/** What `saccade track` does. */
import { stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { basename, extname } from "node:path";
import type { Recording } from "../../../src/events/index.ts";
import { openRecording } from "../../../src/events/node.ts";
import { readFileBounded } from "../../../src/core/node.ts";
import { kindOf, type ModelConfig } from "../../../src/models/index.ts";
import { withoutGradients, zeros } from "../../../src/tensor/index.ts";
import {
  parsePoseModel,
  type PoseModel,
  posesBody,
  predictPoses,
  type TrackedStep,
  trackPoses,
} from "../../../src/track/index.ts";
import { PoseComparison, type PoseEvaluation } from "../../../src/train/index.ts";
import type { ReportData, ReportModel, ReportRecording, ReportTiming } from "../../report/data.ts";
import { renderReport } from "../../report/render.ts";
import type { Context } from "../context.ts";
import { InputError, reading } from "../faults.ts";
import { packageFile } from "../package-root.ts";
import { type Progress, startProgress } from "../progress.ts";
import type { TrackOptions } from "../track.ts";
import { withBackend } from "./backends.ts";
import { type PoseWindow, poseWindow } from "./pose-window.ts";
import { ActivityLog, type ActivitySummary, type PassActivity } from "./track-activity.ts";
import { jsonStep } from "./track-files.ts";
import { TrackOutputs } from "./track-outputs.ts";
import { reportCamera, ReportSteps } from "./track-report.ts";
import { trackTable } from "./track-table.ts";
import { checkSensor, readTruth, type Truth, truthAt } from "./truth.ts";
import { readingAll, WatchedStream } from "./watched-stream.ts";

/** What a run found out. */
export type TrackSummary = {
  readonly recording: ReportRecording;
  readonly model: ReportModel;
  readonly timing: ReportTiming;
  readonly frames: number;
  readonly activity: ActivitySummary;
  /** Errors of the model, and of always answering with its mean pose, where the truth is known. */
  readonly errors: PoseEvaluation | undefined;
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
  path: string,
  options: TrackOptions,
  context: Context,
): Promise<TrackSummary | undefined> {
  return withBackend({ ...options, env: context.env }, async () => {
    const weights = options.weights ?? packageFile("weights", "nano-pose.safetensors");
    const poseModel = await reading(weights, async () =>
      parsePoseModel(await readFileBounded(weights), weights),
    );
    if (options.bvh && !posesBody(poseModel.model)) {
      throw new InputError(weights, "expected a model that poses a body for --bvh, got one of joints alone");
    }
    const truth = await readTruth(path, options.truth);
    const { metadata } = poseModel;
    const trained = await reading(weights, () => poseWindow(metadata));
    const window = { ...trained, windowMs: options.windowMs ?? trained.windowMs };
    await reading(weights, () => warmUp(poseModel, window));
    const bytes = path === "-" ? undefined : (await stat(path)).size;
    const mode = options.recover ? "recover" : "strict";
    const source = await reading(path, () => openRecording(path, { mode, signal: context.signal }));
    const run = new Run(path, basename(weights), poseModel, window, truth, options);
    // Lines on the terminal and a bar that redraws itself would run into each other.
    const crowded = context.stdout.isTTY === true && isPiped(options);
    const bar = { label: run.stem, total: megabytes(bytes ?? 0), unit: "MB", now: context.now };
    const progress = bytes === undefined || crowded ? undefined : startProgress(context.stderr, bar);
    try {
      if (truth !== undefined) checkSensor(truth, source.sensor);
      return await run.track(source, progress, context);
    } finally {
      progress?.close();
      run.close();
      await source.close();
    }
  });
}

/** One recording on its way through a model. */
class Run {
  /** Name of the outputs without extension. */
  readonly stem: string;
  readonly #name: string;
  readonly #weights: string;
  readonly #poseModel: PoseModel;
  readonly #window: PoseWindow;
  readonly #truth: Truth | undefined;
  readonly #options: TrackOptions;
  readonly #activity: ActivityLog;
  readonly #shown: ReportSteps;
  readonly #errors: PoseComparison;

  constructor(
    path: string,
    weights: string,
    poseModel: PoseModel,
    window: PoseWindow,
    truth: Truth | undefined,
    options: TrackOptions,
  ) {
    this.stem = path === "-" ? "stdin" : basename(path, extname(path));
    this.#name = path === "-" ? "standard input" : path;
    this.#weights = weights;
    this.#poseModel = poseModel;
    this.#window = window;
    this.#truth = truth;
    this.#options = options;
    this.#activity = new ActivityLog(poseModel.model);
    this.#shown = new ReportSteps(poseModel.inputSize);
    this.#errors = new PoseComparison(poseModel.meanJoints);
  }

  /** Frees the model. */
  close(): void {
    this.#activity.close();
    this.#poseModel.model.dispose();
  }

  async track(
    source: Recording,
    progress: Progress | undefined,
    context: Context,
  ): Promise<TrackSummary | undefined> {
    const { json = false, csv = false, bvh = false, out } = this.#options;
    const piped = isPiped(this.#options);
    const { timeSteps } = this.#window;
    const windowUs = Math.round(1000 * this.#window.windowMs);
    const formats = { json: json && !piped, csv, bvh, body: posesBody(this.#poseModel.model) };
    const { weights, truth: truthFile } = this.#options;
    const inputs = [this.#name, weights, truthFile];
    const outputs = await TrackOutputs.open(out ?? ".", this.stem, formats, inputs);
    try {
      const stream = new WatchedStream(source);
      const started = context.now();
      let activity: PassActivity | undefined;
      let last: TrackedStep | undefined;
      const steps = trackPoses(stream, this.#poseModel, { windowUs, timeSteps });
      for await (const step of readingAll(this.#name, steps)) {
        const t = step.index % timeSteps;
        if (t === 0) {
          activity = this.#activity.take();
          progress?.update(megabytes(source.offset));
          // Lets Ctrl-C have its turn: a recording in memory never waits.
          await new Promise((resolve) => setImmediate(resolve));
          if (context.signal.aborted) return undefined;
        }
        const truth = this.#truth && truthAt(this.#truth.frames, step.tUs);
        if (truth) this.#errors.add(step.joints, truth);
        this.#shown.add(step, stream.startUs, activity!, t, truth);
        await outputs.add(step);
        if (piped) context.stdout.write(jsonStep(step));
        last = step;
      }
      progress?.update(megabytes(source.offset));
      const ms = context.now() - started;
      // A recording without a step is an error of trackPoses: there is a last one.
      const summary = this.#summary(stream, source, last!, ms);
      const files = await outputs.commit(
        renderReport(this.#report(summary, source)),
        (timeSteps * 1e6) / windowUs,
      );
      progress?.end();
      const result = { ...summary, files };
      (piped ? context.stderr : context.stdout).write(trackTable(result));
      return result;
    } finally {
      await outputs.discard();
    }
  }

  #summary(
    stream: WatchedStream,
    { format, sensor, report }: Recording,
    last: TrackedStep,
    ms: number,
  ): Omit<TrackSummary, "files"> {
    const { model } = this.#poseModel;
    const frames = last.index + 1;
    const errors = this.#errors.metrics();
    return {
      recording: {
        name: basename(this.#name),
        format,
        sensor,
        durationUs: stream.endUs - stream.startUs,
        events: stream.events,
      },
      model: {
        name: kindOf(model.config.model).title,
        parameters: model.parameterCount(),
        weights: this.#weights,
        timeSteps: this.#window.timeSteps,
        attention: attentionOf(model.config),
      },
      timing: {
        msPerFrame: ms / frames,
        realTimeFactor: ms > 0 ? (last.tUs - stream.startUs) / 1000 / ms : 0,
        threads: this.#options.threads ?? availableParallelism(),
        node: process.version,
      },
      frames,
      activity: this.#activity.summary(),
      errors: errors.model.poses === 0 ? undefined : errors,
      faults: report.count,
    };
  }

  #report(summary: Omit<TrackSummary, "files">, { sensor, report }: Recording): ReportData {
    const { recording, model, timing, activity, errors } = summary;
    const notes = [
      this.#shown.thinned ? "A long recording: steps at equal distances are shown." : "",
      this.#truth && errors === undefined ? "The truth is of other times than the recording." : "",
      activity.firingRate === undefined
        ? "The model has no spiking neurons: what it saves is in the layer that events drive."
        : "",
      this.#truth ? "" : "The camera is not known: the skeleton is drawn for a field of view of 45°.",
      report.count > 0
        ? `The recording is damaged; faults: ${report.count}, events left out: ${report.droppedEvents}.`
        : "",
    ];
    return {
      recording,
      model,
      timing,
      ...this.#shown.parts(this.#activity),
      camera: reportCamera(sensor, this.#poseModel.inputSize, this.#truth?.header),
      energy: activity,
      notes: notes.filter((note) => note !== ""),
    };
  }
}

/** Whether the poses go to standard output, as lines. */
function isPiped({ json = false, csv = false, bvh = false, out }: TrackOptions): boolean {
  return json && !csv && !bvh && out === undefined;
}

/** The first pass of a process is slow while the engine compiles: it is no measure of the others. */
function warmUp({ model, inputSize }: PoseModel, { timeSteps }: PoseWindow): void {
  const shape = [timeSteps, 1, model.config.inChannels, inputSize, inputSize];
  withoutGradients(() => predictPoses(model, zeros(shape)));
}

/** Score and kind of a model's attention, where its configuration chooses them. */
function attentionOf(config: ModelConfig): string | undefined {
  if (!("score" in config)) return undefined;
  return "attention" in config ? `${config.score}, ${config.attention}` : config.score;
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e4) / 100;
}
