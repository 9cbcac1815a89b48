/** Opening a recording: the format is told by its content, never by its name. */
import { FormatError, UnsupportedError } from "../core/index.ts";
import { openAedat4 } from "./formats/aedat4/decode.ts";
import { openEvt3 } from "./formats/evt3/decode.ts";
import { encodingOf, MAX_HEADER_BYTES, parseHeader } from "./formats/prophesee.ts";
import type { OpenOptions, Recording } from "./recording.ts";
import { type ByteInput, ByteSource } from "./source.ts";

/** A reader of one format. */
type Open = (source: ByteSource, options: OpenOptions) => Promise<Recording>;

const READERS: Readonly<Record<string, Open>> = { aedat4: openAedat4, evt3: openEvt3 };

/** First bytes of the formats that are told by them, one character a byte. */
const SIGNATURES: readonly (readonly [string, string])[] = [
  ["#!AER-DAT4.0\r\n", "aedat4"],
  ["#!AER-DAT1", "aedat1"],
  ["#!AER-DAT2", "aedat2"],
  ["#!AER-DAT3", "aedat3"],
  ["Event Stream", "es"],
  ["\x89HDF\r\n\x1a\n", "hdf5"],
  ["\x93NUMPY", "npy"],
  ["PK\x03\x04", "npz"],
  ["MATLAB 5.0 MAT-file", "mat"],
  ["#ROSBAG V", "rosbag"],
];

/**
 * Opens a recording of events, of a format that its first bytes tell: AEDAT 4.0 or Prophesee EVT 3.0.
 *
 * @param input - the bytes: a source, an array, a stream (`blob.stream()`), or an async iterable of chunks
 * @param options - `mode`: what to do with faults, `"strict"` by default; `file`: a name for error messages
 * @returns the recording; iterate over it once
 * @throws FormatError if the bytes are no recording or its header is broken
 * @throws UnsupportedError if the format is known but not read
 */
export async function openEvents(
  input: ByteSource | ByteInput,
  options: OpenOptions = {},
): Promise<Recording> {
  const source = input instanceof ByteSource ? input : new ByteSource(input);
  try {
    const format = await sniff(source, options.file);
    const open = READERS[format];
    if (open === undefined) {
      throw new UnsupportedError(
        `${options.file ?? "openEvents"}: expected one of ${Object.keys(READERS).join(", ")}, got ${format}`,
      );
    }
    return await open(source, options);
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** Name of the format, lower case, such as `evt3`. Consumes nothing. */
async function sniff(source: ByteSource, file: string | undefined): Promise<string> {
  const head = await source.peek(64);
  const text = String.fromCharCode(...head);
  const found = SIGNATURES.find(([signature]) => text.startsWith(signature));
  if (found !== undefined) return found[1];
  if (text.startsWith("% ")) {
    const header = parseHeader(await source.peek(MAX_HEADER_BYTES));
    if ("endless" in header) {
      throw new FormatError("events", header.endless, "expected a header line that ends, got none", file);
    }
    const encoding = encodingOf(header);
    if (encoding !== "") return encoding.toLowerCase();
    throw new FormatError(
      "events",
      header.bytes,
      "expected a line `% evt …` or `% format …`, got none",
      file,
    );
  }
  // Text files list events line by line: numbers in columns, maybe under a line of names.
  if (/^[ \t]*-?\d[-+.\deE]*[ \t,;]+-?\d[-+.\d eE\t,;]*(\r?\n|$)/.test(text)) return "text";
  const start = head.length === 0 ? "an empty file" : JSON.stringify(text.slice(0, 16));
  throw new FormatError(
    "events",
    0,
    `expected ${JSON.stringify("#!AER-DAT4.0\r\n")} or "% ", got ${start}`,
    file,
  );
}
