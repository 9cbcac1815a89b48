/** How far a file that is read at several places has been read. */
import type { ByteFile } from "../../byte-file.ts";
import { unclosed } from "../../byte-file.ts";

/** A file that others may close without harm, and the offset up to which it has been read. */
export type ReadFile = {
  readonly file: ByteFile;
  /** Largest offset read, bytes. */
  readonly offset: number;
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
    close: () => file.close(),
  };
}
