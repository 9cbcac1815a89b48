/** Files under Node: whole or not at all. */
import { randomUUID } from "node:crypto";
import { open, readFile, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { FormatError } from "../core/index.ts";

/** Bytes that {@link readFileBounded} reads at most, unless the caller says otherwise: 2 GiB. */
export const MAX_FILE_BYTES = 2 ** 31;

/**
 * Writes a file so that at any time the path holds the old content or the whole new one, even if the process or the
 * machine stops: a temporary file beside it is written, flushed to the disk and renamed. It is removed on failure.
 *
 * @param path - the file; its folder must exist
 * @param content - the bytes, or parts of them in order
 */
export async function writeFileAtomic(
  path: string,
  content: Uint8Array | AsyncIterable<Uint8Array>,
): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    const file = await open(temporary, "wx");
    try {
      if (content instanceof Uint8Array) await file.writeFile(content);
      else for await (const part of content) await file.writeFile(part);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

/**
 * Reads a whole file.
 *
 * @param options - `maxBytes`: bound of its size, 2 GiB by default
 * @throws FormatError if the file is larger, or is no regular file
 */
export async function readFileBounded(
  path: string,
  options: { maxBytes?: number } = {},
): Promise<Uint8Array> {
  const { maxBytes = MAX_FILE_BYTES } = options;
  const info = await stat(path);
  if (!info.isFile()) throw new FormatError("file", 0, "expected a regular file, got another kind", path);
  if (info.size > maxBytes) {
    throw new FormatError("file", 0, `expected at most ${maxBytes} bytes, got ${info.size}`, path);
  }
  const bytes = await readFile(path);
  // Not the Buffer itself: its slice() is a view, and its memory may be shared with others.
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Makes a rename in a folder durable. Windows cannot open folders and needs no such step. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
