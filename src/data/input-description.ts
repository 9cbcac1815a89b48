/** How recordings, videos and pictures become the input of a model: the same in training and afterwards. */
import { ArgumentError, type Random } from "../core/index.ts";
import { toFrame } from "../events/index.ts";
import type { Image } from "../video/index.ts";
import type { EventSample } from "./dataset.ts";
import type { ImageAugmentation } from "./image-augment.ts";
import type { ClassificationConfig, SegmentationConfig } from "./labelled-config.ts";
import { boxOf, type Picture } from "./picture.ts";
import { covering, planesOfImage, resampled, shorterSide, type Size } from "./resample.ts";

/** Mean and standard deviation of red, green and blue, of values of 0 to 1: what is subtracted, and divided by. */
export type Colours = {
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
};

/** Frames of events, `[T, 2, H, W]`: OFF, then ON. */
export type EventInput = {
  readonly kind: "events";
  /** T */
  readonly frames: number;
  /** Whether frames are equally long, or of equally many events. */
  readonly by: "time" | "events";
  /** Counts of events, or 1 where there were any. */
  readonly values: "counts" | "binary";
  readonly size: Size;
  /** How the sensor is laid on the frames: see `placement`. */
  readonly fit: "cover" | "contain";
  /** The middle of the frames that is shown; null for all. */
  readonly cut: Size | null;
};

/** Frames of a video, `[T, 3, H, W]`: red, green, blue. */
export type VideoInput = Colours & {
  readonly kind: "video";
  /** T */
  readonly frames: number;
  /** Frames of the video from one step to the next; null spreads the steps over all of it. */
  readonly stride: number | null;
  /** Frames are scaled until they cover this size; their middle is taken. */
  readonly size: Size;
  readonly cut: Size | null;
};

/** A picture, `[3, H, W]`: red, green, blue. */
export type ImageInput = Colours & {
  readonly kind: "image";
  /** Steps at which it is shown; null for a still picture, which the model shows itself. */
  readonly frames: number | null;
  /** It is scaled until it covers this size, and its middle is taken; a number is its shorter side, all of it taken. */
  readonly size: Size | number;
  readonly cut: Size | null;
};

/** How a sample becomes an input. */
export type InputDescription = EventInput | VideoInput | ImageInput;

/** A sample at its final scale, as small as may be kept: `[T, C, H, W]`, or `[C, H, W]` of a picture. */
export type Prepared = {
  readonly shape: readonly number[];
  /** Counts of events, or colours of 0 to 255. */
  readonly codes: Uint8Array | Float32Array;
};

/** Means and deviations that are in use for a data set; those of ImageNet for what has none of its own. */
const IMAGENET_COLOURS: Colours = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
const KNOWN_COLOURS: Readonly<Partial<Record<string, Colours>>> = {
  cifar10: { mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] },
  cifar100: { mean: [0.5071, 0.4865, 0.4409], std: [0.2673, 0.2564, 0.2762] },
};
const CIFAR_SIZE: Size = [32, 32];

/**
 * The input that a configuration describes.
 *
 * @param options - `timeSteps` T of the run; `augment`: where training cuts a place out of its pictures (`cut`), their middle is
 *   shown afterwards
 * @throws ArgumentError if `frames` is not `timeSteps`, or pictures are left at different sizes
 */
export function inputOf(
  config: ClassificationConfig | SegmentationConfig,
  { timeSteps, augment }: { readonly timeSteps: number; readonly augment: readonly ImageAugmentation[] },
): InputDescription {
  const { frames = timeSteps } = config as { readonly frames?: number };
  if (frames !== timeSteps) {
    throw new ArgumentError(`data: expected frames of timeSteps, ${timeSteps}, got ${frames}`);
  }
  const last = augment.findLast((change) => change.kind === "cut");
  const cut = last === undefined ? null : ([last.height, last.width] as const);
  const known = KNOWN_COLOURS[config.dataset] ?? IMAGENET_COLOURS;
  switch (config.dataset) {
    case "nmnist":
    case "cifar10-dvs":
    case "dvs-gesture":
    case "ncaltech101": {
      const { by, values, size, fit } = config;
      return { kind: "events", frames, by, values, size, fit, cut };
    }
    case "ucf101":
    case "hmdb51":
    case "kinetics400":
    case "videos": {
      const { stride, size, mean = known.mean, std = known.std } = config;
      return { kind: "video", frames, stride, size, cut, mean, std };
    }
    case "cifar10":
    case "cifar100":
    case "imagenet": {
      const { mean = known.mean, std = known.std } = config;
      const size =
        config.size ?? config.shorterSide ?? (config.dataset === "imagenet" ? undefined : CIFAR_SIZE);
      if (size === undefined || (config.size !== undefined && config.shorterSide !== undefined)) {
        throw new ArgumentError("data: expected one of size and shorterSide, got none or both");
      }
      if (typeof size === "number" && cut === null) {
        throw new ArgumentError("data: expected a `cut` in augment beside shorterSide, got none");
      }
      return { kind: "image", frames: null, size, cut, mean, std };
    }
    case "camvid":
    case "cityscapes":
    case "vspw": {
      const { size, mean = known.mean, std = known.std } = config;
      return { kind: "image", frames, size, cut, mean, std };
    }
  }
}

/** Frames of a recording. @throws ArgumentError */
export function preparedEvents(
  { sensor, events }: Pick<EventSample, "sensor" | "events">,
  { frames, by, values, size: [height, width], fit }: EventInput,
): Prepared {
  const bins = by === "time" ? { timeBins: frames } : { eventBins: frames };
  const grid = toFrame(events, { sensor, size: { width, height }, fit, ...bins });
  const counts = values === "binary" ? grid.values.map((count) => Math.min(count, 1)) : grid.values;
  const small = counts.every((count) => count <= 255);
  return { shape: grid.shape, codes: small ? Uint8Array.from(counts) : counts };
}

/** A picture at its final scale, `[3, H, W]`. */
export function preparedImage(image: Image, { size }: Pick<ImageInput, "size">): Prepared {
  const from = [image.height, image.width] as const;
  const view = typeof size === "number" ? shorterSide(from, size) : covering(from, size);
  const planes = resampled(planesOfImage(image), from, view, [0, 0, 0]);
  return { shape: [3, ...view.size], codes: Uint8Array.from(planes, Math.round) };
}

/**
 * The numbers of a prepared sample, `[T, C, H, W]` or `[C, H, W]`: colours normalised, and of a video that is kept with all its
 * frames the wanted ones, from a random place on, or the middle without `random`.
 */
export function expanded({ shape, codes }: Prepared, input: InputDescription, random?: Random): Picture {
  if (input.kind === "events") return { shape, data: Float32Array.from(codes) };
  const plane = shape.at(-1)! * shape.at(-2)!;
  const chosen = input.kind === "video" ? framesOf(shape[0]!, input, random) : [0];
  const data = new Float32Array(chosen.length * 3 * plane);
  chosen.forEach((frame, t) => {
    for (let c = 0; c < 3; c++) {
      const [mean, std] = [255 * input.mean[c]!, 255 * input.std[c]!];
      const [from, to] = [(3 * frame + c) * plane, (3 * t + c) * plane];
      for (let i = 0; i < plane; i++) data[to + i] = (codes[from + i]! - mean) / std;
    }
  });
  const size = shape.slice(-3);
  return { shape: input.kind === "video" ? [chosen.length, ...size] : size, data };
}

/** Indices of the frames of a video that are steps; the last one is repeated where there are too few. */
export function framesOf(
  count: number,
  { frames, stride }: Pick<VideoInput, "frames" | "stride">,
  random?: Random,
): number[] {
  const steps = Array.from({ length: frames }, (_, t) => t);
  // Equal distances: the middle of each T-th part.
  if (stride === null) return steps.map((t) => Math.floor(((t + 0.5) * count) / frames));
  const spare = Math.max(0, count - ((frames - 1) * stride + 1));
  const start = random === undefined ? spare >> 1 : random.integer(0, spare + 1);
  return steps.map((t) => Math.min(count - 1, start + t * stride));
}

/** The middle of a picture; as it is where `cut` is null. @throws ArgumentError if it is smaller */
export function middle(picture: Picture, cut: Size | null): Picture {
  if (cut === null) return picture;
  return boxOf("cut", picture, cut, (columns, rows) => [columns >> 1, rows >> 1]);
}

/**
 * A prepared sample as a model takes it when it is used: the middle of it, at all steps.
 *
 * @returns `[T, 1, C, H, W]`, or `[1, C, H, W]` of a still picture
 * @throws ArgumentError if it is smaller than what is cut out of it
 */
export function modelInput(
  sample: Prepared,
  input: InputDescription,
): { readonly values: Float32Array; readonly shape: readonly number[] } {
  const { shape, data } = middle(expanded(sample, input), input.cut);
  if (shape.length === 4) return { values: data, shape: [shape[0]!, 1, ...shape.slice(1)] };
  const frames = input.kind === "image" ? input.frames : null;
  if (frames === null) return { values: data, shape: [1, ...shape] };
  const values = new Float32Array(frames * data.length);
  for (let t = 0; t < frames; t++) values.set(data, t * data.length);
  return { values, shape: [frames, 1, ...shape] };
}
