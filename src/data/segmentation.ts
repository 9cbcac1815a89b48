/** Pictures with masks as batches. */
import { ArgumentError } from "../core/index.ts";
import type { Draw } from "./batch-source.ts";
import { mapDataset, type MaskSample } from "./dataset.ts";
import { datasets } from "./datasets/index.ts";
import type { DatasetKind } from "./datasets/kind.ts";
import { VOID_LABEL } from "./datasets/masks.ts";
import type { Folder } from "./folder.ts";
import { augmentImage } from "./image-augment.ts";
import { expanded, type ImageInput, inputOf, middle } from "./input-description.ts";
import type { MaskAugmentation, SegmentationConfig } from "./labelled-config.ts";
import { type LabelledData, labelledData, type LabelledOptions, stacked } from "./labelled-data.ts";
import { splitsOf } from "./labelled-split.ts";
import type { Picture } from "./picture.ts";
import { covering, nearest, planesOfImage, resampled, type Size, type View } from "./resample.ts";

/** Clips in which a picture is shown at all steps, and its mask. */
export type SegmentationBatch = {
  /** Names of the samples, `[B]`. */
  readonly names: readonly string[];
  readonly video: Float32Array;
  /** `[T, B, C, H, W]` */
  readonly shape: readonly number[];
  /** The class of each pixel, `VOID_LABEL` (255) where it has none; `[B, H, W]`. */
  readonly masks: Uint8Array;
};

/** Options of {@link segmentationData}. */
export type SegmentationOptions = LabelledOptions & {
  /** Changes of training samples, in turn, but for `scale`, which comes first; none by default. */
  readonly augment?: readonly MaskAugmentation[];
};

/** A sample as it is in its files: what augmentation shows of it is resampled only once. */
type Sample = {
  readonly name: string;
  readonly size: Size;
  /** `[3, H, W]` */
  readonly planes: Uint8Array;
  /** `[H, W]` */
  readonly mask: Uint8Array;
};

/**
 * Data of a segmentation run: pictures are decoded once, shuffled and augmented by the seed alone. Pictures are scaled until they
 * cover the size of the configuration, and their middle is taken; in training a place is drawn where an augmentation has
 * `scale`. Masks go with their pictures, taken from the nearest pixel; what comes from outside is void.
 *
 * @param folder - the copy of the data set
 * @throws ArgumentError if the folder holds no such copy, or options do not fit; batches throw `FormatError` naming a broken file
 */
export async function segmentationData(
  config: SegmentationConfig,
  folder: Folder,
  options: SegmentationOptions,
): Promise<LabelledData<SegmentationBatch>> {
  const { timeSteps, augment = [] } = options;
  const moves = augment.filter((change) => change.kind !== "scale");
  const scales = augment.filter((change) => change.kind === "scale");
  if (scales.length > 1) throw new ArgumentError(`augment: expected one scale at most, got ${scales.length}`);
  const input = inputOf(config, { timeSteps, augment: moves }) as ImageInput;
  const splits = await splitsOf<MaskSample>(
    datasets[config.dataset] as DatasetKind<MaskSample>,
    folder,
    config,
  );
  const decoded = ({ name, image, mask }: MaskSample): Sample => {
    return { name, size: [image.height, image.width], planes: planesOfImage(image), mask };
  };
  return labelledData(
    {
      training: mapDataset(splits.training, decoded),
      evaluation: async (name) => mapDataset(await splits.evaluation(name), decoded),
    },
    {
      input,
      bytesOf: ({ planes, mask }) => planes.length + mask.length,
      train: (samples, draws) =>
        batchOf(
          samples,
          samples.map((sample, i) => drawn(sample, draws[i]!)),
          timeSteps,
        ),
      evaluate: (samples) => {
        const layers = samples.map((sample) => {
          return middle(layersOf(sample, covering(sample.size, config.size), input), input.cut);
        });
        return batchOf(samples, layers, timeSteps);
      },
    },
    options,
  );

  function drawn(sample: Sample, { random }: Draw): Picture {
    const view = covering(sample.size, config.size);
    const [scale] = scales;
    if (scale === undefined) return augmentImage(layersOf(sample, view, input), moves, random);
    const factor = view.scale * random.uniform(...scale.range);
    const [rows, columns] = config.size;
    // A picture that is smaller than the view lies somewhere in it, the other way round is a cut.
    const left = Math.round(random.uniform() * (sample.size[1] * factor - columns));
    const top = Math.round(random.uniform() * (sample.size[0] * factor - rows));
    return augmentImage(layersOf(sample, { ...view, scale: factor, left, top }, input), moves, random);
  }
}

/**
 * A view of a picture and its mask as one picture `[4, H, W]`: colours, and the class plus one, so that what moves pixels
 * moves both, and the 0 of what comes from outside is void.
 */
function layersOf({ size, planes, mask }: Sample, view: View, input: ImageInput): Picture {
  const outside = input.mean.map((mean) => 255 * mean);
  const codes = resampled(planes, size, view, outside);
  const { data } = expanded({ shape: [3, ...view.size], codes }, input);
  const labels = nearest(mask, size, view, VOID_LABEL);
  const layers = new Float32Array(4 * labels.length);
  layers.set(data);
  for (let i = 0; i < labels.length; i++) {
    layers[data.length + i] = labels[i] === VOID_LABEL ? 0 : labels[i]! + 1;
  }
  return { shape: [4, ...view.size], data: layers };
}

function batchOf(
  samples: readonly Sample[],
  layers: readonly Picture[],
  timeSteps: number,
): SegmentationBatch {
  const names = samples.map(({ name }) => name);
  const [height, width] = layers[0]!.shape.slice(-2) as [number, number];
  const plane = height * width;
  const { video, shape } = stacked(
    layers.map(({ data }) => ({ shape: [3, height, width], data: data.subarray(0, 3 * plane) })),
    names,
  );
  const masks = new Uint8Array(samples.length * plane);
  layers.forEach(({ data }, b) => {
    for (let i = 0; i < plane; i++) {
      const label = data[3 * plane + i]!;
      masks[b * plane + i] = label === 0 ? VOID_LABEL : label - 1;
    }
  });
  const shown = new Float32Array(timeSteps * video.length);
  for (let t = 0; t < timeSteps; t++) shown.set(video, t * video.length);
  return { names, video: shown, shape: [timeSteps, ...shape], masks };
}
