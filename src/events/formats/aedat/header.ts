/** The text header of AEDAT 1 to 3 (docs.inivation.com, "AEDAT File Formats"): lines `#…` that end with CR LF. */
import { latin1 } from "../../../core/index.ts";
import type { Faults } from "../../faults.ts";
import type { ByteSource } from "../../source.ts";

/** A header: its lines without `#` and line end, and how many bytes it takes. */
export type AedatHeader = { readonly lines: readonly string[]; readonly bytes: number };

/** Bytes that a header may have; jAER writes all preferences of a camera, 100 kB and more. */
const MAX_HEADER_BYTES = 1 << 23;

const HASH = 0x23;
const NEWLINE = 0x0a;
const TAB = 0x09;

/**
 * Reads the header without consuming it, and not much more of the source: twice the header at most.
 *
 * It ends after a line that says so (`#!END-HEADER`, `#End Of ASCII Header`), or else before the first line that does not
 * start with `#` or holds control characters: data may start with the byte of `#`, but has zeros soon after.
 *
 * @throws FormatError if a line does not end, or the header does not
 */
export async function readHeader(source: ByteSource, faults: Faults): Promise<AedatHeader> {
  for (let size = 64; size <= MAX_HEADER_BYTES; size *= 2) {
    const head = await source.peek(size);
    const header = parse(head, head.length < size);
    if ("bytes" in header) return header;
    if (head.length < size) throw faults.error(header.endless, "expected a header line that ends, got none");
  }
  throw faults.error(0, `expected a header of at most ${MAX_HEADER_BYTES} bytes, got more`);
}

/** The header at the start of `head`, or where a line starts that does not end there. */
function parse(head: Uint8Array, whole: boolean): AedatHeader | { readonly endless: number } {
  const lines: string[] = [];
  let at = 0;
  while (at < head.length && head[at] === HASH) {
    let end = at;
    while (end < head.length && head[end]! >= TAB && head[end] !== NEWLINE) end++;
    if (end === head.length) return { endless: at };
    if (head[end] !== NEWLINE) return { lines, bytes: at };
    const line = latin1(head.subarray(at + 1, end)).trimEnd();
    lines.push(line);
    at = end + 1;
    if (line === "!END-HEADER" || /^End Of ASCII Header/i.test(line)) return { lines, bytes: at };
  }
  return at === head.length && !whole ? { endless: at } : { lines, bytes: at };
}

/** What follows the first line that starts with `key`, trimmed; undefined if there is none. */
export function fieldOf({ lines }: AedatHeader, key: RegExp): string | undefined {
  for (const line of lines) {
    const found = key.exec(line);
    if (found !== null) return line.slice(found.index + found[0].length).trim();
  }
  return undefined;
}
