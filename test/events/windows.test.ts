import fc from "fast-check";
import { expect, suite, test } from "vitest";
import { ArgumentError, FormatError } from "../../src/core/index.ts";
import {
  crop,
  cut,
  type Events,
  type EventStream,
  type EventWindow,
  indexAtTime,
  joinEvents,
  LastEvents,
  sliceEvents,
  type WindowOptions,
  windows,
} from "../../src/events/index.ts";
import { anyEvents, eventsOf } from "./support.ts";

const SENSOR = { width: 16, height: 12 };

/** A stream of batches of a size. */
function streamOf(events: Events, size = 7): EventStream {
  return {
    format: "test",
    sensor: SENSOR,
    async *[Symbol.asyncIterator]() {
      for (let at = 0; at < events.t.length; at += size) {
        yield sliceEvents(events, at, Math.min(at + size, events.t.length));
      }
    },
  };
}

async function listOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

const all = async (stream: EventStream) => joinEvents(await listOf(stream));
const at = (...times: number[]) => eventsOf(times.map((t) => [t, 1, 1, 1] as const));
const windowed = (events: Events, options: WindowOptions): Promise<EventWindow[]> =>
  listOf(windows(streamOf(events), options));

suite("windows", () => {
  test("follow one another without a gap and hold every event once, in its place", async () => {
    await fc.assert(
      fc.asyncProperty(anyEvents(SENSOR, 300), fc.integer({ min: 1, max: 500 }), async (events, windowUs) => {
        const list = await windowed(events, { windowUs });
        expect(joinEvents(list.flatMap((w) => w.events))).toEqual(events);
        list.forEach(({ startUs, endUs, events: batches, whole }, i) => {
          expect(endUs - startUs).toBe(windowUs);
          if (i > 0) expect(startUs).toBe(list[i - 1]!.endUs);
          expect(whole).toBe(i < list.length - 1);
          for (const { t } of batches) expect(t.every((time) => time >= startUs && time < endUs)).toBe(true);
        });
      }),
      { numRuns: 60 },
    );
  });

  test("without an event are delivered, and the last one says that it may be cut short", async () => {
    const list = await windowed(at(100, 130), { windowUs: 10 });
    expect(list.map((w) => [w.startUs, w.events.length, w.whole])).toEqual([
      [100, 1, true],
      [110, 0, true],
      [120, 0, true],
      [130, 1, false],
    ]);
  });

  test("may start anywhere; events before are passed over", async () => {
    const list = await windowed(at(5, 15, 25), { windowUs: 10, startUs: 12 });
    expect(list.map((w) => [w.startUs, joinEvents(w.events).t.length])).toEqual([
      [12, 1],
      [22, 1],
    ]);
    expect((await windowed(at(25), { windowUs: 10, startUs: 0 })).length).toBe(3);
  });

  test("of a stream without events are none", async () => {
    expect(await windowed(at(), { windowUs: 10, startUs: 0 })).toEqual([]);
  });

  test("are not delivered for years: a time that jumps is an error", async () => {
    await expect(windowed(at(0, 1e15), { windowUs: 1000 })).rejects.toThrow(FormatError);
    await expect(windowed(at(1e15), { windowUs: 1000, startUs: 0 })).rejects.toThrow(FormatError);
    await expect(windowed(at(0, 40), { windowUs: 10, maxEmptyWindows: 2 })).rejects.toThrow(FormatError);
    expect((await windowed(at(0, 40), { windowUs: 10, maxEmptyWindows: 3 })).length).toBe(5);
  });

  test.each([{ windowUs: 0 }, { windowUs: 1.5 }, { windowUs: Number.NaN }, { windowUs: 5, startUs: 0.5 }])(
    "of %o are refused",
    async (options) => {
      await expect(windowed(at(0), options)).rejects.toThrow(ArgumentError);
    },
  );
});

suite("filters", () => {
  test("cut keeps the events of a range and stops reading after it", async () => {
    let read = 0;
    const stream = streamOf(at(...Array.from({ length: 100 }, (_, i) => i)), 10);
    const counted: EventStream = {
      ...stream,
      async *[Symbol.asyncIterator]() {
        for await (const batch of stream) {
          read++;
          yield batch;
        }
      },
    };
    const part = await all(cut(counted, { startUs: 15, endUs: 32 }));
    expect([...part.t]).toEqual(Array.from({ length: 17 }, (_, i) => 15 + i));
    expect(read).toBe(4);
    expect(() => cut(stream, { startUs: 2, endUs: 1 })).toThrow(ArgumentError);
  });

  test("crop keeps the events of a region, in its coordinates", async () => {
    await fc.assert(
      fc.asyncProperty(anyEvents(SENSOR), async (events) => {
        const cropped = crop(streamOf(events), { x: 3, y: 2, width: 5, height: 4 });
        expect(cropped.sensor).toEqual({ width: 5, height: 4 });
        const rows = [...events.t]
          .map(
            (t, i) =>
              [t, events.x[i]! - 3, events.y[i]! - 2, events.on[i]!] as [number, number, number, number],
          )
          .filter(([, x, y]) => x >= 0 && x < 5 && y >= 0 && y < 4);
        expect(await all(cropped)).toEqual(eventsOf(rows));
      }),
      { numRuns: 50 },
    );
    expect(() => crop(streamOf(at()), { x: 12, y: 0, width: 5, height: 4 })).toThrow(ArgumentError);
    expect(() => crop(streamOf(at()), { x: 0, y: 0, width: 0, height: 4 })).toThrow(ArgumentError);
  });

  test("indexAtTime finds the first event at a time or after it", () => {
    const events = at(1, 3, 3, 7);
    expect([0, 1, 2, 3, 4, 7, 8].map((t) => indexAtTime(events, t))).toEqual([0, 0, 1, 1, 3, 3, 4]);
  });

  test("LastEvents keeps as many events as it was told", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.nat(9), { maxLength: 12 }), { maxLength: 6 }),
        fc.integer({ min: 1, max: 9 }),
        (gaps, capacity) => {
          const last = new LastEvents(capacity);
          let t = 0;
          const times = gaps.map((batch) => batch.map((gap) => (t += gap)));
          for (const batch of times) last.add(at(...batch));
          expect([...last.take().t]).toEqual(times.flat().slice(-capacity));
        },
      ),
    );
    expect(() => new LastEvents(0)).toThrow(ArgumentError);
  });
});
