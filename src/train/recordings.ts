/** Real recordings of a folder, held in memory. */
import { ArgumentError, FormatError } from "../core/index.ts";
import type { Folder } from "../data/index.ts";
import { type Events, joinEvents, openEvents, type SensorSize } from "../events/index.ts";

/** Events that are held at most, of all recordings together: 13 bytes each. */
const MAX_EVENTS = 2 ** 26;

/** A recording that is held in memory. */
export type HeldRecording = {
  /** The name of its file. */
  readonly name: string;
  readonly sensor: SensorSize;
  /** In order of time; one or more. */
  readonly events: Events;
};

/**
 * Reads the recordings of a folder: every file that lies in it, but for hidden ones.
 *
 * @param options.signal - ends the reading with its reason
 * @throws FormatError, UnsupportedError naming a file that is no recording, is broken, or has no events
 * @throws ArgumentError if there is no recording, or they hold more than 67,108,864 events together
 */
export async function readRecordings(
  folder: Folder,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<HeldRecording[]> {
  const recordings: HeldRecording[] = [];
  let held = 0;
  for (const { name, isFolder } of (await folder.list("")) ?? []) {
    const bytes = isFolder || name.startsWith(".") ? undefined : await folder.open(name);
    if (bytes === undefined) continue;
    const file = folder.pathOf(name) ?? name;
    const recording = await openEvents(bytes, { file });
    const batches: Events[] = [];
    for await (const batch of recording) {
      signal?.throwIfAborted();
      held += batch.t.length;
      if (held > MAX_EVENTS) {
        throw new ArgumentError(
          `${folder.name}: expected recordings of at most ${MAX_EVENTS} events, got more`,
        );
      }
      batches.push(batch);
    }
    const events = joinEvents(batches);
    if (events.t.length === 0) {
      throw new FormatError(recording.format, recording.offset, "expected events, got none", file);
    }
    recordings.push({ name, sensor: recording.sensor, events });
  }
  if (recordings.length === 0) {
    throw new ArgumentError(`${folder.name}: expected recordings of events, got none`);
  }
  return recordings;
}
