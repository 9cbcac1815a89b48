/** Opening recordings from files and from standard input, in Node.js. */
import { createReadStream } from "node:fs";
import { addAbortSignal } from "node:stream";
import { openEvents } from "./open.ts";
import type { OpenOptions, Recording } from "./recording.ts";
import { ByteSource } from "./source.ts";

/** Options of {@link openFile}. */
export type FileOptions = {
  /** Size of one read in bytes, 256 KiB by default. */
  readonly chunkBytes?: number;
  /** Ends the reading with an `AbortError`, also where it waits for bytes that do not come. */
  readonly signal?: AbortSignal | undefined;
};

/**
 * The bytes of a file, read in chunks as they are asked for.
 *
 * @param path - path of the file; `-` is standard input
 */
export function openFile(path: string, { chunkBytes = 1 << 18, signal }: FileOptions = {}): ByteSource {
  const stream = path === "-" ? process.stdin : createReadStream(path, { highWaterMark: chunkBytes });
  return new ByteSource(signal === undefined ? stream : addAbortSignal(signal, stream));
}

/**
 * Opens a recording by path; see `openEvents`. Errors name the file.
 *
 * @param options - those of `openEvents`, and `signal`, which ends the reading with an `AbortError`
 * @throws FormatError, UnsupportedError, and the system's errors (no such file)
 */
export function openRecording(
  path: string,
  { signal, ...options }: OpenOptions & Pick<FileOptions, "signal"> = {},
): Promise<Recording> {
  const file = path === "-" ? "standard input" : path;
  return openEvents(openFile(path, { signal }), { file, ...options });
}
