/** Opening recordings from files and from standard input, in Node.js. */
import { createReadStream } from "node:fs";
import { openEvents } from "./open.ts";
import type { OpenOptions, Recording } from "./recording.ts";
import { ByteSource } from "./source.ts";

/**
 * The bytes of a file, read in chunks as they are asked for.
 *
 * @param path - path of the file; `-` is standard input
 * @param options - `chunkBytes`: size of one read in bytes, 256 KiB by default
 */
export function openFile(path: string, { chunkBytes = 1 << 18 } = {}): ByteSource {
  if (path === "-") return new ByteSource(process.stdin);
  return new ByteSource(createReadStream(path, { highWaterMark: chunkBytes }));
}

/**
 * Opens a recording by path; see `openEvents`. Errors name the file.
 *
 * @throws FormatError, UnsupportedError, and the system's errors (no such file)
 */
export function openRecording(path: string, options: OpenOptions = {}): Promise<Recording> {
  return openEvents(openFile(path), { file: path === "-" ? "standard input" : path, ...options });
}
