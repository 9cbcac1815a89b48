/** Training runs in a folder: checkpoints, logs, and the model at the end. */
import { appendFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ArgumentError } from "../core/index.ts";
import { encodeEventFileHeader, encodeScalarEvent, jsonLine } from "../io/index.ts";
import { exists, readFileBounded, writeFileAtomic } from "../core/node.ts";
import { encodeModelFile, parseModelFile } from "../models/index.ts";
import { encodeCheckpoint, parseCheckpoint, type StoredTensors } from "./checkpoint.ts";
import { RUN, type RunConfig, stepsOf } from "./run-config.ts";
import { evaluate, type Evaluation, evaluationJson, type Task, type TaskData } from "./task.ts";
import { type StepReport, Trainer } from "./trainer.ts";

/** Steps from one point of a TensorBoard curve to the next. */
const BOARD_EVERY = 20;

/** The file in a run's folder that tells that it holds one. */
const CHECKPOINT = "checkpoint.safetensors";

/** What {@link train} needs. */
export type TrainingRun<Batch> = {
  readonly config: RunConfig;
  /** Disposed at the end. */
  readonly task: Task<Batch>;
  readonly data: TaskData<Batch>;
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
  /** Told after each evaluation on the validation data. */
  readonly onEvaluation?: (step: number, evaluation: Evaluation) => void;
};

/** How a run ended. */
export type TrainingResult = {
  readonly steps: number;
  /** On the validation data; null if it was stopped before the end. */
  readonly evaluation: Evaluation | null;
  /** The model file, in `out`. */
  readonly model: string;
};

/**
 * Trains a model. In the run's folder: `checkpoint.safetensors` (resumes with the same bits), `model.safetensors`
 * (written at each evaluation), `log.jsonl` (one line a step, and one an evaluation) and `tensorboard/` (the same numbers, every
 * 20 steps).
 *
 * @throws ArgumentError when the folder holds a run and `resume` is not set
 * @throws CheckpointError when a checkpoint does not fit, or training diverges
 */
export async function train<Batch>(run: TrainingRun<Batch>): Promise<TrainingResult> {
  const { config, task, data, out } = run;
  await mkdir(out, { recursive: true });
  await checkRunFolder(run);
  const steps = stepsOf(config, data.samples);
  const trainer = new Trainer(config, task, data.training, steps);
  try {
    return await takeSteps(run, trainer, steps);
  } finally {
    trainer.dispose();
  }
}

/**
 * Tells before the work of reading data that a run cannot start.
 * @throws ArgumentError when the folder holds a run and `resume` is not set
 */
export async function checkRunFolder({
  out,
  resume,
}: Pick<TrainingRun<unknown>, "out" | "resume">): Promise<void> {
  if (!resume && (await exists(join(out, CHECKPOINT)))) {
    throw new ArgumentError(`train: expected an empty folder or --resume, got a checkpoint in ${out}`);
  }
}

/** Takes the steps that are left, from the checkpoint in the run's folder or from the start. */
async function takeSteps<Batch>(
  run: TrainingRun<Batch>,
  trainer: Trainer<Batch>,
  steps: number,
): Promise<TrainingResult> {
  const { config, task, data, out, signal } = run;
  const files = {
    checkpoint: join(out, CHECKPOINT),
    model: join(out, "model.safetensors"),
    log: join(out, "log.jsonl"),
  };
  const stored = await readIfThere(files.checkpoint);
  if (stored === null) {
    if (run.init === undefined) task.prepare();
    else trainer.start(run.init);
    await writeFile(files.log, "");
  } else {
    trainer.restore(parseCheckpoint(stored, files.checkpoint));
    await dropLinesAfter(files.log, trainer.steps, steps);
  }
  const board = await openBoard(out, trainer.steps, run.wallTime);
  const pending: string[] = [];
  const save = async () => {
    await appendFile(files.log, pending.splice(0).join(""));
    await writeFileAtomic(files.checkpoint, encodeCheckpoint(trainer.save()));
  };
  const evaluateModel = async (): Promise<Evaluation> => {
    const file = (evaluation?: Evaluation) =>
      encodeModelFile(task.modules.model, {
        half: config.halfPrecision,
        metadata: { ...task.metadata(), [RUN]: JSON.stringify(config) },
        ...(evaluation !== undefined && { evaluation: evaluationJson(evaluation) }),
      });
    // What the file holds is measured, not what it was rounded from.
    const { model } = parseModelFile(file());
    const evaluation = await evaluate(task.measure, model, data.validation());
    model.dispose();
    await writeFileAtomic(files.model, file(evaluation));
    const step = trainer.steps;
    pending.push(jsonLine({ step, evaluation }));
    const { key } = task.measure.headline;
    await board(step, { [`validation/${key}`]: evaluation.model[key] as number });
    run.onEvaluation?.(step, evaluation);
    return evaluation;
  };
  while (trainer.steps < steps && !signal.aborted) {
    const report = await trainer.step();
    pending.push(jsonLine(report));
    run.onStep?.(report);
    if (report.step % BOARD_EVERY === 0) {
      const { loss, rate, terms } = report;
      await board(report.step, { loss, rate, ...prefixed("loss/", terms) });
    }
    if (report.step % config.checkpointEvery === 0) await save();
    if (report.step % config.evaluateEvery === 0 && report.step < steps) await evaluateModel();
    // Lets Ctrl-C and progress bars have their turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
  await save();
  const evaluation = trainer.steps < steps ? null : await evaluateModel();
  await appendFile(files.log, pending.splice(0).join(""));
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
 * A run that stopped between two checkpoints takes its last steps again, and one that stopped at its end is measured again:
 * their lines go, and so does one that a crash broke off. Steps come in order, so nothing is kept after such a line.
 */
async function dropLinesAfter(path: string, step: number, total: number): Promise<void> {
  const text = new TextDecoder().decode((await readIfThere(path)) ?? new Uint8Array());
  const lines = text.split("\n");
  const end = lines.findIndex((line) => {
    const { step: taken, evaluation } = parseLine(line);
    const again = evaluation !== undefined && taken === total;
    return !(Number(taken) <= step) || again;
  });
  const kept = lines.slice(0, end).map((line) => `${line}\n`);
  await writeFileAtomic(path, new TextEncoder().encode(kept.join("")));
}

/** A line of the log; empty if it is none. */
function parseLine(line: string): { readonly step?: unknown; readonly evaluation?: unknown } {
  try {
    return (JSON.parse(line) as object | null) ?? {};
  } catch {
    return {};
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
