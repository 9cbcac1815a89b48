/** Frames of video files and image folders. */
import { readdir, stat } from "node:fs/promises";
import { extname, join, resolve } from "node:path";
import { ArgumentError, FormatError } from "../core/index.ts";
import { type Program, startProgram, words } from "./ffmpeg-node.ts";
import { checkRate, checkShape, type FrameShape, frameTimeUs, type VideoFrame } from "./frames.ts";
import { inputArguments, probeVideo, quoted, type VideoInfo } from "./probe-node.ts";

/** Endings of the files that count as images of a folder. */
export const IMAGE_ENDINGS: ReadonlySet<string> = new Set([
  ".png",
  ".jpg",
  ".jpeg",
  ".bmp",
  ".tif",
  ".tiff",
  ".webp",
  ".pgm",
  ".ppm",
]);
/** Names of an image folder that are looked at. */
const MAX_IMAGES = 10_000_000;

/** Options of {@link openVideo}. */
export type VideoOptions = {
  /** Size of the frames that are delivered; that of the file when absent. One side alone keeps the aspect. */
  readonly width?: number;
  readonly height?: number;
  /** How a picture of another aspect becomes one of this size: by default `"crop"`, the middle of it. */
  readonly fit?: "crop" | "stretch" | "pad";
  /** 1 is luma, the default; 3 are red, green and blue. */
  readonly channels?: 1 | 3;
  /** Frames per second that are delivered: those of the file when absent. A folder of images needs it. */
  readonly rateHz?: number;
  /**
   * Where more frames are asked for than the file has: `"repeat"` shows a frame until the next (the default), `"blend"`
   * mixes two neighbours, `"motion"` moves what moves along its way (motion-compensated, slow, and wrong where it guesses
   * wrong).
   */
  readonly between?: "repeat" | "blend" | "motion";
  /** Frames to deliver at most. */
  readonly maxFrames?: number;
  /** What to do where the file is broken: `"strict"` (default) raises, `"recover"` goes on as far as ffmpeg can. */
  readonly mode?: "strict" | "recover";
  /** Ends the reading with an `AbortError`. */
  readonly signal?: AbortSignal | undefined;
};

/** A video that is being read, once, from front to back. */
export interface Video extends AsyncIterable<VideoFrame>, FrameShape {
  /** Rate of the frames that are delivered; they are at {@link frameTimeUs}. */
  readonly rateHz: number;
  /** Frames that will come, by what the file says; undefined where it does not say. */
  readonly expectedFrames: number | undefined;
  /** The file itself; for a folder its first image. */
  readonly source: VideoInfo;
  /** What ffmpeg complained of in `recover` mode, its last lines. */
  readonly faults: readonly string[];
}

/**
 * Opens a video, or a folder of images in the order of the numbers in their names, through ffmpeg. Nothing runs between
 * frames that are not asked for: the pipe to ffmpeg is the only queue. Leaving the loop ends ffmpeg.
 *
 * Frames stand at a constant rate. A file of variable rate is resampled to its mean by repeating and leaving out frames.
 *
 * @throws UnsupportedError without ffmpeg; FormatError naming the file if it is no video, and while reading if it breaks;
 *   ArgumentError for options out of range; the system's errors (no such file)
 */
export async function openVideo(path: string, options: VideoOptions = {}): Promise<Video> {
  const { rateHz, channels = 1, maxFrames = Infinity, signal } = options;
  if (rateHz !== undefined) checkRate("openVideo", rateHz);
  if (!(maxFrames >= 0)) throw new ArgumentError(`openVideo: expected maxFrames ≥ 0, got ${maxFrames}`);
  const images = (await stat(path)).isDirectory() ? await imagesOf(path) : undefined;
  if (images !== undefined && rateHz === undefined) {
    throw new ArgumentError(`${path}: expected rateHz, the rate of its images, got none`);
  }
  const source = await probeVideo(images?.[0] ?? path, signal);
  const shape: FrameShape = { ...sizeOf(source, options), channels };
  checkShape("openVideo", shape);
  const rate = rateHz ?? source.rateHz;
  const expected = Math.min(maxFrames, images?.length ?? framesAt(source, rate) ?? Infinity);
  const faults: string[] = [];
  const run = () =>
    decode(path, images, filters(source, images !== undefined, shape, rate, options), options);
  const iterator = frames(path, shape, rate, run, options, faults);
  return {
    ...shape,
    rateHz: rate,
    expectedFrames: expected === Infinity ? undefined : expected,
    source,
    faults,
    [Symbol.asyncIterator]: () => iterator,
  };
}

async function* frames(
  path: string,
  { width, height, channels }: FrameShape,
  rateHz: number,
  run: () => Promise<Program>,
  { maxFrames = Infinity, mode = "strict", signal }: VideoOptions,
  faults: string[],
): AsyncGenerator<VideoFrame, void, void> {
  if (maxFrames === 0) return;
  const program = await run();
  const bytes = width * height * channels;
  let index = 0;
  try {
    let pixels = new Uint8Array(bytes);
    let filled = 0;
    for await (const part of program.stdout as AsyncIterable<Uint8Array>) {
      for (let at = 0; at < part.length;) {
        const taken = Math.min(bytes - filled, part.length - at);
        pixels.set(part.subarray(at, at + taken), filled);
        at += taken;
        filled += taken;
        if (filled < bytes) continue;
        yield { tUs: frameTimeUs(index++, rateHz), width, height, channels, pixels };
        if (index >= maxFrames) return;
        pixels = new Uint8Array(bytes);
        filled = 0;
      }
    }
    const code = await program.ended;
    signal?.throwIfAborted();
    const messages = program.messages();
    if (mode === "recover" && index > 0) faults.push(...messages);
    else if (code !== 0 || index === 0 || messages.length > 0) {
      const got = quoted(messages.find((line) => !/^(Conversion failed|Error while)/.test(line)));
      throw new FormatError(
        "video",
        0,
        `expected frames that ffmpeg decodes, got ${got} after ${index}`,
        path,
      );
    }
  } finally {
    await program.stop();
  }
}

/** Starts ffmpeg with a pipe of raw frames. */
async function decode(
  path: string,
  images: readonly string[] | undefined,
  filtering: string,
  { channels = 1, mode = "strict", signal }: VideoOptions,
): Promise<Program> {
  const input =
    images === undefined
      ? inputArguments(path)
      : words("-f concat -safe 0 -protocol_whitelist file,pipe -i pipe:0");
  const program = await startProgram(
    "ffmpeg",
    [
      ...words("-hide_banner -nostats -loglevel error"),
      ...(mode === "strict" ? ["-xerror"] : []),
      ...input,
      ...words(`-map 0:v:0 -vf ${filtering}`),
      ...words(`-f rawvideo -pix_fmt ${channels === 1 ? "gray" : "rgb24"} pipe:1`),
    ],
    signal,
  );
  program.stdin.end((images ?? []).map((image) => `file ${quotedPath(image)}\n`).join(""));
  return program;
}

/** Size and rate of the frames; as few of them as may be are scaled. */
function filters(
  source: VideoInfo,
  isFolder: boolean,
  { width, height }: FrameShape,
  rateHz: number,
  { fit = "crop", between = "repeat" }: VideoOptions,
): string {
  const size = sizeFilter(fit, width, height);
  // The images' own times mean nothing, and their clock is coarse.
  if (isFolder) return `settb=AVTB,setpts=N/(${rateHz}*TB),fps=${rateHz},${size}`;
  if (rateHz <= source.rateHz) return `fps=${rateHz},${size}`;
  if (between === "repeat") return `${size},fps=${rateHz}`;
  return `${size},minterpolate=fps=${rateHz}:mi_mode=${between === "blend" ? "blend:scd=none" : "mci"}`;
}

function sizeFilter(fit: "crop" | "stretch" | "pad", width: number, height: number): string {
  const size = `${width}:${height}`;
  if (fit === "stretch") return `scale=${size}:flags=area`;
  if (fit === "crop") {
    return `scale=${size}:flags=area:force_original_aspect_ratio=increase,crop=${size}`;
  }
  return `scale=${size}:flags=area:force_original_aspect_ratio=decrease,pad=${size}:-1:-1`;
}

/** Size of the frames that are delivered. */
function sizeOf(source: VideoInfo, { width, height }: VideoOptions): { width: number; height: number } {
  if (width !== undefined && height !== undefined) return { width, height };
  if (width !== undefined)
    return { width, height: Math.max(1, Math.round((width * source.height) / source.width)) };
  if (height !== undefined)
    return { width: Math.max(1, Math.round((height * source.width) / source.height)), height };
  return { width: source.width, height: source.height };
}

function framesAt({ rateHz, frames, durationUs }: VideoInfo, wantedHz: number): number | undefined {
  if (frames !== undefined && wantedHz === rateHz) return frames;
  if (durationUs !== undefined) return Math.max(1, Math.round((durationUs * wantedHz) / 1e6));
  return frames === undefined ? undefined : Math.max(1, Math.round((frames * wantedHz) / rateHz));
}

/** Paths of a folder's images, in the order of the numbers in their names. */
async function imagesOf(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => IMAGE_ENDINGS.has(extname(name).toLowerCase()));
  if (names.length === 0 || names.length > MAX_IMAGES) {
    const kinds = [...IMAGE_ENDINGS].join(", ");
    throw new FormatError(
      "images",
      0,
      `expected 1…${MAX_IMAGES} images (${kinds}), got ${names.length}`,
      folder,
    );
  }
  const order = new Intl.Collator("en", { numeric: true });
  return names.sort(order.compare).map((name) => join(folder, name));
}

/** A path in a list for ffmpeg's concat reader. */
function quotedPath(path: string): string {
  if (/[\r\n]/.test(path)) throw new ArgumentError(`${JSON.stringify(path)}: expected a name of one line`);
  return `'file:${resolve(path).replaceAll("'", String.raw`'\''`)}'`;
}
