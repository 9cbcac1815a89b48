/** What a video file says of itself. */
import { resolve } from "node:path";
import { FormatError } from "../core/index.ts";
import { shortOutput, startProgram, words } from "./ffmpeg-node.ts";
import { MAX_FRAME_SIDE } from "./frames.ts";

/** Bytes of ffprobe's answer that are read. */
const MAX_ANSWER_BYTES = 1 << 20;

/** The first video stream of a file. */
export type VideoInfo = {
  /** Size as it is shown: turned as the file says. */
  readonly width: number;
  readonly height: number;
  /** Mean frame rate. */
  readonly rateHz: number;
  /** Number of frames, and length in microseconds, as the file's head says; it may be wrong, or say nothing. */
  readonly frames: number | undefined;
  readonly durationUs: number | undefined;
  /** Name of the codec, for example `"h264"`. */
  readonly codec: string;
};

/** How ffmpeg is told of a file: never as an option, a pattern or an address. */
export function inputArguments(path: string): string[] {
  return ["-protocol_whitelist", "file,pipe", "-i", `file:${resolve(path)}`];
}

/**
 * Asks ffprobe for a file's first video stream.
 *
 * @throws FormatError if the file has none or is none; UnsupportedError without ffprobe
 */
export async function probeVideo(path: string, signal?: AbortSignal): Promise<VideoInfo> {
  const entries =
    "stream=codec_name,width,height,avg_frame_rate,r_frame_rate,nb_frames,duration:format=duration" +
    ":stream_tags=rotate:stream_side_data=rotation";
  const program = await startProgram(
    "ffprobe",
    [...words(`-v error -select_streams v:0 -show_entries ${entries} -of json`), ...inputArguments(path)],
    signal,
  );
  const text = await shortOutput(program, MAX_ANSWER_BYTES);
  signal?.throwIfAborted();
  const info = parseProbe(text);
  if (typeof info !== "string") return info;
  throw new FormatError("video", 0, `expected ${info}, got ${quoted(program.messages().at(-1))}`, path);
}

/** A message of ffmpeg as part of ours. */
export function quoted(message: string | undefined): string {
  return message === undefined ? "none" : JSON.stringify(message.replace(/^\[.*?\] /, ""));
}

/** The stream in ffprobe's answer, or what was expected. */
function parseProbe(text: string): VideoInfo | string {
  let answer: { streams?: readonly Record<string, unknown>[]; format?: { duration?: unknown } };
  try {
    answer = JSON.parse(text) as typeof answer;
  } catch {
    return "a video";
  }
  const stream = answer.streams?.[0];
  if (stream === undefined) return "a video stream";
  const [across, down] = [Number(stream["width"]), Number(stream["height"])];
  if (!(isSide(across) && isSide(down))) return `frames of 1…${MAX_FRAME_SIDE} pixels a side`;
  const turned = Math.abs(rotationOf(stream)) % 180 === 90;
  const [mean, base] = [ratio(stream["avg_frame_rate"]), ratio(stream["r_frame_rate"])];
  // The mean is measured over the whole file; where it agrees with the nominal rate, that is the exact one.
  const rateHz = base > 0 && Math.abs(mean / base - 1) < 0.01 ? base : mean || base;
  const seconds = Number(stream["duration"] ?? answer.format?.duration);
  const frames = Number(stream["nb_frames"]);
  return {
    width: turned ? down : across,
    height: turned ? across : down,
    rateHz: rateHz > 0 && rateHz <= 1e6 ? rateHz : 25,
    frames: Number.isSafeInteger(frames) && frames > 0 ? frames : undefined,
    durationUs: seconds > 0 && seconds < 1e9 ? Math.round(seconds * 1e6) : undefined,
    codec: String(stream["codec_name"] ?? "unknown"),
  };
}

function isSide(side: number): boolean {
  return Number.isInteger(side) && side >= 1 && side <= MAX_FRAME_SIDE;
}

function rotationOf(stream: Record<string, unknown>): number {
  const sides = (stream["side_data_list"] ?? []) as readonly { rotation?: unknown }[];
  const side = sides.find(({ rotation }) => rotation !== undefined);
  return Number(side?.rotation ?? (stream["tags"] as { rotate?: unknown } | undefined)?.rotate ?? 0) || 0;
}

/** The value of a text such as `30000/1001`; 0 where there is none. */
function ratio(text: unknown): number {
  const [top, bottom = 1] = String(text).split("/").map(Number);
  const value = top! / bottom;
  return Number.isFinite(value) ? value : 0;
}
