/** How far a file that is read at several places has been read. */
import { type ByteFile, unclosed } from "../../byte-file.ts";

/** A file that others may close without harm, and the offset up to which it has been read. */
export type ReadFile = {
  readonly file: ByteFile;
  /** Largest offset read since the start, or since `restart`, bytes. */
  readonly offset: number;
  /** Forgets what was read: from here on it counts. */
  restart(): void;
  /** Closes the file itself. */
  close(): Promise<void>;
};

/** Watches how far a file is read. */
export function watched(file: ByteFile): ReadFile {
  let offset = 0;
  const inner = unclosed(file);
  return {
    file: {
      ...inner,
      read: async (start, length) => {
        const bytes = await inner.read(start, length);
        offset = Math.max(offset, start + bytes.length);
        return bytes;
      },
    },
    get offset() {
      return offset;
    },
    restart: () => {
      offset = 0;
    },
    close: () => file.close(),
  };
}
