/** Recordings as files, in Node.js. */
import { createReadStream } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { addAbortSignal } from "node:stream";
import { replaceFile } from "../core/node.ts";
import type { ByteFile } from "./byte-file.ts";
import type { Events, SensorSize } from "./columns.ts";
import { openEvents } from "./open.ts";
import type { OpenOptions, Recording } from "./recording.ts";
import { ByteSource } from "./source.ts";
import { encodeIntoFile, type EncodeOptions, type FilePiece, type WriteFormat } from "./write.ts";

export { openLive, type OpenLiveOptions, sendEvents, type SendOptions } from "./live/live-node.ts";
export { type ConnectOptions } from "./live/sockets-node.ts";

/** Options of {@link openFile}. */
export type FileOptions = {
  /** Ends the reading with an `AbortError`, also where it waits for bytes that do not come. */
  readonly signal?: AbortSignal | undefined;
};

/** Bytes of a pipe that are read at once. */
const CHUNK_BYTES = 1 << 18;

/**
 * The bytes of a file, read as they are asked for; of a regular file in any order.
 *
 * @param path - path of the file; `-` is standard input
 * @throws the system's errors (no such file)
 */
export async function openFile(path: string, { signal }: FileOptions = {}): Promise<ByteSource> {
  if (path !== "-" && (await stat(path)).isFile()) {
    return new ByteSource(await diskFile(path, { signal }));
  }
  const stream = path === "-" ? process.stdin : createReadStream(path, { highWaterMark: CHUNK_BYTES });
  return new ByteSource(signal === undefined ? stream : addAbortSignal(signal, stream));
}

/**
 * A regular file that can be read anywhere.
 *
 * @throws the system's errors (no such file)
 */
export async function diskFile(path: string, { signal }: FileOptions = {}): Promise<ByteFile> {
  const handle = await open(path);
  const { size } = await handle.stat();
  let closed: Promise<void> | undefined;
  return {
    size,
    read: async (offset, length) => {
      signal?.throwIfAborted();
      // No more than there is: a length from a hostile file is not a reason to allocate.
      const { buffer } = Buffer.allocUnsafeSlow(Math.max(0, Math.min(length, size - offset)));
      const bytes = new Uint8Array(buffer);
      let filled = 0;
      while (filled < bytes.length) {
        const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, offset + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return bytes.subarray(0, filled);
    },
    close: () => (closed ??= handle.close()),
  };
}

/**
 * Opens a recording by path; see `openEvents`. Errors name the file.
 *
 * @param options - those of `openEvents`, and `signal`, which ends the reading with an `AbortError`
 * @throws FormatError, UnsupportedError, and the system's errors (no such file)
 */
export async function openRecording(
  path: string,
  { signal, ...options }: OpenOptions & FileOptions = {},
): Promise<Recording> {
  const file = path === "-" ? "standard input" : path;
  return openEvents(await openFile(path, { signal }), { file, ...options });
}

/**
 * Writes a recording: the file appears under its name when it is whole, and not at all after a fault.
 *
 * @param path - the file; its folder must exist
 * @param sensor - size of the sensor
 * @param batches - events in order of time
 * @throws ArgumentError as `encodeEvents`, or if something other than a regular file is there; the system's errors
 */
export async function writeRecording<F extends WriteFormat>(
  path: string,
  format: F,
  sensor: SensorSize,
  batches: AsyncIterable<Events> | Iterable<Events>,
  options?: EncodeOptions<F>,
): Promise<void> {
  await replaceFile(path, (file) => writePieces(file, encodeIntoFile(format, sensor, batches, options)));
}

async function writePieces(file: FileHandle, pieces: AsyncIterable<FilePiece>): Promise<void> {
  let end = 0;
  for await (const piece of pieces) {
    const { at, bytes } = piece instanceof Uint8Array ? { at: end, bytes: piece } : piece;
    for (let done = 0; done < bytes.length;) {
      done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
    }
    end = Math.max(end, at + bytes.length);
  }
}
