/** What `saccade eval` does. */
import type { PoseBatch, PoseClip } from "../../../src/data/index.ts";
import { evaluationBatches } from "../../../src/data/index.ts";
import { jsonLine } from "../../../src/io/index.ts";
import { readFileBounded } from "../../../src/io/node.ts";
import { parsePoseModel } from "../../../src/track/index.ts";
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
  const { weights, compare, data, split, cache } = options;
  await withBackend(options, async () => {
    const clips = await reading(data, () =>
      makeClips(
        {
          mocapDir: data,
          split,
          variants: 1,
          seed: SEED,
          ...(cache === undefined ? {} : { cacheDir: cache }),
        },
        context,
      ),
    );
    const model = await measure(weights, clips, context);
    if (model.model.poses === 0) {
      throw new InputError(data, `expected clips of 0.25 s or more in the split ${split}, got none`);
    }
    const other = compare === undefined ? undefined : await measure(compare, clips, context);
    const rows = {
      [weights]: model.model,
      ...(compare === undefined || other === undefined ? {} : { [compare]: other.model }),
      "mean pose": model.meanPose,
    };
    if (options.json) {
      context.stdout.write(jsonLine({ split, clips: clips.length, ...rows }));
    } else {
      context.stdout.write(`${split}: ${clips.length} clips\n${metricsTable(rows)}\n${jointTable(rows)}`);
    }
  });
}

async function measure(file: string, clips: readonly PoseClip[], context: Context): Promise<PoseEvaluation> {
  const { model, meanJoints } = await reading(file, async () => parsePoseModel(await readFileBounded(file)));
  const total = [...evaluationBatches(clips, WINDOWS)].length;
  const progress = startProgress(context.stderr, { label: file, total, unit: "batches", now: context.now });
  try {
    let done = 0;
    return await reading(file, () =>
      evaluatePose(model, stoppable(evaluationBatches(clips, WINDOWS), context), meanJoints, () =>
        progress.update(++done),
      ),
    );
  } finally {
    progress.end();
    model.dispose();
  }
}

function* stoppable(batches: Iterable<PoseBatch>, { signal }: Context): Generator<PoseBatch> {
  for (const batch of batches) {
    signal.throwIfAborted();
    yield batch;
  }
}
