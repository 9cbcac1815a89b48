/** What data of classification and of segmentation have in common. */
import { ArgumentError, show } from "../core/index.ts";
import { type BatchSource, type Draw, ShuffledBatches } from "./batch-source.ts";
import type { Dataset } from "./dataset.ts";
import type { InputDescription } from "./input-description.ts";
import type { Picture } from "./picture.ts";
import { SampleMemory } from "./sample-memory.ts";
import type { Splits } from "./labelled-split.ts";

/** Options of {@link labelledData}, for every task. */
export type LabelledOptions = {
  /** Samples of a batch. */
  readonly batch: number;
  /** T */
  readonly timeSteps: number;
  /** Of the order of samples and of their changes. */
  readonly seed: number;
  /** Bytes that decoded samples may take; 1 GiB by default. Beyond that they are decoded whenever they are wanted. */
  readonly memoryBytes?: number;
};

/** Labelled data of a run. */
export type LabelledData<Batch> = {
  /** Endless batches, shuffled and augmented. */
  readonly training: BatchSource<Batch>;
  /** Samples of an epoch: one is `samples / batch` batches. */
  readonly samples: number;
  /**
   * The samples of a split once, in their order and unchanged; the last batch may be smaller. `"val"` by default, and `"test"` in
   * its place for data sets without.
   */
  evaluation(split?: string): AsyncIterable<Batch>;
  /** Samples of a split; see {@link LabelledData.evaluation} for its name. */
  length(split?: string): Promise<number>;
  readonly classes: readonly string[];
  /** How samples become inputs: for what uses the model afterwards. */
  readonly input: InputDescription;
};

/** How the samples of a task become batches. */
export type LabelledTask<Sample, Batch> = {
  readonly input: InputDescription;
  /** Bytes that a sample takes. */
  bytesOf(sample: Sample): number;
  /** A batch for training of samples and what was drawn for each. */
  train(samples: readonly Sample[], draws: readonly Draw[], random: Draw["random"]): Batch;
  evaluate(samples: readonly Sample[]): Batch;
};

/** Data of a run from splits whose samples are prepared already. @throws ArgumentError */
export function labelledData<Sample, Batch>(
  splits: Splits<Sample>,
  { input, bytesOf, train, evaluate }: LabelledTask<Sample, Batch>,
  { batch, seed, memoryBytes = 2 ** 30 }: Omit<LabelledOptions, "timeSteps">,
): LabelledData<Batch> {
  const memory = new SampleMemory(memoryBytes);
  const samples = memory.keep(splits.training, bytesOf);
  const opened = new Map<string, Promise<Dataset<Sample>>>();
  const open = (name: string) => {
    const known = opened.get(name) ?? splits.evaluation(name).then((part) => memory.keep(part, bytesOf));
    opened.set(name, known);
    return known;
  };
  return {
    training: new ShuffledBatches({
      length: samples.length,
      batch,
      seed,
      make: async (draws, random) => {
        const picked = await gather(
          samples,
          draws.map(({ index }) => index),
        );
        return train(picked, draws, random);
      },
    }),
    samples: samples.length,
    evaluation: async function* (split = "val") {
      const part = await open(split);
      for (let start = 0; start < part.length; start += batch) {
        const count = Math.min(batch, part.length - start);
        yield evaluate(
          await gather(
            part,
            Array.from({ length: count }, (_, i) => start + i),
          ),
        );
      }
    },
    length: async (split = "val") => (await open(split)).length,
    classes: samples.classes,
    input,
  };
}

/** One after the other: a video alone keeps all cores busy. */
async function gather<Sample>(dataset: Dataset<Sample>, indices: readonly number[]): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (const index of indices) samples.push(await dataset.get(index));
  return samples;
}

/**
 * Pictures or clips of one shape as one array: `[B, C, H, W]` of `[C, H, W]`, and `[T, B, C, H, W]` of `[T, C, H, W]`.
 *
 * @param names - of the samples, for messages
 * @throws ArgumentError naming a sample whose shape is not that of the first
 */
export function stacked(
  pictures: readonly Picture[],
  names: readonly string[],
): { readonly video: Float32Array; readonly shape: number[] } {
  const shape = pictures[0]!.shape;
  const other = pictures.findIndex((picture) => show(picture.shape) !== show(shape));
  if (other >= 0) {
    throw new ArgumentError(
      `batch: expected ${show(shape)} as in ${names[0]}, got ${show(pictures[other]!.shape)} in ${names[other]}`,
    );
  }
  const batch = pictures.length;
  const steps = shape.length === 4 ? shape[0]! : 1;
  const length = pictures[0]!.data.length / steps;
  const video = new Float32Array(steps * batch * length);
  pictures.forEach(({ data }, b) => {
    for (let t = 0; t < steps; t++) {
      video.set(data.subarray(t * length, (t + 1) * length), (t * batch + b) * length);
    }
  });
  const rest = shape.slice(-3);
  return { video, shape: shape.length === 4 ? [steps, batch, ...rest] : [batch, ...rest] };
}
