/** What a model saw, as pictures for a page. */
import { encode as encodeJpeg } from "jpeg-js";
import type { InputDescription } from "../../../src/data/index.ts";
import { dataUri, indexedPng, type Rgba } from "../../report/png.ts";
import { encodePng } from "./events/png.ts";

/** Pixels up to which a picture is kept exactly: it is shown enlarged. */
const SMALL = 96 * 96;
const QUALITY = 88;

/** Colours of frames of events: nothing, then ON, OFF, and as many of both, each in three strengths. */
const ON = [29, 95, 224] as const;
const OFF = [217, 72, 15] as const;
const BOTH = [123, 84, 120] as const;
const LEVELS = 3;
const PALETTE: readonly Rgba[] = [
  [0, 0, 0, 0],
  ...[ON, OFF, BOTH].flatMap((colour) =>
    Array.from({ length: LEVELS }, (_, i): Rgba => [...colour, 105 + 75 * i]),
  ),
];

/**
 * Frames of a model's input as data URIs, at most `most` of them at equal distances.
 *
 * @param shape - `[T, 1, C, H, W]` or `[1, C, H, W]`
 */
export function seenFrames(
  { values, shape }: { readonly values: Float32Array; readonly shape: readonly number[] },
  input: InputDescription,
  most: number,
): string[] {
  const [height, width] = shape.slice(-2) as [number, number];
  const length = shape.at(-3)! * height * width;
  const steps = values.length / length;
  const shown = Math.min(steps, most);
  const strongest = values.reduce((a, b) => Math.max(a, b), 0);
  return Array.from({ length: shown }, (_, i) => {
    const t = Math.floor(((i + 0.5) * steps) / shown);
    const frame = values.subarray(t * length, (t + 1) * length);
    return input.kind === "events"
      ? eventUri(frame, width, height, strongest)
      : colourUri(rgbOf(frame, input), width, height);
  });
}

/** Codes of a normalised picture `[3, H, W]`, `[H, W, 3]`. */
export function rgbOf(
  planes: Float32Array,
  { mean, std }: { readonly mean: readonly number[]; readonly std: readonly number[] },
): Uint8Array {
  const plane = planes.length / 3;
  const rgb = new Uint8ClampedArray(planes.length);
  for (let c = 0; c < 3; c++) {
    for (let i = 0; i < plane; i++) rgb[3 * i + c] = 255 * (planes[c * plane + i]! * std[c]! + mean[c]!);
  }
  return new Uint8Array(rgb.buffer);
}

/** A picture `[H, W, 3]` as a data URI. */
export function colourUri(rgb: Uint8Array, width: number, height: number): string {
  if (width * height <= SMALL) return dataUri(encodePng(width, height, rgb));
  const data = new Uint8Array(4 * width * height).fill(255);
  for (let i = 0; i < width * height; i++) data.set(rgb.subarray(3 * i, 3 * i + 3), 4 * i);
  return dataUri(encodeJpeg({ width, height, data }, QUALITY).data, "image/jpeg");
}

/** @param strongest - largest count of all frames: few events are as strong where there are never more */
function eventUri(counts: Float32Array, width: number, height: number, strongest: number): string {
  const plane = width * height;
  const full = Math.min(LEVELS, strongest);
  const pixels = Uint8Array.from({ length: plane }, (_, i) => {
    const [off, on] = [counts[i]!, counts[plane + i]!];
    const level = Math.min(LEVELS, Math.ceil((LEVELS * Math.max(on, off)) / full));
    if (!(level > 0)) return 0;
    return level + LEVELS * (on > off ? 0 : on < off ? 1 : 2);
  });
  return dataUri(indexedPng(width, height, pixels, PALETTE));
}
