/** Generic events of Event Stream 2: a time and any bytes, such as marks and measurements beside a recording. */
import { FormatError, UnsupportedError } from "../../../core/index.ts";
import { type ByteInput, ByteSource } from "../../source.ts";
import { TYPE } from "./layout.ts";
import { readType } from "./start.ts";

/** An event without a pixel. */
export type GenericEvent = {
  /** Time of the event, µs. */
  readonly tUs: number;
  readonly payload: Uint8Array;
};

/** A byte that adds so many microseconds, and one that does nothing; others are times themselves. */
const OVERFLOW = 0xff;
const OVERFLOW_US = 254;
const RESET = 0xfe;

/** Bytes of a length: 7 bits each, the lowest first; bit 0 says whether another follows. */
const MAX_LENGTH_BYTES = 4;

/**
 * Reads the generic events of an Event Stream file, one by one. Closes the input when they end or are left.
 *
 * @param input - the bytes, as of `openEvents`
 * @param options - `file`: name of the file, for errors
 * @throws FormatError if the file is no Event Stream, or ends within an event
 * @throws UnsupportedError if the stream is of another version or type
 */
export async function* readGenericEvents(
  input: ByteSource | ByteInput,
  { file }: { readonly file?: string } = {},
): AsyncGenerator<GenericEvent> {
  const source = input instanceof ByteSource ? input : new ByteSource(input);
  try {
    const type = await readType(source, file);
    if (type !== TYPE.generic) {
      throw new UnsupportedError(`${file ?? "es"}: expected generic events (type 0), got type ${type}`);
    }
    let tUs = 0;
    for (;;) {
      const [first] = await source.read(1);
      if (first === undefined) return;
      if (first === RESET) continue;
      tUs += first === OVERFLOW ? OVERFLOW_US : first;
      if (first === OVERFLOW) continue;
      yield { tUs, payload: await readPayload(source, file) };
    }
  } finally {
    await source.close();
  }
}

async function readPayload(source: ByteSource, file: string | undefined): Promise<Uint8Array> {
  let length = 0;
  for (let i = 0; ; i++) {
    const at = source.offset;
    const [byte] = await source.read(1);
    if (byte === undefined || i === MAX_LENGTH_BYTES) {
      const got = byte === undefined ? "the end" : "more";
      throw new FormatError(
        "es",
        at,
        `expected a length of 1 to ${MAX_LENGTH_BYTES} bytes, got ${got}`,
        file,
      );
    }
    length |= (byte >> 1) << (7 * i);
    if ((byte & 1) === 0) break;
  }
  const at = source.offset;
  const payload = await source.read(length);
  if (payload.length < length) {
    throw new FormatError("es", at, `expected ${length} bytes of an event, got ${payload.length}`, file);
  }
  return payload.slice();
}
