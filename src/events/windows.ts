/** A recording in consecutive windows of equal time. */
import { ArgumentError, FormatError } from "../core/index.ts";
import type { Events, EventStream } from "./columns.ts";
import { indexAtTime } from "./filter.ts";
import { sliceEvents } from "./join.ts";
import type { Recording } from "./recording.ts";

/** One window of time, and its events. */
export type EventWindow = {
  /** Start, in µs. */
  readonly startUs: number;
  /** End, in µs; events lie before it. */
  readonly endUs: number;
  /** The events of the window, in batches as they were read; none for an empty window. */
  readonly events: readonly Events[];
  /** False for the last window: the recording may have ended within it. */
  readonly whole: boolean;
};

/** Options of {@link windows}. */
export type WindowOptions = {
  /** Length of a window, in µs; an integer. */
  readonly windowUs: number;
  /** Start of the first window, in µs; the time of the first event by default. Events before it are passed over. */
  readonly startUs?: number;
  /** Windows without an event that may follow one another, 100,000 by default; see {@link windows}. */
  readonly maxEmptyWindows?: number;
};

/**
 * Cuts a stream into consecutive windows `[startUs + k·windowUs, startUs + (k+1)·windowUs)`. Every window is delivered,
 * also without events, as soon as an event after it has been read; the last one, with `whole: false`, when the stream
 * ends. Holds the events of one window and one batch. A stream without events has no windows.
 *
 * A broken time stamp can lie years ahead. Rather than deliver empty windows for years, a silence of more than
 * `maxEmptyWindows` windows is an error.
 *
 * @throws ArgumentError if an option is out of its range
 * @throws FormatError if a silence is too long; its offset is how far the recording was read, 0 if that is unknown
 */
export async function* windows(stream: EventStream, options: WindowOptions): AsyncGenerator<EventWindow> {
  const { windowUs, startUs, maxEmptyWindows = 100_000 } = options;
  if (!(Number.isSafeInteger(windowUs) && windowUs > 0)) {
    throw new ArgumentError(`windows: expected windowUs of 1 or more, an integer, got ${windowUs}`);
  }
  if (startUs !== undefined && !Number.isSafeInteger(startUs)) {
    throw new ArgumentError(`windows: expected an integer startUs, got ${startUs}`);
  }
  let start = startUs;
  let held: Events[] = [];
  for await (const batch of stream) {
    let rest =
      startUs === undefined ? batch : sliceEvents(batch, indexAtTime(batch, startUs), batch.t.length);
    while (rest.t.length > 0) {
      const first = rest.t[0]!;
      start ??= first;
      const empty = Math.floor((first - start) / windowUs) - 1;
      if (empty > maxEmptyWindows) {
        const most = `expected an event within ${maxEmptyWindows} windows of ${windowUs} µs from ${start} µs on`;
        throw new FormatError(
          stream.format,
          (stream as Partial<Recording>).offset ?? 0,
          `${most}, got the next at ${first} µs`,
        );
      }
      while (first >= start + windowUs) {
        yield { startUs: start, endUs: start + windowUs, events: held, whole: true };
        held = [];
        start += windowUs;
      }
      const end = indexAtTime(rest, start + windowUs);
      held.push(sliceEvents(rest, 0, end));
      rest = sliceEvents(rest, end, rest.t.length);
    }
  }
  if (start !== undefined && held.length > 0) {
    yield { startUs: start, endUs: start + windowUs, events: held, whole: false };
  }
}
