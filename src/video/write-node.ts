/** Frames to video files and pictures. */
import { ArgumentError, ShapeError, UnsupportedError } from "../core/index.ts";
import { replacePath } from "../core/node.ts";
import { type Program, startProgram, words } from "./ffmpeg-node.ts";
import { checkRate, checkShape, type FrameShape } from "./frames.ts";

/** What can be written: videos (`mp4` H.264, `webm` VP9), animations (`gif`), one picture (`png`). */
export const VIDEO_FORMATS = ["mp4", "webm", "gif", "png"] as const;

/** See {@link VIDEO_FORMATS}. */
export type VideoFormat = (typeof VIDEO_FORMATS)[number];

/** Options of {@link writeVideo}. */
export type WriteVideoOptions = {
  /** Frames per second, in (0, 10⁶]. */
  readonly rateHz: number;
  readonly width: number;
  readonly height: number;
  /** 3 (the default) for red, green, blue; 1 for grey. */
  readonly channels?: 1 | 3;
  /** By the ending of the path when absent. */
  readonly format?: VideoFormat;
  /** Ends the writing with an `AbortError`; nothing is left. */
  readonly signal?: AbortSignal | undefined;
};

/** What ffmpeg is told for each format. Players want even sides and 4:2:0 of MP4 and WebM. */
const EVEN = "pad=ceil(iw/2)*2:ceil(ih/2)*2";
const ENCODING: Readonly<Record<VideoFormat, readonly string[]>> = {
  mp4: words(`-vf ${EVEN} -c:v libx264 -crf 18 -pix_fmt yuv420p -movflags +faststart -f mp4`),
  webm: words(`-vf ${EVEN} -c:v libvpx-vp9 -crf 24 -b:v 0 -cpu-used 4 -row-mt 1 -pix_fmt yuv420p -f webm`),
  // A palette of its own for each frame: one for all would need all frames in memory.
  gif: words("-filter_complex split[a][b];[a]palettegen=stats_mode=single[p];[b][p]paletteuse=new=1 -f gif"),
  png: words("-frames:v 1 -c:v png -f image2 -update 1"),
};

/** The format whose files end like this one, by its name. */
export function videoFormatOf(path: string): VideoFormat | undefined {
  return VIDEO_FORMATS.find((format) => path.toLowerCase().endsWith(`.${format}`));
}

/**
 * Writes frames as a video through ffmpeg: the file appears under its name when it is whole, and not at all after a
 * fault. Frames are taken no faster than they are encoded. Equal frames give equal bytes with the same ffmpeg.
 *
 * @param path - the file; its folder must exist
 * @param frames - codes of each frame, `[H, W, channels]`; read before the next one is asked for, so a buffer may be
 *   reused. One frame or more; exactly one for `png`
 * @returns the number of frames
 * @throws UnsupportedError without ffmpeg or with one that cannot encode the format; ShapeError for a frame of another
 *   length; ArgumentError for options out of range, no frames, or a path that is no regular file; the system's errors
 */
export async function writeVideo(
  path: string,
  frames: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { rateHz, width, height, channels = 3, format = videoFormatOf(path), signal }: WriteVideoOptions,
): Promise<number> {
  checkRate("writeVideo", rateHz);
  checkShape("writeVideo", { width, height, channels });
  if (format === undefined) {
    const endings = VIDEO_FORMATS.map((name) => `.${name}`).join(", ");
    throw new ArgumentError(`writeVideo: expected a path that ends in ${endings}, or a format, got ${path}`);
  }
  let count = 0;
  await replacePath(path, async (temporary) => {
    const program = await startProgram(
      "ffmpeg",
      [
        ...words("-hide_banner -nostats -loglevel error -y -f rawvideo -pix_fmt"),
        ...words(`${channels === 1 ? "gray" : "rgb24"} -video_size ${width}x${height}`),
        ...words(`-framerate ${rateHz} -i pipe:0 -map_metadata -1 -fflags +bitexact -flags:v +bitexact`),
        ...ENCODING[format],
        `file:${temporary}`,
      ],
      signal,
    );
    try {
      const most = format === "png" ? 1 : Infinity;
      count = await feed(program, frames, { width, height, channels }, most);
      const code = await program.ended;
      signal?.throwIfAborted();
      if (code !== 0) throw failure(path, program);
    } finally {
      await program.stop();
    }
  });
  return count;
}

/** Sends all frames and closes the pipe; returns early if the program has ended. */
async function feed(
  program: Program,
  frames: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { width, height, channels }: FrameShape,
  most: number,
): Promise<number> {
  const bytes = width * height * channels;
  let count = 0;
  program.stdout.resume();
  for await (const pixels of frames) {
    if (pixels.length !== bytes) {
      throw new ShapeError(`writeVideo: expected ${bytes} codes in frame ${count}, got ${pixels.length}`);
    }
    if (count === most) throw new ArgumentError(`writeVideo: expected ${most} frame for a picture, got more`);
    count++;
    if (!(await sent(program, pixels))) return count;
  }
  if (count === 0) throw new ArgumentError("writeVideo: expected one frame or more, got none");
  program.stdin.end();
  return count;
}

/** Whether ffmpeg has taken the bytes; if not, it has ended. */
async function sent(program: Program, pixels: Uint8Array): Promise<boolean> {
  const taken = new Promise<boolean>((resolve) => {
    program.stdin.write(pixels, (error) => resolve(error === undefined || error === null));
  });
  const ended = program.ended.then(() => false);
  if (await Promise.race([taken, ended])) return true;
  await ended;
  return false;
}

function failure(path: string, program: Program): UnsupportedError {
  const messages = program.messages();
  const cause = messages.find((line) => /unknown encoder|no space|permission/i.test(line)) ?? messages[0];
  return new UnsupportedError(
    `${path}: expected ffmpeg to write it, got ${JSON.stringify(cause ?? "nothing")}`,
  );
}
