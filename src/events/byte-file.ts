/** Bytes that can be read anywhere, for formats that are not read from front to back. */

/** A file, an array or a blob. */
export interface ByteFile {
  /** Number of bytes. */
  readonly size: number;
  /**
   * The bytes from `offset` on, at most `length` of them: fewer only where the file ends. May be a view: read it, do not
   * write to it.
   */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Releases the file. */
  close(): Promise<void>;
}

/** Whether an input can be read anywhere. */
export function isByteFile(input: object): input is ByteFile {
  return "read" in input && "size" in input;
}

/** An array of bytes as a file. */
export function memoryFile(bytes: Uint8Array): ByteFile {
  return {
    size: bytes.length,
    read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)),
    close: () => Promise.resolve(),
  };
}

/** A blob (a file of a browser) as a file. */
export function blobFile(blob: Blob): ByteFile {
  return {
    size: blob.size,
    read: async (offset, length) => new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer()),
    close: () => Promise.resolve(),
  };
}

/** The same file, for a reader that is not the last: closing it closes nothing. */
export function unclosed(file: ByteFile): ByteFile {
  return { size: file.size, read: file.read.bind(file), close: () => Promise.resolve() };
}

/**
 * The bytes of a file from front to back, in chunks, of which the next is read while the last is at work. Does not close
 * the file: others may want to read it again.
 */
export async function* fileChunks(file: ByteFile, chunkBytes = 1 << 18): AsyncGenerator<Uint8Array> {
  const read = (offset: number) => {
    const chunk = file.read(offset, chunkBytes);
    // Whoever asks for the chunk is told; nobody does after an early end.
    chunk.catch(() => {});
    return chunk;
  };
  let next = read(0);
  for (let offset = 0; offset < file.size;) {
    const chunk = await next;
    if (chunk.length === 0) return;
    offset += chunk.length;
    if (offset < file.size) next = read(offset);
    yield chunk;
  }
}
