/** Labelled folders of videos to folders of recordings. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { appendFile, mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { ArgumentError, FormatError, hashName, ShapeError } from "../core/index.ts";
import { exists, writeFileAtomic } from "../core/node.ts";
import { type Events, type SensorSize, writeEndingOf, type WriteFormat } from "../events/index.ts";
import { writeRecording } from "../events/node.ts";
import {
  sensorPresets,
  presetSizes,
  type SensorPreset,
  simulateVideo,
  type Transfer,
} from "../simulate/index.ts";
import { IMAGE_ENDINGS, openVideo, type VideoOptions } from "../video/node.ts";

/** Endings of the files that count as videos. */
const VIDEO_ENDINGS = new Set([
  ".mp4",
  ".avi",
  ".webm",
  ".mkv",
  ".mov",
  ".m4v",
  ".mpg",
  ".mpeg",
  ".gif",
  ".wmv",
]);
/** Depth of folders that is looked into: classes, splits and a bit. */
const MAX_DEPTH = 6;

/** What decides the events of a set besides its videos; stored in its manifest. */
export type VideoSetSettings = {
  readonly preset: SensorPreset;
  readonly seed: number;
  readonly format: WriteFormat;
  /** Size of the sensor; that of the preset when null, or of each video for presets that are no camera. */
  readonly sensor: SensorSize | null;
  /** Frames per second; those of each video when null. For folders of images it must be given. */
  readonly rateHz: number | null;
  readonly between: NonNullable<VideoOptions["between"]>;
  readonly transfer: Transfer;
  /** Length of a recording at most. */
  readonly seconds: number | null;
};

/** One recording of a set. */
export type VideoSetClip = {
  /** Path within the set, with forward slashes. */
  readonly file: string;
  /** Path of its video within the folder of videos. */
  readonly source: string;
  /** Name of the folder that the video is in; null for one that is in none. */
  readonly label: string | null;
  readonly sourceSha256: string;
  readonly sha256: string;
  readonly seed: number;
  readonly sensor: SensorSize;
  readonly frames: number;
  readonly events: number;
  readonly durationUs: number;
  /** Faults of the video, which was read as far as could be. */
  readonly faults: number;
};

/** A video that gave no recording. */
export type VideoSetFailure = { readonly source: string; readonly error: string };

/** What stands in a set's `manifest.json`. */
export type VideoSetManifest = {
  readonly settings: VideoSetSettings;
  readonly clips: readonly VideoSetClip[];
  readonly failures: readonly VideoSetFailure[];
};

/** How far {@link convertVideos} is. */
export type VideoSetProgress = {
  readonly done: number;
  readonly total: number;
  readonly clip: VideoSetClip | VideoSetFailure;
  /** Whether an earlier call had made it. */
  readonly kept: boolean;
};

/**
 * Makes a recording of each video of a folder, as UCF101, HMDB51 and Kinetics are laid out: `CLASS/CLIP.avi`, or deeper
 * (`train/CLASS/CLIP.mp4`), or folders of images in place of files. Recordings have the same paths with the ending of
 * their format; `manifest.json` says what they are. A call that was interrupted goes on where it stopped: recordings that
 * are there and in the manifest are kept. A video that cannot be read is told of and passed over.
 *
 * @param from - folder of the videos
 * @param to - folder of the recordings; made if it does not exist
 * @param options - `onClip` is called after each video; `signal` ends the work with its reason, what is done is kept
 * @throws ArgumentError if there are no videos, or `to` holds recordings of other settings; UnsupportedError without
 *   ffmpeg; the system's errors (no space left)
 */
export async function convertVideos(
  from: string,
  to: string,
  settings: VideoSetSettings,
  options: { readonly onClip?: (progress: VideoSetProgress) => void; readonly signal?: AbortSignal } = {},
): Promise<VideoSetManifest> {
  const { onClip, signal } = options;
  const sources = await videosUnder(from);
  if (sources.length === 0) throw new ArgumentError(`${from}: expected videos in it, got none`);
  await mkdir(to, { recursive: true });
  const journal = join(to, ".manifest.jsonl");
  const known = await recorded(to, journal, settings);
  const clips: VideoSetClip[] = [];
  const failures: VideoSetFailure[] = [];
  const files = new Set<string>();
  for (const [index, source] of sources.entries()) {
    signal?.throwIfAborted();
    const ending = extname(source);
    const stem = VIDEO_ENDINGS.has(ending.toLowerCase()) ? source.slice(0, -ending.length) : source;
    // Two videos that differ in their ending alone keep it.
    const file = `${files.has(stem) ? source : stem}${writeEndingOf(settings.format)}`;
    files.add(stem);
    const before = known.get(source);
    const kept = before !== undefined && (await isSame(join(to, file), before));
    const clip = kept ? before : await attempt(from, source, to, file, settings, signal);
    if ("error" in clip) failures.push(clip);
    else clips.push(clip);
    if (!kept && !("error" in clip)) await appendFile(journal, `${JSON.stringify(clip)}\n`);
    onClip?.({ done: index + 1, total: sources.length, clip, kept });
  }
  const manifest = { settings, clips, failures };
  await writeFileAtomic(
    join(to, "manifest.json"),
    new TextEncoder().encode(`${JSON.stringify(manifest, null, 1)}\n`),
  );
  await rm(journal, { force: true });
  return manifest;
}

/** A recording of one video, or why there is none. */
async function attempt(
  from: string,
  source: string,
  to: string,
  file: string,
  settings: VideoSetSettings,
  signal: AbortSignal | undefined,
): Promise<VideoSetClip | VideoSetFailure> {
  try {
    return await convert(from, source, to, file, settings, signal);
  } catch (error) {
    signal?.throwIfAborted();
    const isOfClip = [FormatError, ArgumentError, ShapeError].some((type) => error instanceof type);
    if (!isOfClip) throw error;
    return { source, error: (error as Error).message };
  }
}

async function convert(
  from: string,
  source: string,
  to: string,
  file: string,
  settings: VideoSetSettings,
  signal: AbortSignal | undefined,
): Promise<VideoSetClip> {
  const { preset, format, rateHz, between, transfer, seconds } = settings;
  const size = settings.sensor ?? presetSizes[preset] ?? {};
  const seed = hashName(`${settings.seed} ${source}`);
  const video = await openVideo(join(from, source), {
    ...size,
    ...(rateHz === null ? {} : { rateHz }),
    between,
    mode: "recover",
    signal,
  });
  const sensor = { width: video.width, height: video.height };
  let [frames, events, durationUs] = [0, 0, 0];
  const simulation = { seed, physics: sensorPresets[preset], transfer };
  async function* batches(): AsyncGenerator<Events> {
    for await (const step of simulateVideo(video, simulation)) {
      if (seconds !== null && step.tUs > seconds * 1e6) break;
      frames++;
      durationUs = step.tUs;
      events += step.events.t.length;
      yield step.events;
    }
  }
  await mkdir(dirname(join(to, file)), { recursive: true });
  await writeRecording(join(to, file), format, sensor, batches());
  const folder = dirname(source);
  return {
    file,
    source,
    label: folder === "." ? null : basename(folder),
    sourceSha256: await hashOf(join(from, source)),
    sha256: await hashOf(join(to, file)),
    seed,
    sensor,
    frames,
    events,
    durationUs,
    faults: video.faults.length,
  };
}

/** What earlier calls have made, by source. */
async function recorded(
  to: string,
  journal: string,
  settings: VideoSetSettings,
): Promise<ReadonlyMap<string, VideoSetClip>> {
  const clips: VideoSetClip[] = [];
  const manifest = join(to, "manifest.json");
  if (await exists(manifest)) {
    const before = parsed(await readFile(manifest, "utf8")) as Partial<VideoSetManifest> | undefined;
    checkSettings(manifest, before?.settings, settings);
    clips.push(...(before?.clips ?? []));
  }
  if (await exists(journal)) {
    const [head, ...lines] = (await readFile(journal, "utf8")).split("\n");
    checkSettings(journal, parsed(head!), settings);
    // The last line may have been cut off.
    clips.push(...lines.flatMap((line) => (parsed(line) as VideoSetClip | undefined) ?? []));
  } else {
    await appendFile(journal, `${JSON.stringify(settings)}\n`);
  }
  return new Map(clips.map((clip) => [clip.source, clip]));
}

function checkSettings(file: string, before: unknown, settings: VideoSetSettings): void {
  if (JSON.stringify(before) === JSON.stringify(settings)) return;
  throw new ArgumentError(
    `${file}: expected the settings of this call, got ${JSON.stringify(before)}; name an empty folder, or delete this one`,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function isSame(path: string, { sha256 }: VideoSetClip): Promise<boolean> {
  return (await exists(path)) && (await hashOf(path)) === sha256;
}

/** Hash of a file's bytes; of a folder's files one after the other, in order of name. */
async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  const isFolder = (await stat(path)).isDirectory();
  const files = isFolder ? (await readdir(path)).sort().map((name) => join(path, name)) : [path];
  for (const file of files) {
    for await (const part of createReadStream(file) as AsyncIterable<Uint8Array>) hash.update(part);
  }
  return hash.digest("hex");
}

/** Paths of the videos and image folders below a folder, in order, with forward slashes. */
async function videosUnder(root: string, folder = "", depth = 0): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  const ending = (name: string) => extname(name).toLowerCase();
  const path = (name: string) => (folder === "" ? name : `${folder}/${name}`);
  const found: string[] = [];
  for (const entry of entries) {
    if (entry.name.startsWith(".")) continue;
    if (entry.isDirectory() && depth < MAX_DEPTH) {
      found.push(...(await videosUnder(root, path(entry.name), depth + 1)));
    } else if (VIDEO_ENDINGS.has(ending(entry.name))) found.push(path(entry.name));
  }
  const isImages = found.length === 0 && entries.some(({ name }) => IMAGE_ENDINGS.has(ending(name)));
  if (isImages && folder !== "") return [folder];
  return found.sort((a, b) => (a < b ? -1 : 1));
}
