/** Pictures with times. */
import { ArgumentError, ShapeError } from "../core/index.ts";

/** Longest side of a frame, pixels. */
export const MAX_FRAME_SIDE = 16384;

/** Layout of frames: 1 channel is luma, 3 are red, green, blue. */
export type FrameShape = { readonly width: number; readonly height: number; readonly channels: 1 | 3 };

/** One frame of a video. */
export type VideoFrame = FrameShape & {
  /** Time since the first frame, microseconds, a whole number. */
  readonly tUs: number;
  /** Codes `[H, W, channels]`, row by row, as in the file: not linear in the light. The frame's own. */
  readonly pixels: Uint8Array;
};

/** Time of a frame of a video of constant rate, rounded to the microsecond. */
export function frameTimeUs(index: number, rateHz: number): number {
  return Math.round((index * 1e6) / rateHz);
}

/**
 * Frames that are in memory, or made one by one, as a video of constant rate.
 *
 * @param pictures - codes `[H, W, channels]` of each frame
 * @param options - `rateHz` in (0, 10⁶], and the layout; one channel unless said otherwise
 * @throws ArgumentError if the rate or the size is out of range, ShapeError for a picture of another length
 */
export function* framesOf(
  pictures: Iterable<Uint8Array>,
  {
    rateHz,
    width,
    height,
    channels = 1,
  }: { readonly rateHz: number } & Omit<FrameShape, "channels"> & Partial<FrameShape>,
): Generator<VideoFrame, void, void> {
  checkRate("framesOf", rateHz);
  checkShape("framesOf", { width, height, channels });
  let index = 0;
  for (const pixels of pictures) {
    const expected = width * height * channels;
    if (pixels.length !== expected) {
      throw new ShapeError(`framesOf: expected ${expected} codes in frame ${index}, got ${pixels.length}`);
    }
    yield { tUs: frameTimeUs(index++, rateHz), width, height, channels, pixels };
  }
}

/** ArgumentError unless the sides are 1…{@link MAX_FRAME_SIDE} and the channels 1 or 3. */
export function checkShape(where: string, { width, height, channels }: FrameShape): void {
  for (const side of [width, height]) {
    if (!(Number.isInteger(side) && side >= 1 && side <= MAX_FRAME_SIDE)) {
      throw new ArgumentError(
        `${where}: expected frames of 1…${MAX_FRAME_SIDE} pixels a side, got ${width}×${height}`,
      );
    }
  }
  if (channels !== 1 && channels !== 3) {
    throw new ArgumentError(`${where}: expected 1 or 3 channels, got ${channels}`);
  }
}

/** ArgumentError unless the rate is in (0, 10⁶] Hz. */
export function checkRate(where: string, rateHz: number): void {
  if (!(rateHz > 0 && rateHz <= 1e6)) {
    throw new ArgumentError(`${where}: expected a rate in (0, 10⁶] Hz, got ${rateHz}`);
  }
}
