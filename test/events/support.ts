/** What the tests of events share: random events, small recordings, and ways to read them. */
import fc from "fast-check";
import type { Random } from "../../src/core/index.ts";
import {
  type Events,
  type FilePiece,
  joinEvents,
  type OpenOptions,
  openEvents,
  type Patch,
  type SensorSize,
} from "../../src/events/index.ts";

export const DATA = process.env["SACCADE_DATA"];

/** Events given as rows `[t, x, y, on]`. */
export function eventsOf(rows: readonly (readonly [number, number, number, number])[]): Events {
  return {
    t: Float64Array.from(rows, (r) => r[0]),
    x: Uint16Array.from(rows, (r) => r[1]),
    y: Uint16Array.from(rows, (r) => r[2]),
    on: Uint8Array.from(rows, (r) => r[3]),
  };
}

/** An event as a row `[t, x, y, on]`. */
export type Row = readonly [number, number, number, number];

/** The rows of events, as {@link eventsOf} takes them. */
export function rowsOf({ t, x, y, on }: Events): Row[] {
  return Array.from(t, (time, i) => [time, x[i]!, y[i]!, on[i]!] as const);
}

/** Items by key, in the order of the first of each. */
export function groupsOf<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

/** Seeded events, `gapUs` apart at most. */
export function randomEvents(
  random: Random,
  count: number,
  sensor: SensorSize,
  gapUs = 20,
  startUs = 0,
): Events {
  let t = startUs;
  return eventsOf(
    Array.from({ length: count }, () => {
      t += random.integer(0, gapUs + 1);
      return [
        t,
        random.integer(0, sensor.width),
        random.integer(0, sensor.height),
        random.integer(0, 2),
      ] as const;
    }),
  );
}

/** Any events on a sensor, with runs of neighbours and equal times among them. */
export function anyEvents(sensor: SensorSize, maxGapUs = 5000): fc.Arbitrary<Events> {
  const row = fc.record({
    gap: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: maxGapUs })),
    x: fc.nat(sensor.width - 1),
    y: fc.nat(sensor.height - 1),
    on: fc.nat(1),
    run: fc.nat(20),
  });
  return fc.array(row, { maxLength: 60 }).map((rows) => {
    let t = 0;
    return eventsOf(
      rows.flatMap(({ gap, x, y, on, run }) => {
        t += gap;
        const length = Math.min(1 + run, sensor.width - x);
        return Array.from({ length }, (_, i) => [t, x + i, y, on] as const);
      }),
    );
  });
}

/** The bytes of a file given piece by piece, patches included. */
export async function bytesOf(pieces: AsyncIterable<FilePiece>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const patches: Patch[] = [];
  for await (const piece of pieces) {
    if (piece instanceof Uint8Array) parts.push(piece);
    else patches.push(piece);
  }
  const bytes = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  for (const patch of patches) bytes.set(patch.bytes, patch.at);
  return bytes;
}

/** A byte array in chunks of a size. */
export async function* chunked(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** A byte array in chunks of a size, then nothing, as of a camera that is silent. */
export async function* live(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  yield* chunked(bytes, size);
  await new Promise(() => {});
}

/** All events of a recording. */
export async function readAll(bytes: Uint8Array, options: OpenOptions = {}) {
  const recording = await openEvents(bytes, options);
  const batches: Events[] = [];
  for await (const batch of recording) batches.push(batch);
  return { recording, batches, events: joinEvents(batches) };
}

/** What a reading ends with: all of its events and the error that stopped it, if any. */
export async function readUntilError(bytes: Uint8Array, options: OpenOptions = {}) {
  const batches: Events[] = [];
  try {
    for await (const batch of await openEvents(bytes, options)) batches.push(batch);
    return { events: joinEvents(batches), error: undefined };
  } catch (error) {
    return { events: joinEvents(batches), error };
  }
}

/** Whether two batches hold the same events; quick for large ones. */
export function sameEvents(a: Events, b: Events): boolean {
  return (["t", "x", "y", "on"] as const).every(
    (name) => a[name].length === b[name].length && a[name].every((value, i) => value === b[name][i]),
  );
}
