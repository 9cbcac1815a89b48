/** A recording that comes from a live source. */
import type { Events } from "../columns.ts";
import { openEvents } from "../open.ts";
import type { OpenOptions, Recording } from "../recording.ts";
import { ByteSource } from "../source.ts";
import { IO_HEADER, VERSION_LINE } from "../formats/aedat4/layout.ts";
import { BatchQueue, type DropPolicy, type Drops } from "./queue.ts";

/** A recording that is read while it is made. */
export interface LiveRecording extends Recording {
  /** What was dropped because the reader was too slow. */
  readonly drops: Drops;
}

/** Options of every live source, besides those of opening a recording. */
export type LiveOptions = OpenOptions & {
  /** What happens when the reader is too slow; `"block"` by default, for UDP and browsers `"drop-oldest"`. */
  readonly policy?: DropPolicy | undefined;
  /** Events that may wait for the reader; 1,048,576 by default. */
  readonly queueEvents?: number | undefined;
};

/** Bytes that come by themselves, and how to stop them. */
export type LiveBytes = {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Ends `chunks`, also where it waits. */
  readonly stop: () => void;
};

/**
 * Opens bytes of a live source as a recording of any format that is read from front to back; see `openEvents`. AEDAT 4.0
 * may begin with its `IOHeader`, without the version line of a file, as iniVation's software sends it.
 *
 * @param live - the bytes
 * @throws as `openEvents`
 */
export async function openLiveBytes(live: LiveBytes, options: LiveOptions = {}): Promise<LiveRecording> {
  const { policy = "block", queueEvents, ...rest } = options;
  // Made first: its options may be wrong.
  const queue = new BatchQueue(policy, queueEvents);
  try {
    const recording = await openEvents(new ByteSource(withVersionLine(live.chunks)), rest);
    if (policy === "block") return liveRecording(recording, recording, queue, live.stop);
    void pump(recording, queue);
    return liveRecording(recording, queue, queue, live.stop);
  } catch (error) {
    live.stop();
    throw error;
  }
}

async function pump(batches: AsyncIterable<Events>, queue: BatchQueue): Promise<void> {
  try {
    for await (const batch of batches) await queue.push(batch);
    queue.end();
  } catch (error) {
    queue.end(error);
  }
}

/**
 * Puts a recording together.
 *
 * @param about - its format, sensor and report
 * @param stop - releases the source, also where it waits
 */
export function liveRecording(
  about: Pick<Recording, "format" | "sensor" | "report" | "offset">,
  batches: AsyncIterable<Events>,
  queue: BatchQueue,
  stop: () => void,
): LiveRecording {
  async function* read(): AsyncGenerator<Events> {
    try {
      yield* batches;
    } finally {
      stop();
      queue.end();
    }
  }
  const iterator = read();
  return {
    format: about.format,
    sensor: about.sensor,
    report: about.report,
    drops: queue.drops,
    get offset() {
      return about.offset;
    },
    close: () => {
      stop();
      queue.end();
      return Promise.resolve();
    },
    [Symbol.asyncIterator]: () => iterator,
  };
}

/** The bytes, with the version line of AEDAT 4.0 before a header that comes without. */
async function* withVersionLine(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let head: Uint8Array | undefined = new Uint8Array(0);
  for await (const chunk of chunks) {
    if (head === undefined) {
      yield chunk;
      continue;
    }
    const joined: Uint8Array = new Uint8Array(head.length + chunk.length);
    joined.set(head);
    joined.set(chunk, head.length);
    head = joined;
    if (couldBeHeader(head) && head.length < HEADER_MARK) continue;
    if (couldBeHeader(head)) yield new TextEncoder().encode(VERSION_LINE);
    yield head;
    head = undefined;
  }
  if (head !== undefined && head.length > 0) yield head;
}

/** Bytes of a size-prefixed flatbuffer up to the end of its identifier. */
const HEADER_MARK = 12;

/** Whether a stream may begin with a size-prefixed `IOHeader`: as far as its bytes are there, they agree. */
function couldBeHeader(head: Uint8Array): boolean {
  if (head.length >= 2 && head[0] === 0x23 && head[1] === 0x21) return false;
  if (head.length < HEADER_MARK) return head.length < 4 || (head[2]! < 0x20 && head[3] === 0);
  return Array.from(IO_HEADER.identifier).every((letter, i) => head[8 + i] === letter.charCodeAt(0));
}
