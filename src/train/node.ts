/** Training runs in a folder: checkpoints, logs, and the model at the end. */
import { appendFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ArgumentError, Random } from "../core/index.ts";
import { evaluationBatches, meanPose, PoseBatches, type PoseClip } from "../data/index.ts";
import { encodeEventFileHeader, encodeScalarEvent, jsonLine } from "../io/index.ts";
import { exists, readFileBounded, writeFileAtomic } from "../core/node.ts";
import { encodePoseModel, parsePoseModel } from "../track/index.ts";
import { encodeCheckpoint, parseCheckpoint, type StoredTensors } from "./checkpoint.ts";
import type { PoseTraining } from "./pose-config.ts";
import { evaluatePose, type PoseEvaluation } from "./pose-evaluation.ts";
import { PoseTrainer, type StepReport } from "./pose-trainer.ts";

/** Steps from one point of a TensorBoard curve to the next. */
const BOARD_EVERY = 20;

/** Length of a time step in evaluations and of the baseline: a window of 1 s has 8. */
const STEP_SECONDS = 0.125;

/** The file in a run's folder that tells that it holds one. */
const CHECKPOINT = "checkpoint.safetensors";

/** What {@link trainPose} needs. */
export type PoseRun = {
  readonly config: PoseTraining;
  readonly training: readonly PoseClip[];
  readonly validation: readonly PoseClip[];
  /** Folder of the run; made if it does not exist. */
  readonly out: string;
  /** Go on from the checkpoint in `out`, if there is one. */
  readonly resume: boolean;
  /** Parameters and statistics to start from; see `parseInitialTensors`. */
  readonly init?: StoredTensors;
  /** Stops after the step in progress, with everything saved. */
  readonly signal: AbortSignal;
  /** Seconds since 1970, for logs. */
  readonly wallTime: () => number;
  /** Told after each step. */
  readonly onStep?: (report: StepReport) => void;
  /** Told after each evaluation on the validation clips. */
  readonly onEvaluation?: (step: number, evaluation: PoseEvaluation) => void;
};

/** How a run ended. */
export type PoseRunResult = {
  readonly steps: number;
  /** On the validation clips; null if it was stopped before the end. */
  readonly evaluation: PoseEvaluation | null;
  /** The model file, in `out`. */
  readonly model: string;
};

/**
 * Trains a pose model. In the run's folder: `checkpoint.safetensors` (resumes with the same bits), `model.safetensors`
 * (written at each evaluation), `log.jsonl` (one line a step) and `tensorboard/` (the same numbers, every 20 steps).
 *
 * @throws ArgumentError when there are no clips, or the folder holds a run and `resume` is not set
 * @throws CheckpointError when a checkpoint does not fit, or training diverges
 */
export async function trainPose(run: PoseRun): Promise<PoseRunResult> {
  const { training, config, out } = run;
  if (training.length === 0) throw new ArgumentError("train: expected clips to train on, got none");
  await mkdir(out, { recursive: true });
  await checkRunFolder(run);
  const { timeSteps, windowSeconds, batch, augment } = config;
  const random = new Random(config.seed).fork("batches");
  const batches = new PoseBatches(training, { timeSteps, windowSeconds, batch, random, augment });
  const trainer = new PoseTrainer(config, batches);
  try {
    return await takeSteps(run, trainer);
  } finally {
    trainer.dispose();
  }
}

/**
 * Tells before the work of making clips that a run cannot start.
 * @throws ArgumentError when the folder holds a run and `resume` is not set
 */
export async function checkRunFolder({ out, resume }: Pick<PoseRun, "out" | "resume">): Promise<void> {
  if (!resume && (await exists(join(out, CHECKPOINT)))) {
    throw new ArgumentError(`train: expected an empty folder or --resume, got a checkpoint in ${out}`);
  }
}

/** Takes the steps that are left, from the checkpoint in the run's folder or from the start. */
async function takeSteps(run: PoseRun, trainer: PoseTrainer): Promise<PoseRunResult> {
  const { config, out, signal } = run;
  const files = {
    checkpoint: join(out, CHECKPOINT),
    model: join(out, "model.safetensors"),
    log: join(out, "log.jsonl"),
  };
  const mean = meanPose(run.training, STEP_SECONDS);
  const stored = await readIfThere(files.checkpoint);
  if (stored === null) {
    if (run.init === undefined) trainer.startFromMean(mean);
    else trainer.start(run.init);
    await writeFile(files.log, "");
  } else {
    trainer.restore(parseCheckpoint(stored, files.checkpoint));
    await dropLinesAfter(files.log, trainer.steps);
  }
  const board = await openBoard(out, trainer.steps, run.wallTime);
  const pending: string[] = [];
  const save = async () => {
    await appendFile(files.log, pending.splice(0).join(""));
    await writeFileAtomic(files.checkpoint, encodeCheckpoint(trainer.save()));
  };
  const evaluate = async (): Promise<PoseEvaluation> => {
    const { timeSteps, batch } = config;
    const windowSeconds = timeSteps * STEP_SECONDS;
    const batches = evaluationBatches(run.validation, { timeSteps, windowSeconds, batch });
    const file = (evaluation?: PoseEvaluation) =>
      encodePoseModel(trainer.model, mean.joints, evaluation, { half: config.halfPrecision });
    // What the file holds is measured, not what it was rounded from.
    const { model } = parsePoseModel(file());
    const evaluation = evaluatePose(model, batches, mean.joints);
    model.dispose();
    await writeFileAtomic(files.model, file(evaluation));
    await board(trainer.steps, { "validation/pel_mpjpe": evaluation.model.pelMpjpe });
    run.onEvaluation?.(trainer.steps, evaluation);
    return evaluation;
  };
  while (trainer.steps < config.steps && !signal.aborted) {
    const report = trainer.step();
    pending.push(jsonLine(report));
    run.onStep?.(report);
    if (report.step % BOARD_EVERY === 0) {
      const { loss, rate, terms } = report;
      await board(report.step, { loss, rate, ...prefixed("loss/", terms) });
    }
    if (report.step % config.checkpointEvery === 0) await save();
    if (report.step % config.evaluateEvery === 0 && report.step < config.steps) await evaluate();
    // Lets Ctrl-C and progress bars have their turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
  await save();
  const evaluation = trainer.steps < config.steps ? null : await evaluate();
  return { steps: trainer.steps, evaluation, model: files.model };
}

function prefixed(prefix: string, values: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]));
}

async function readIfThere(path: string): Promise<Uint8Array | null> {
  try {
    return await readFileBounded(path);
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return null;
    throw error;
  }
}

/**
 * A run that stopped between two checkpoints takes its last steps again: their lines go, and so does one that a crash
 * broke off. Steps come in order, so nothing is kept after such a line.
 */
async function dropLinesAfter(path: string, step: number): Promise<void> {
  const text = new TextDecoder().decode((await readIfThere(path)) ?? new Uint8Array());
  const lines = text.split("\n");
  const end = lines.findIndex((line) => !(stepOf(line) <= step));
  await writeFileAtomic(
    path,
    new TextEncoder().encode(
      lines
        .slice(0, end)
        .map((l) => `${l}\n`)
        .join(""),
    ),
  );
}

/** Step of a line of the log; NaN if it is none. */
function stepOf(line: string): number {
  try {
    return Number((JSON.parse(line) as StepReport).step);
  } catch {
    return NaN;
  }
}

/** Opens a TensorBoard file for the steps from here on; returns what adds scalars to it. */
async function openBoard(
  out: string,
  step: number,
  wallTime: () => number,
): Promise<(step: number, values: Readonly<Record<string, number>>) => Promise<void>> {
  const folder = join(out, "tensorboard");
  await mkdir(folder, { recursive: true });
  const file = join(folder, `events.out.tfevents.${Math.floor(wallTime())}.step${step}`);
  await writeFile(file, encodeEventFileHeader(wallTime()));
  return async (at, values) => {
    const records = Object.entries(values).map(([tag, value]) =>
      encodeScalarEvent({ tag, value, step: at, wallTime: wallTime() }),
    );
    await appendFile(file, Buffer.concat(records));
  };
}
