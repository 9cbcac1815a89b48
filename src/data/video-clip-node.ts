/** Videos as inputs of models, under Node. */
import { ArgumentError } from "../core/index.ts";
import { openVideo } from "../video/node.ts";
import { framesOf, type Prepared, type VideoInput } from "./input-description.ts";

/** Bytes of the frames of a clip: it is read whole. */
const MAX_CLIP_BYTES = 2 ** 31;

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
  const video = await openVideo(path, { width, height, channels: 3, signal });
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
