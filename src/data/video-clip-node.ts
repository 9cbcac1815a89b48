/** Videos as inputs of models, under Node. */
import { stat } from "node:fs/promises";
import { ArgumentError } from "../core/index.ts";
import { openVideo, type Video, type VideoOptions } from "../video/node.ts";
import { framesOf, type Prepared, type VideoInput } from "./input-description.ts";

/** Bytes of the frames of a clip: it is read whole. */
const MAX_CLIP_BYTES = 2 ** 31;

/** A rate for folders of pictures, of which only the order counts. */
const FOLDER_HZ = 25;

/**
 * Opens the frames of a video in colours, or the pictures of a folder in the order of the numbers in their names.
 *
 * @throws what `openVideo` does
 */
export async function openFrames(
  path: string,
  options: Pick<VideoOptions, "width" | "height" | "signal"> = {},
): Promise<Video> {
  const isFolder = (await stat(path)).isDirectory();
  return openVideo(path, { ...options, channels: 3, ...(isFolder && { rateHz: FOLDER_HZ }) });
}

/**
 * The frames of a video at the size of an input: those that are its steps, or all of them where steps are drawn from a window.
 *
 * @throws ArgumentError if the video is too long to be kept; FormatError naming the file if it is broken; UnsupportedError without
 *   ffmpeg; the system's errors (no such file)
 */
export async function preparedVideo(
  path: string,
  input: VideoInput,
  signal?: AbortSignal,
): Promise<Prepared> {
  const [height, width] = input.size;
  const video = await openFrames(path, { width, height, signal });
  const plane = height * width;
  const all: Uint8Array[] = [];
  for await (const { pixels } of video) {
    if ((all.length + 1) * pixels.length > MAX_CLIP_BYTES) {
      const most = Math.floor(MAX_CLIP_BYTES / pixels.length);
      throw new ArgumentError(`${path}: expected a clip of at most ${most} frames, got more`);
    }
    all.push(pixels);
  }
  const kept = input.stride === null ? framesOf(all.length, input).map((index) => all[index]!) : all;
  const codes = new Uint8Array(kept.length * 3 * plane);
  kept.forEach((pixels, t) => {
    for (let c = 0; c < 3; c++) {
      for (let i = 0; i < plane; i++) codes[(3 * t + c) * plane + i] = pixels[3 * i + c]!;
    }
  });
  return { shape: [kept.length, 3, height, width], codes };
}
