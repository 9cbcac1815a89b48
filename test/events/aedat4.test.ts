import fc from "fast-check";
import { ByteBuffer } from "flatbuffers";
import lz4js from "lz4js";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, suite, test } from "vitest";
import { ArgumentError, FormatError, Random, UnsupportedError } from "../../src/core/index.ts";
import {
  encodeAedat4,
  encodeEvents,
  type Events,
  type FilePiece,
  joinEvents,
  type Patch,
  type SensorSize,
} from "../../src/events/index.ts";
import { openRecording, writeRecording } from "../../src/events/node.ts";
import {
  anyEvents,
  bytesOf,
  eventsOf,
  randomEvents,
  readAll,
  readUntilError,
  sameEvents,
} from "./support.ts";

const SENSOR = { width: 346, height: 260 };
const encode = (
  events: Events[],
  sensor: SensorSize = SENSOR,
  compression: "none" | "lz4" | "lz4-high" = "none",
) => bytesOf(encodeAedat4(sensor, events, { compression }));

suite.each(["none", "lz4", "lz4-high"] as const)("AEDAT4 with compression %s", (compression) => {
  test.each([SENSOR, { width: 1280, height: 720 }, { width: 34, height: 34 }, { width: 1, height: 1 }])(
    "decode(encode(e)) = e on %o",
    async (sensor) => {
      await fc.assert(
        fc.asyncProperty(fc.array(anyEvents(sensor, 1e12), { maxLength: 1 }), async (batches) => {
          const { recording, events } = await readAll(await encode(batches, sensor, compression));
          expect(recording.format).toBe("aedat4");
          expect(recording.sensor).toEqual(sensor);
          expect(events).toEqual(batches[0] ?? eventsOf([]));
        }),
        { numRuns: 60 },
      );
    },
  );

  test("many events come back over several packets, at Unix times", async () => {
    const random = new Random("packets");
    const events = randomEvents(random, 100_000, SENSOR, 20, 1_633_953_690_975_950);
    const { events: back, batches } = await readAll(await encode([events], SENSOR, compression));
    expect(sameEvents(back, events)).toBe(true);
    expect(batches.length).toBe(4);
  });

  test("no event gives no batch", async () => {
    expect((await readAll(await encode([], SENSOR, compression))).batches).toEqual([]);
  });
});

suite("AEDAT4 files", () => {
  const one = eventsOf([[7, 3, 4, 1]]);

  test("are flatbuffers to the flatbuffers library", async () => {
    const bytes = await encode([
      eventsOf([
        [2 ** 40 + 7, 3, 4, 1],
        [2 ** 40 + 9, 5, 6, 0],
      ]),
    ]);
    const header = new ByteBuffer(bytes.subarray(14));
    const table = 4 + header.readInt32(4);
    const field = (buffer: ByteBuffer, at: number, slot: number) => at + buffer.__offset(at, 4 + 2 * slot);
    expect(header.readInt32(field(header, table, 0))).toBe(0);
    expect(header.readInt64(field(header, table, 1))).toBe(-1n);
    expect(header.__string(field(header, table, 2))).toContain("EVTS");
    const packetAt = 14 + 4 + header.readInt32(0);
    const packet = new ByteBuffer(bytes.subarray(packetAt + 8));
    const root = 4 + packet.readInt32(4);
    const elements = field(packet, root, 0);
    expect(packet.__vector_len(elements)).toBe(2);
    expect(packet.__vector(elements) % 8).toBe(0);
    const event = packet.__vector(elements) + 16;
    expect(packet.readInt64(event)).toBe(2n ** 40n + 9n);
    expect([packet.readInt16(event + 8), packet.readInt16(event + 10), packet.readInt8(event + 12)]).toEqual([
      5, 6, 0,
    ]);
  });

  test("cut anywhere give a FormatError, after the whole packets before the cut", async () => {
    const bytes = await encode(
      [one, one, one].map((e, i) => ({ ...e, t: Float64Array.of(i) })),
      SENSOR,
      "lz4",
    );
    const ends = packetEnds(bytes);
    for (let length = 0; length < bytes.length; length++) {
      const { events, error } = await readUntilError(bytes.subarray(0, length));
      expect(events.t.length).toBe(Math.max(0, ends.filter((end) => end <= length).length - 1));
      if (ends.includes(length)) expect(error).toBeUndefined();
      else expect(error).toBeInstanceOf(FormatError);
    }
  });

  test("cut within a packet are read up to it in recover mode, and the cut is reported", async () => {
    const bytes = await encode([one, one], SENSOR, "lz4");
    const { recording, events } = await readAll(bytes.subarray(0, bytes.length - 3), { mode: "recover" });
    expect(events.t.length).toBe(1);
    expect(recording.report.faults).toHaveLength(1);
    expect(recording.report.faults[0]!.offset).toBe(packetEnds(bytes)[1]);
    expect(recording.report.droppedBytes).toBeGreaterThan(0);
  });

  test("with events outside the sensor or back in time are errors, or lose just these", async () => {
    const bytes = await encode([
      eventsOf([
        [10, 1, 1, 1],
        [11, 2, 2, 1],
        [12, 3, 3, 0],
      ]),
    ]);
    const packet = packetEnds(bytes)[0]! + 8;
    const view = new DataView(bytes.buffer);
    view.setInt16(packet + 32 + 8, -1, true);
    view.setInt32(packet + 32 + 32, 5, true);
    const { error } = await readUntilError(bytes);
    expect(String(error)).toContain("expected an event within 346x260, got (65535, 1)");
    const { recording, events } = await readAll(bytes, { mode: "recover" });
    expect([...events.t]).toEqual([11]);
    expect(recording.report.droppedEvents).toBe(2);
    expect(recording.report.faults[1]!.what).toContain("expected a time from 11");
  });

  test("with other streams give the events alone", async () => {
    const bytes = await encode([one, one]);
    const [header, first] = packetEnds(bytes) as [number, number];
    const extra = Uint8Array.of(9, 0, 0, 0, 3, 0, 0, 0, 255, 255, 255);
    const file = joined(bytes.subarray(0, first), extra, bytes.subarray(first));
    expect((await readUntilError(file)).error).toBeInstanceOf(FormatError);
    const { recording, events } = await readAll(file, { mode: "recover" });
    expect(events.t.length).toBe(2);
    expect(recording.report.droppedBytes).toBe(11);
    expect(header).toBeGreaterThan(14);
  });

  test("with a broken packet lose that packet in recover mode", async () => {
    const bytes = await encode([one, one, one], SENSOR, "lz4");
    const ends = packetEnds(bytes);
    bytes[ends[1]! + 8 + 20]! ^= 0xff;
    const { recording, events } = await readAll(bytes, { mode: "recover" });
    expect(events.t.length).toBe(2);
    expect(recording.report.faults[0]!.offset).toBe(ends[1]);
  });

  test("of an unknown compression are refused", async () => {
    const bytes = await encode([]);
    new DataView(bytes.buffer).setInt32(14 + 32, 9, true);
    await expect(readAll(bytes)).rejects.toThrow(UnsupportedError);
  });

  test("cannot be written of events that do not fit", async () => {
    await expect(encode([eventsOf([[1, 346, 0, 1]])])).rejects.toThrow(ArgumentError);
    await expect(
      encode([
        eventsOf([
          [2, 0, 0, 1],
          [1, 0, 0, 1],
        ]),
      ]),
    ).rejects.toThrow(ArgumentError);
    await expect(encode([], { width: 0, height: 5 })).rejects.toThrow(ArgumentError);
  });
});

suite("AEDAT4 files with a table of packets", () => {
  const random = new Random("table");
  const batches = [0, 1, 2].map((k) => randomEvents(random, 40_000 * k + 10, SENSOR, 5, 2e15 + k * 1e6));

  test.each(["none", "lz4", "lz4-high"] as const)(
    "say of each packet where and what it is, %s",
    async (compression) => {
      const { stream, file } = await written(encodeAedat4(SENSOR, batches, { compression, table: true }));
      const table = tableOf(file);
      expect(table.map(({ numElements }) => numElements)).toEqual([10, 32768, 7242, 32768, 32768, 14474]);
      expect(table.reduce((sum, { numElements }) => sum + numElements, 0)).toBe(120_030);
      let at = packetEnds(stream)[0]!;
      for (const { byteOffset, size, streamId } of table) {
        expect([byteOffset, streamId]).toEqual([at + 8, 0]);
        expect(new DataView(stream.buffer).getUint32(at + 4, true)).toBe(size);
        at += 8 + size;
      }
      expect(at).toBe(stream.length);
      const [first, , last] = batches;
      expect(table[0]!.timestampStart).toBe(first!.t[0]);
      expect(table.at(-1)!.timestampEnd).toBe(last!.t.at(-1));
      const { events, recording } = await readAll(file);
      expect(sameEvents(events, joinEvents(batches))).toBe(true);
      expect(recording.report.count).toBe(0);
    },
  );

  test("are the file without it, where patches are dropped", async () => {
    const { stream } = await written(encodeAedat4(SENSOR, batches, { table: true }));
    expect(Buffer.compare(stream, await bytesOf(encodeAedat4(SENSOR, batches)))).toBe(0);
    expect((await readAll(stream)).events.t.length).toBe(120_030);
  });

  test("are what writeRecording writes unless it is refused, and encodeEvents if it is asked for", async () => {
    const folder = mkdtempSync(join(tmpdir(), "saccade-aedat4-"));
    try {
      const path = join(folder, "hand.aedat4");
      await writeRecording(path, "aedat4", SENSOR, batches);
      expect(tableOf(readFileSync(path)).length).toBe(6);
      const recording = await openRecording(path);
      let count = 0;
      for await (const { t } of recording) count += t.length;
      expect([count, recording.report.count]).toEqual([120_030, 0]);
      await writeRecording(path, "aedat4", SENSOR, batches, { table: false });
      const { stream, file } = await written(encodeEvents("aedat4", SENSOR, batches));
      expect(Buffer.compare(readFileSync(path), stream)).toBe(0);
      expect(file.length).toBe(stream.length);
      const asked = await written(encodeEvents("aedat4", SENSOR, batches, { table: true }));
      expect(tableOf(asked.file).length).toBe(6);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("may have no packet", async () => {
    const { file } = await written(encodeAedat4(SENSOR, [], { table: true }));
    expect(tableOf(file)).toEqual([]);
    expect((await readAll(file)).events.t.length).toBe(0);
  });
});

suite("AEDAT4 compression", () => {
  const events = randomEvents(new Random("compression"), 20_000, SENSOR, 3, 1_633_953_690_975_950);

  test("of high effort is smaller", async () => {
    const sizes = await Promise.all(
      (["none", "lz4", "lz4-high"] as const).map(async (c) => (await encode([events], SENSOR, c)).length),
    );
    expect(sizes[0]).toBeGreaterThan(sizes[1]!);
    expect(sizes[1]).toBeGreaterThan(sizes[2]!);
  });

  test.each(["zstd", "zstd-high"] as const)("%s takes the caller's compressor", async (compression) => {
    await expect(bytesOf(encodeAedat4(SENSOR, [events], { compression }))).rejects.toThrow(ArgumentError);
    const { file } = await written(
      encodeAedat4(SENSOR, [events], { compression, compress: storedZstd, table: true }),
    );
    expect(sameEvents((await readAll(file)).events, events)).toBe(true);
  });

  test("of an unknown name is refused", async () => {
    const options = { compression: "brotli" as "none" };
    await expect(bytesOf(encodeAedat4(SENSOR, [], options))).rejects.toThrow(ArgumentError);
  });

  /** One Zstandard frame of stored blocks (RFC 8878, 3.1.1). */
  function storedZstd(content: Uint8Array): Uint8Array {
    const size = new DataView(new ArrayBuffer(4));
    size.setUint32(0, content.length, true);
    const parts: Uint8Array[] = [Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0xa0), new Uint8Array(size.buffer)];
    for (let at = 0; at < content.length; at += 1 << 17) {
      const block = content.subarray(at, at + (1 << 17));
      const head = (block.length << 3) | (at + block.length === content.length ? 1 : 0);
      parts.push(Uint8Array.of(head & 0xff, (head >> 8) & 0xff, head >> 16), block);
    }
    return new Uint8Array(Buffer.concat(parts));
  }
});

/** A file as it is with its patches, and as a pipe would get it. */
async function written(pieces: AsyncIterable<FilePiece>) {
  const parts: Uint8Array[] = [];
  const patches: Patch[] = [];
  for await (const piece of pieces) {
    if (piece instanceof Uint8Array) parts.push(piece);
    else patches.push(piece);
  }
  const stream = new Uint8Array(Buffer.concat(parts));
  const file = new Uint8Array(Math.max(stream.length, ...patches.map(({ at, bytes }) => at + bytes.length)));
  file.set(stream);
  for (const { at, bytes } of patches) file.set(bytes, at);
  return { stream, file };
}

/** The table of packets of a file, as the flatbuffers library and another LZ4 decoder read it. */
function tableOf(file: Uint8Array) {
  const header = new ByteBuffer(Uint8Array.from(file.subarray(14)));
  const field = (buffer: ByteBuffer, at: number, slot: number) => at + buffer.__offset(at, 4 + 2 * slot);
  const root = 4 + header.readInt32(4);
  const bytes = Uint8Array.from(file.subarray(Number(header.readInt64(field(header, root, 1)))));
  const content =
    header.readInt32(field(header, root, 0)) === 0 ? bytes : Uint8Array.from(lz4js.decompress(bytes));
  const buffer = new ByteBuffer(content);
  expect(buffer.readInt32(0)).toBe(content.length - 4);
  expect(Buffer.from(content.subarray(8, 12)).toString()).toBe("FTAB");
  const vector = field(buffer, 4 + buffer.readInt32(4), 0);
  return Array.from({ length: buffer.__vector_len(vector) }, (_, i) => {
    const table = buffer.__indirect(buffer.__vector(vector) + 4 * i);
    const long = (slot: number) => {
      const at = field(buffer, table, slot);
      expect(at % 8).toBe(0);
      return Number(buffer.readInt64(at));
    };
    const packet = field(buffer, table, 1);
    return {
      byteOffset: long(0),
      streamId: buffer.readInt32(packet),
      size: buffer.readInt32(packet + 4),
      numElements: long(2),
      timestampStart: long(3),
      timestampEnd: long(4),
    };
  });
}

/** Offsets of the end of the header and of each packet. */
function packetEnds(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const ends = [18 + view.getUint32(14, true)];
  for (let at = ends[0]!; at < bytes.length; ends.push(at)) at += 8 + view.getUint32(at + 4, true);
  return ends;
}

function joined(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
