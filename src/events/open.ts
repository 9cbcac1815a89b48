/** Opening a recording: the format is told by its content, never by its name. */
import { ArgumentError, FormatError } from "../core/index.ts";
import { partOf } from "./filter.ts";
import { type EventFormat, SIGNATURE_BYTES } from "./formats/format.ts";
import { FORMATS } from "./formats/index.ts";
import type { OpenOptions, Recording } from "./recording.ts";
import { type ByteInput, ByteSource } from "./source.ts";

/** Names of the formats that are read, as `Recording.format` has them. */
export const formatNames: readonly string[] = FORMATS.flatMap(({ names }) => names);

/**
 * Opens a recording of events. Its format is told by its first bytes; see `formatNames`.
 *
 * @param input - the bytes: a source, an array, a blob, a file, a stream, or an async iterable of chunks
 * @param options - how to read, and which part of the recording
 * @returns the recording; iterate over it once
 * @throws FormatError if the bytes are no recording or its header is broken
 * @throws UnsupportedError if the format is known but this kind of it is not read
 * @throws ArgumentError if an option is out of its range
 */
export async function openEvents(
  input: ByteSource | ByteInput,
  options: OpenOptions = {},
): Promise<Recording> {
  const source = input instanceof ByteSource ? input : new ByteSource(input);
  try {
    const format = options.format === undefined ? await sniff(source, options.file) : named(options.format);
    return part(await format.open(source, options), options);
  } catch (error) {
    await source.close();
    throw error;
  }
}

function named(name: string): EventFormat {
  const format = FORMATS.find(({ names }) => names.includes(name));
  if (format !== undefined) return format;
  throw new ArgumentError(
    `openEvents: expected a format of ${formatNames.join(", ")}, got ${JSON.stringify(name)}`,
  );
}

/** The format of the bytes. Consumes nothing, and asks for more bytes only as long as no format matches. */
async function sniff(source: ByteSource, file: string | undefined): Promise<EventFormat> {
  for (const format of FORMATS) {
    if (format.matches(await source.peek(format.headBytes ?? SIGNATURE_BYTES))) return format;
  }
  const head = await source.peek(16);
  const start = head.length === 0 ? "an empty file" : JSON.stringify(String.fromCharCode(...head));
  throw new FormatError("events", 0, `expected a recording (${formatNames.join(", ")}), got ${start}`, file);
}

/** The part of a recording that the options ask for. */
function part(recording: Recording, options: OpenOptions): Recording {
  const stream = partOf(recording, options);
  if (stream === recording) return recording;
  return {
    format: recording.format,
    sensor: stream.sensor,
    report: recording.report,
    get offset() {
      return recording.offset;
    },
    close: () => recording.close(),
    [Symbol.asyncIterator]: () => stream[Symbol.asyncIterator](),
  };
}
