/** The recording that a command reads: a file, standard input or a live source. */
import { stat } from "node:fs/promises";
import {
  crop,
  type Events,
  type EventStream,
  indexAtTime,
  isLiveAddress,
  limit,
  type LiveRecording,
  type OpenOptions,
  type Recording,
  sliceEvents,
} from "../../../../src/events/index.ts";
import { openLive, openRecording } from "../../../../src/events/node.ts";
import type { Context } from "../../context.ts";
import type { InputOptions, TimePoint } from "../../events-options.ts";
import { InputError, reading } from "../../faults.ts";
import { type Progress, startProgress } from "../../progress.ts";
import { readingAll } from "../watched-stream.ts";

/** A recording, opened. */
export type Input = {
  /** As messages call it. */
  readonly name: string;
  readonly recording: Recording | LiveRecording;
  /** The part that was asked for; faults name the file, and an interrupt ends it. */
  readonly stream: EventStream;
  /** Releases the source. */
  close(): Promise<void>;
};

/** Milliseconds after which a command shows how far it is. */
const PATIENCE_MS = 1000;

/**
 * Opens what a command reads.
 *
 * @param path - a file, `-`, or the address of a live source
 * @param more - callbacks for what cameras record besides events
 */
export async function openInput(
  path: string,
  options: InputOptions,
  context: Context,
  more: Pick<OpenOptions, "onFrame" | "onImu" | "onTrigger"> = {},
): Promise<Input> {
  const name = path === "-" ? "standard input" : path;
  const live = isLiveAddress(path);
  const open = {
    file: name,
    signal: context.signal,
    ...more,
    ...(options.recover === true ? { mode: "recover" as const } : {}),
    ...(options.from === undefined ? {} : { format: options.from }),
    ...(options.size === undefined ? {} : { sensor: options.size }),
  };
  const recording = await reading(name, () =>
    live
      ? openLive(path, {
          ...open,
          policy: options.policy,
          datagramFormat: options.udp,
          ...(options.idle === undefined ? {} : { idleMs: 1000 * options.idle }),
          clockUs: () => Math.round(1000 * context.now()),
          onListening: (port) => void context.stderr.write(`saccade: ${path}: listening on port ${port}\n`),
        })
      : openRecording(path, open),
  );
  try {
    const bytes = live || path === "-" ? undefined : (await stat(path)).size;
    const stream = await reading(name, () => selected(recording, name, options));
    return {
      name,
      recording,
      stream: { ...stream, [Symbol.asyncIterator]: () => watched(name, recording, stream, bytes, context) },
      close: () => recording.close(),
    };
  } catch (error) {
    await recording.close();
    throw error;
  }
}

/** The part of a recording that the options ask for. */
function selected(
  recording: Recording,
  name: string,
  { start, end, region, maxEvents }: InputOptions,
): EventStream {
  let stream: EventStream = recording;
  if (start !== undefined || end !== undefined) stream = between(stream, name, start, end);
  if (region !== undefined) stream = crop(stream, region);
  if (maxEvents !== undefined) stream = limit(stream, maxEvents);
  // Getters of a recording do not survive being spread.
  return {
    format: recording.format,
    sensor: stream.sensor,
    [Symbol.asyncIterator]: () => stream[Symbol.asyncIterator](),
  };
}

/** Events of a time range whose ends may count from the first event. */
function between(stream: EventStream, name: string, start?: TimePoint, end?: TimePoint): EventStream {
  async function* parts(): AsyncGenerator<Events> {
    let first: number | undefined;
    for await (const batch of stream) {
      if (batch.t.length === 0) continue;
      first ??= batch.t[0]!;
      const at = (point: TimePoint | undefined, otherwise: number) =>
        point === undefined ? otherwise : point.us + (point.relative ? first! : 0);
      const [from, to] = [at(start, 0), at(end, Infinity)];
      if (from > to) throw new InputError(name, `expected --start before --end, got ${from} and ${to} µs`);
      const part = sliceEvents(batch, indexAtTime(batch, from), indexAtTime(batch, to));
      if (part.t.length > 0) yield part;
      if (batch.t.at(-1)! >= to) return;
    }
  }
  return { format: stream.format, sensor: stream.sensor, [Symbol.asyncIterator]: parts };
}

/**
 * The events; shows how far it is where that takes long, and stops when it is told to. What came from a live source until
 * then is all that there is of it, and no reason to throw it away.
 */
async function* watched(
  name: string,
  recording: Recording,
  stream: EventStream,
  bytes: number | undefined,
  { stderr, now, signal }: Context,
): AsyncGenerator<Events> {
  const live = "drops" in recording;
  const started = now();
  let progress: Progress | undefined;
  try {
    for await (const batch of readingAll(name, stream)) {
      if (!live) signal.throwIfAborted();
      if (bytes !== undefined && stderr.isTTY === true && now() - started > PATIENCE_MS) {
        progress ??= startProgress(stderr, { label: name, total: megabytes(bytes), unit: "MB", now });
        progress.update(megabytes(recording.offset));
      }
      yield batch;
    }
    if (!live) signal.throwIfAborted();
  } catch (error) {
    if (!live || !signal.aborted) throw error;
  } finally {
    progress?.close();
  }
}

/** Tells on standard error what was left out of a recording, if anything was. */
export function tellLosses({ name, recording }: Input, { stderr }: Context): void {
  const { count, droppedEvents, droppedBytes, faults } = recording.report;
  if (count > 0) {
    const first = faults[0] === undefined ? "" : `; the first at byte ${faults[0].offset}: ${faults[0].what}`;
    stderr.write(
      `saccade: ${name}: ${count} ${count === 1 ? "fault" : "faults"}, left out ${droppedEvents} events and ${droppedBytes} bytes${first}\n`,
    );
  }
  if ("drops" in recording && recording.drops.events > 0) {
    const { events, batches } = recording.drops;
    stderr.write(`saccade: ${name}: not read in time: ${events} events in ${batches} batches\n`);
  }
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e4) / 100;
}
