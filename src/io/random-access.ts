/** Bytes that can be read anywhere. */

/** A file, or what is like one; fewer bytes than asked for are returned only where it ends. */
export type RandomAccess = {
  readonly size: number;
  read(offset: number, length: number): Promise<Uint8Array>;
};

/** Bytes that are read at once. */
const CHUNK_BYTES = 1 << 16;

/** A part of a file from front to back; ends early where the file does. */
export async function* rangeChunks(
  file: RandomAccess,
  offset: number,
  length: number,
): AsyncGenerator<Uint8Array> {
  for (let done = 0; done < length;) {
    const chunk = await file.read(offset + done, Math.min(CHUNK_BYTES, length - done));
    if (chunk.length === 0) return;
    done += chunk.length;
    yield chunk;
  }
}
