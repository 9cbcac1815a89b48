/** What `saccade eval` does. */
import { evaluationBatches, type PoseClip } from "../../../src/data/index.ts";
import { jsonLine } from "../../../src/io/index.ts";
import { readFileBounded } from "../../../src/core/node.ts";
import { parsePoseModel, type PoseModel } from "../../../src/track/index.ts";
import { evaluatePose, type PoseEvaluation } from "../../../src/train/index.ts";
import type { Context } from "../context.ts";
import type { EvalOptions } from "../eval.ts";
import { InputError, reading } from "../faults.ts";
import { startProgress } from "../progress.ts";
import { withBackend } from "./backends.ts";
import { makeClips } from "./clips.ts";
import { jointTable, metricsTable } from "./metrics-table.ts";

/** Evaluation uses windows of 1 s in 8 steps. */
const WINDOWS = { timeSteps: 8, windowSeconds: 1, batch: 8 } as const;
/** Decides the scenes in which the motions are filmed. */
const SEED = 2;

/**
 * Measures pose models on a split of a folder of motion capture, each motion filmed in one scene that follows from its
 * name, beside the baseline of always answering with the mean pose of the training set.
 */
export async function evaluate(options: EvalOptions, context: Context): Promise<void> {
  const { weights, compare, data, split, json = false } = options;
  await withBackend({ ...options, env: context.env }, async () => {
    const model = await load(weights);
    const other = compare === undefined ? undefined : await load(compare);
    const clips = await filmed(options, context);
    const { model: own, meanPose } = await measure(weights, model, clips, context);
    if (own.poses === 0) throw new InputError(data, `expected longer clips in the split ${split}, got none`);
    const rows = {
      [weights]: own,
      ...(compare === undefined ? {} : { [compare]: (await measure(compare, other!, clips, context)).model }),
      "mean pose": meanPose,
    };
    context.stdout.write(
      json
        ? jsonLine({ split, clips: clips.length, ...rows })
        : `${split}: ${clips.length} clips\n${metricsTable(rows)}\n${jointTable(rows)}`,
    );
  });
}

function load(file: string): Promise<PoseModel> {
  return reading(file, async () => parsePoseModel(await readFileBounded(file)));
}

function filmed({ data, split, cache }: EvalOptions, context: Context): Promise<PoseClip[]> {
  const place = { mocapDir: data, ...(cache === undefined ? {} : { cacheDir: cache }) };
  return reading(data, async () => {
    const clips = await makeClips({ ...place, split, variants: 1, seed: SEED }, context);
    if (clips.length === 0) throw new InputError(data, `expected clips in the split ${split}, got none`);
    return clips;
  });
}

async function measure(
  file: string,
  { model, meanJoints }: PoseModel,
  clips: readonly PoseClip[],
  context: Context,
): Promise<PoseEvaluation> {
  const total = [...evaluationBatches(clips, WINDOWS)].length;
  const progress = startProgress(context.stderr, { label: file, total, unit: "batches", now: context.now });
  let done = 0;
  try {
    return await reading(file, () =>
      evaluatePose(model, evaluationBatches(clips, WINDOWS), meanJoints, () => progress.update(++done)),
    );
  } finally {
    progress.end();
    model.dispose();
  }
}
