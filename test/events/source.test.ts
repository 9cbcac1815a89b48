import fc from "fast-check";
import { expect, suite, test } from "vitest";
import { encodeAedat4, encodeEvt3, type Events, ByteSource, openEvents } from "../../src/events/index.ts";
import { chunked, randomEvents } from "./support.ts";
import { Random } from "../../src/core/index.ts";

const BYTES = Uint8Array.from({ length: 500 }, (_, i) => i & 0xff);

suite("a byte source", () => {
  test("gives the same bytes whatever its chunks and the calls", async () => {
    const call = fc.tuple(fc.constantFrom("read", "peek", "skip", "some"), fc.nat(90));
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 60 }),
        fc.array(call, { maxLength: 30 }),
        async (size, calls) => {
          const source = new ByteSource(chunked(BYTES, size));
          let at = 0;
          for (const [kind, length] of calls) {
            if (kind === "peek") {
              expect([...(await source.peek(length))]).toEqual([...BYTES.subarray(at, at + length)]);
            } else if (kind === "skip") {
              const count = await source.skip(length);
              expect(count).toBe(Math.min(length, BYTES.length - at));
              at += count;
            } else {
              const got = kind === "read" ? await source.read(length) : await source.readSome();
              expect([...got]).toEqual([...BYTES.subarray(at, at + got.length)]);
              if (kind === "read") expect(got.length).toBe(Math.min(length, BYTES.length - at));
              else if (at < BYTES.length) expect(got.length).toBeGreaterThan(0);
              at += got.length;
            }
            expect(source.offset).toBe(at);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  test("pulls no more than it is asked for, and releases its input when closed", async () => {
    let pulled = 0;
    let released = false;
    async function* chunks() {
      try {
        for (;;) {
          pulled++;
          yield new Uint8Array(10);
        }
      } finally {
        released = true;
      }
    }
    const source = new ByteSource(chunks());
    expect(pulled).toBe(0);
    await source.read(25);
    expect(pulled).toBe(3);
    expect(source.held).toBe(5);
    await source.close();
    expect(released).toBe(true);
    expect((await source.read(5)).length).toBe(0);
  });

  test("reads browser streams and cancels them", async () => {
    let cancelled = false;
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(8)),
      cancel: () => {
        cancelled = true;
      },
    });
    const source = new ByteSource(stream);
    expect((await source.read(20)).length).toBe(20);
    await source.close();
    expect(cancelled).toBe(true);
  });
});

suite("a long recording", () => {
  const sensor = { width: 320, height: 240 };
  const BATCHES = 300;

  /** 300 batches of 10,000 events: 3 million, 48 MB of AEDAT4 uncompressed. */
  function* batches(): Generator<Events> {
    const events = randomEvents(new Random("long"), 10_000, sensor);
    const length = events.t[events.t.length - 1]! + 1;
    for (let k = 0; k < BATCHES; k++) yield { ...events, t: events.t.map((t) => t + k * length) };
  }

  test.each([
    ["evt3", () => encodeEvt3(sensor, batches())],
    ["aedat4", () => encodeAedat4(sensor, batches(), { compression: "none" })],
  ])("of %s is read as it is written, without running ahead", async (_, encode) => {
    let written = 0;
    let most = 0;
    async function* counted() {
      for await (const piece of encode()) {
        written += piece.length;
        yield piece;
      }
    }
    const recording = await openEvents(counted());
    let count = 0;
    for await (const { t } of recording) {
      count += t.length;
      most = Math.max(most, written - recording.offset);
    }
    expect(count).toBe(BATCHES * 10_000);
    expect(written).toBeGreaterThan(5e6);
    expect(most).toBeLessThan(1 << 20);
  });

  test("left early releases its source", async () => {
    let released = false;
    async function* watched() {
      try {
        yield* encodeEvt3(sensor, batches());
      } finally {
        released = true;
      }
    }
    for await (const _ of await openEvents(watched())) break;
    expect(released).toBe(true);
  });
});
