/** The start of an Event Stream file (see layout.ts). */
import { FormatError, UnsupportedError } from "../../../core/index.ts";
import type { ByteSource } from "../../source.ts";
import { startsWith } from "../format.ts";
import { SIGNATURE, VERSION } from "./layout.ts";

/**
 * Reads what stands before the type.
 *
 * @returns the type
 * @throws FormatError if the file is no Event Stream
 * @throws UnsupportedError if it has another version
 */
export async function readType(source: ByteSource, file: string | undefined): Promise<number> {
  const start = source.offset;
  const head = await source.read(SIGNATURE.length + VERSION.length + 1);
  if (!startsWith(head, SIGNATURE)) {
    throw new FormatError("es", start, `expected ${JSON.stringify(SIGNATURE)}, got something else`, file);
  }
  const [major, minor, patch, type] = head.subarray(SIGNATURE.length);
  if (type === undefined) {
    throw new FormatError("es", start + head.length, "expected version and type, got the end", file);
  }
  if (major !== VERSION[0]) {
    throw new UnsupportedError(
      `${file ?? "es"}: expected Event Stream version 2, got ${major}.${minor}.${patch}`,
    );
  }
  return type;
}
