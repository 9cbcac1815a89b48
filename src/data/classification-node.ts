/** Labelled recordings, videos and pictures as batches, under Node: videos are read by ffmpeg. */
import { ArgumentError } from "../core/index.ts";
import type { Draw } from "./batch-source.ts";
import {
  blended,
  type ClassificationBatch,
  classificationBatch,
  type LabelledName,
} from "./classification-batch.ts";
import { type Dataset, mapDataset, type EventSample, type ImageSample, type VideoSample } from "./dataset.ts";
import { datasets } from "./datasets/index.ts";
import type { DatasetKind } from "./datasets/kind.ts";
import type { Folder } from "./folder.ts";
import { augmentImage, type ImageAugmentation } from "./image-augment.ts";
import {
  expanded,
  type InputDescription,
  inputOf,
  middle,
  type Prepared,
  preparedEvents,
  preparedImage,
} from "./input-description.ts";
import type { ClassificationConfig } from "./labelled-config.ts";
import { type LabelledData, labelledData, type LabelledOptions } from "./labelled-data.ts";
import { splitsOf } from "./labelled-split.ts";
import type { Picture } from "./picture.ts";
import { preparedVideo } from "./video-clip-node.ts";

/** Options of {@link classificationData}. */
export type ClassificationOptions = LabelledOptions & {
  /** Changes of training samples, in turn; none by default. */
  readonly augment?: readonly ImageAugmentation[];
  /** Whether each training sample is blended with another of its batch [Zhang2018]; false by default. */
  readonly mixup?: boolean;
};

type Sample = LabelledName & { readonly prepared: Prepared };

/**
 * Data of a classification run: samples are decoded once, shuffled and augmented by the seed alone.
 *
 * @param folder - the copy of the data set
 * @throws ArgumentError if the folder holds no such copy, or options do not fit; batches throw `FormatError` naming a broken file
 */
export async function classificationData(
  config: ClassificationConfig,
  folder: Folder,
  options: ClassificationOptions,
): Promise<LabelledData<ClassificationBatch>> {
  const { timeSteps, augment = [], mixup: blends = false } = options;
  const input = inputOf(config, { timeSteps, augment });
  const kind = datasets[config.dataset] as DatasetKind<EventSample | ImageSample | VideoSample>;
  const raw = await splitsOf(kind, folder, config);
  const prepare = (part: Dataset<EventSample | ImageSample | VideoSample>) =>
    mapDataset(part, async (sample): Promise<Sample> => {
      const { name, label } = sample;
      return { name, label, prepared: await prepared(sample, input) };
    });
  const { classes } = raw.training;
  return labelledData(
    {
      training: prepare(raw.training),
      evaluation: async (name) => prepare(await raw.evaluation(name)),
    },
    {
      input,
      bytesOf: ({ prepared: { codes } }) => codes.byteLength,
      train: (samples, draws, random) => {
        const pictures = samples.map((sample, i) => drawn(sample.prepared, draws[i]!));
        const batch = classificationBatch(samples, pictures, classes);
        return blends ? blended(batch, pictures, random) : batch;
      },
      evaluate: (samples) => {
        const pictures = samples.map((sample) => middle(expanded(sample.prepared, input), input.cut));
        return classificationBatch(samples, pictures, classes);
      },
    },
    options,
  );

  function drawn(sample: Prepared, { random }: Draw): Picture {
    return augmentImage(expanded(sample, input, random), augment, random);
  }
}

/** A sample at the scale of an input. */
function prepared(
  sample: EventSample | ImageSample | VideoSample,
  input: InputDescription,
): Prepared | Promise<Prepared> {
  if ("events" in sample && input.kind === "events") return preparedEvents(sample, input);
  if ("path" in sample && input.kind === "video") return preparedVideo(sample.path, input);
  if ("image" in sample && input.kind === "image") return preparedImage(sample.image, input);
  throw new ArgumentError(`${sample.name}: expected a sample of ${input.kind}, got another`);
}
