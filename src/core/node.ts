/** Files under Node: whole or not at all. */
import { randomUUID } from "node:crypto";
import { type FileHandle, open, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ArgumentError, FormatError } from "./index.ts";

/** Bytes that {@link readFileBounded} reads at most, unless the caller says otherwise: 2 GiB. */
export const MAX_FILE_BYTES = 2 ** 31;

/**
 * Writes a file so that at any time the path holds the old content or the whole new one, even if the process or the
 * machine stops: a temporary file beside it is written, flushed to the disk and renamed. It is removed on failure.
 *
 * @param path - the file; its folder must exist
 * @param content - the bytes, or parts of them in order
 * @throws ArgumentError as {@link replaceable}, and the system's errors
 */
export async function writeFileAtomic(
  path: string,
  content: Uint8Array | AsyncIterable<Uint8Array>,
): Promise<void> {
  await replaceFile(path, async (file) => {
    if (content instanceof Uint8Array) await file.writeFile(content);
    else for await (const part of content) await file.writeFile(part);
  });
}

/**
 * As {@link writeFileAtomic}, for files that are not written from front to back.
 *
 * @param write - fills the temporary file, which is empty
 * @throws ArgumentError as {@link replaceable}, the system's errors and those of `write`
 */
export async function replaceFile(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  await replacePath(path, async (temporary) => {
    const file = await open(temporary, "r+");
    try {
      await write(file);
    } finally {
      await file.close();
    }
  });
}

/**
 * As {@link replaceFile}, for other programs that write.
 *
 * @param write - fills the file of the path it is given, which is there and empty
 */
export async function replacePath(path: string, write: (temporary: string) => Promise<void>): Promise<void> {
  const target = await replaceable(path);
  const folder = dirname(target);
  const temporary = join(folder, `.${basename(target)}.${randomUUID()}.tmp`);
  try {
    await (await open(temporary, "wx")).close();
    await write(temporary);
    await syncFile(temporary);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw withPath(error, temporary, path);
  }
  await syncFolder(folder);
}

/**
 * The path to rename onto, with links resolved: a rename would put a file in the place of a link, or of a device such as
 * `/dev/null`.
 *
 * @throws ArgumentError if something other than a regular file is there
 */
export async function replaceable(path: string): Promise<string> {
  const there = await stat(path).catch(() => undefined);
  if (there === undefined) return path;
  if (there.isFile()) return realpath(path);
  const fault = there.isDirectory()
    ? "is a folder, expected a file"
    : "expected a regular file, got a device or pipe";
  throw new ArgumentError(`${path}: ${fault}`);
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

/** The system names the temporary file, or none: its fault is that of the file to be written. */
function withPath(error: unknown, temporary: string, path: string): unknown {
  if (!(error instanceof Error && "syscall" in error)) return error;
  const named = (error as NodeJS.ErrnoException).path;
  return named === undefined || named === temporary ? Object.assign(error, { path }) : error;
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
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

/** Whether a path leads to something. Errors of the system other than its absence are thrown. */
export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return false;
    throw error;
  }
}
