/**
 * Random changes of pictures and clips, as the recipes of STAA-SNN have them [Zhang2025, suppl. §7]. What is drawn holds for
 * all channels and steps of a clip. Pixels are moved, never blended, so that counts of events stay counts; pixels from outside are 0.
 * Numbers should be such that 0 means nothing: events, or pixels that were normalised.
 */
import { ArgumentError, type Random, ShapeError, show } from "../core/index.ts";
import { boxOf, type Picture, planesOf, remapped, sineCosine, warped, within } from "./picture.ts";

/** One change. Lengths are pixels, angles degrees; ranges are drawn from uniformly. */
export type ImageAugmentation =
  /** A place in the picture with a border of `padding` zeros, of the size of the picture. */
  | { readonly kind: "crop"; readonly padding: number }
  /** A place of `height` × `width` in the picture. */
  | { readonly kind: "cut"; readonly height: number; readonly width: number }
  /** Mirrored left to right with a `probability` (0.5). */
  | { readonly kind: "flip"; readonly probability?: number | undefined }
  /** Zeros in a square about a pixel that is drawn; part of it may lie outside [DeVries2017]. */
  | { readonly kind: "cutout"; readonly size: number }
  /** Zeros in a box inside, of a share `area` ([0.02, 0.33]) and sides at a ratio up to `aspect` (3.3) [Zhong2020]. */
  | {
      readonly kind: "erase";
      readonly area?: readonly [number, number] | undefined;
      readonly aspect?: number | undefined;
    }
  /** Distance from the mean of all numbers times a factor from `range`. */
  | { readonly kind: "contrast"; readonly range: readonly [number, number] }
  /** Turned about the middle by up to `degrees` either way. */
  | { readonly kind: "rotate"; readonly degrees: number }
  /** Moved by whole pixels, up to a `share` of each side either way. */
  | { readonly kind: "translate"; readonly share: number }
  /** Sheared along the rows about the middle, by up to `amount` pixels a row either way. */
  | { readonly kind: "shear"; readonly amount: number }
  /** `count` different ones of some, in the order in which they were drawn. */
  | { readonly kind: "choose"; readonly count: number; readonly of: readonly ImageAugmentation[] };

/**
 * A picture, changed by each of some augmentations in turn. The original stays as it is.
 *
 * @param picture - `[C, H, W]` or `[T, C, H, W]`
 * @throws ArgumentError, ShapeError
 */
export function augmentImage(
  picture: Picture,
  augmentations: readonly ImageAugmentation[],
  random: Random,
): Picture {
  return augmentations.reduce((changed, augmentation) => apply(changed, augmentation, random), picture);
}

function apply(picture: Picture, augmentation: ImageAugmentation, random: Random): Picture {
  const where = augmentation.kind;
  const { height, width } = planesOf(where, picture);
  switch (augmentation.kind) {
    case "crop": {
      const padding = whole(where, "padding", augmentation.padding);
      return shifted(picture, random.integer(-padding, padding + 1), random.integer(-padding, padding + 1));
    }
    case "cut":
      return boxOf(where, picture, [augmentation.height, augmentation.width], (columns, rows) => [
        random.integer(0, columns + 1),
        random.integer(0, rows + 1),
      ]);
    case "flip": {
      const probability = within(where, "probability", augmentation.probability ?? 0.5, 0, 1);
      const mirror = random.uniform() < probability;
      return mirror ? remapped(where, picture, (x, y) => [width - 1 - x, y]) : picture;
    }
    case "cutout": {
      const size = whole(where, "size", augmentation.size);
      const left = random.integer(0, width) - (size >> 1);
      return blanked(picture, left, random.integer(0, height) - (size >> 1), size, size);
    }
    case "erase":
      return erase(picture, augmentation.area ?? [0.02, 0.33], augmentation.aspect ?? 3.3, random);
    case "contrast":
      return contrasted(picture, uniformIn(where, "range", augmentation.range, 0, Infinity, random));
    case "rotate": {
      const degrees = within(where, "degrees", augmentation.degrees, 0, 180);
      const [sine, cosine] = sineCosine(random.uniform(-degrees, degrees));
      return warped(where, picture, [cosine, sine, -sine, cosine]);
    }
    case "translate": {
      const share = within(where, "share", augmentation.share, 0, 1);
      const draw = (side: number) => Math.round(random.uniform(-share, share) * side);
      return shifted(picture, draw(width), draw(height));
    }
    case "shear": {
      const amount = within(where, "amount", augmentation.amount, 0, Infinity);
      return warped(where, picture, [1, random.uniform(-amount, amount), 0, 1]);
    }
    case "choose": {
      const { count, of } = augmentation;
      if (!(Number.isInteger(count) && count >= 0 && count <= of.length)) {
        throw new ArgumentError(`choose: expected a count of 0 to ${of.length}, got ${count}`);
      }
      const chosen = [...random.permutation(of.length).subarray(0, count)].map((i) => of[i]!);
      return augmentImage(picture, chosen, random);
    }
  }
}

/** Pixel (x, y) of the result is (x + dx, y + dy) of the original. */
function shifted(picture: Picture, dx: number, dy: number): Picture {
  return remapped("translate", picture, (x, y) => [x + dx, y + dy]);
}

function erase(picture: Picture, area: readonly [number, number], aspect: number, random: Random): Picture {
  const { height, width } = planesOf("erase", picture);
  within("erase", "aspect", aspect, 1, Infinity);
  const pixels = uniformIn("erase", "area", area, 0, 1, random) * height * width;
  // Lying or standing with the same chance, without a logarithm, whose last bit may differ between platforms.
  const stretch = random.uniform(1, aspect);
  const ratio = random.uniform() < 0.5 ? stretch : 1 / stretch;
  const rows = Math.min(height, Math.round(Math.sqrt(pixels * ratio)));
  const columns = Math.min(width, Math.round(Math.sqrt(pixels / ratio)));
  const left = random.integer(0, width - columns + 1);
  return blanked(picture, left, random.integer(0, height - rows + 1), columns, rows);
}

function blanked(picture: Picture, left: number, top: number, columns: number, rows: number): Picture {
  const inside = (x: number, y: number) => x >= left && x < left + columns && y >= top && y < top + rows;
  return remapped("cutout", picture, (x, y) => [inside(x, y) ? -1 : x, y]);
}

function contrasted({ shape, data }: Picture, factor: number): Picture {
  let total = 0;
  for (const value of data) total += value;
  const mean = total / data.length;
  return { shape, data: data.map((value) => mean + factor * (value - mean)) };
}

/** Two pictures blended, and how much of the label the first keeps. */
export type MixedPicture = Picture & { readonly ratio: number };

/**
 * ratio·a + (1 − ratio)·b [Zhang2018].
 *
 * @param options - `ratio`; drawn uniformly from [0, 1) by default, which is mixup with α = 1
 * @throws ArgumentError, ShapeError if the shapes differ
 */
export function mixup(
  a: Picture,
  b: Picture,
  random: Random,
  { ratio = random.uniform() }: { readonly ratio?: number } = {},
): MixedPicture {
  planesOf("mixup", a);
  planesOf("mixup", b);
  if (show(a.shape) !== show(b.shape)) {
    throw new ShapeError(
      `mixup: expected two pictures of one shape, got ${show(a.shape)} and ${show(b.shape)}`,
    );
  }
  within("mixup", "ratio", ratio, 0, 1);
  const data = a.data.map((value, i) => ratio * value + (1 - ratio) * b.data[i]!);
  return { shape: a.shape, data, ratio };
}

function whole(where: string, name: string, value: number): number {
  if (!Number.isInteger(value) || value < 0) {
    throw new ArgumentError(`${where}: expected ${name} of 0 or more whole pixels, got ${value}`);
  }
  return value;
}

function uniformIn(
  where: string,
  name: string,
  [from, to]: readonly [number, number],
  low: number,
  high: number,
  random: Random,
): number {
  within(where, name, to, within(where, name, from, low, high), high);
  return random.uniform(from, to);
}
