import fc from "fast-check";
import { expect, suite, test } from "vitest";
import { FormatError } from "../../src/core/index.ts";
import { ByteSource, openEvents } from "../../src/events/index.ts";
import { endiannessOf, geometryOf, readHeader } from "../../src/events/formats/prophesee/header.ts";
import { chunked, live, rowsOf } from "./support.ts";

const text = (header: string) => Uint8Array.from(header, (c) => c.charCodeAt(0));
const header = (bytes: Uint8Array, size = bytes.length) =>
  readHeader(new ByteSource(chunked(bytes, size)), "evt3", "x.raw");

suite("a Prophesee header", () => {
  test("is the same in chunks of any size", async () => {
    const lines = fc.array(
      fc.constantFrom("% evt 3.0", "% Date 2020", "% ", "% geometry 640x480", "% end", "%"),
    );
    await fc.assert(
      fc.asyncProperty(lines, fc.uint8Array({ maxLength: 9 }), fc.nat(40), async (rows, data, size) => {
        const bytes = Uint8Array.from([...text(rows.map((row) => `${row}\n`).join("")), ...data]);
        const outcome = (n: number) =>
          header(bytes, n).catch((error: unknown) => {
            expect(error).toBeInstanceOf(FormatError);
            return String(error);
          });
        expect(await outcome(size + 1)).toEqual(await outcome(bytes.length + 1));
      }),
      { numRuns: 300 },
    );
  });

  test.each(["% evt 3.0\n% end\n", "% evt 3.0\n% geometry 320x240\n\x06\x80"])(
    "asks a live source for no more than %j",
    async (start) => {
      for (const size of [1, 7, 1000]) {
        const source = new ByteSource(live(text(start), size));
        const { bytes } = await readHeader(source, "evt3", undefined);
        expect(bytes).toBe(start.lastIndexOf("\n") + 1);
      }
    },
  );

  test("and the events of a live source come while it is silent", async () => {
    const start = "% evt 3.0\n% camera_integrator_name Prophesee\n% geometry 320x240\n% end\n";
    const words = [0x01, 0x80, 0x05, 0x60, 0x07, 0x00, 0x03, 0x28];
    for (const size of [1, 3, 1000]) {
      const bytes = Uint8Array.from([...text(start), ...words]);
      const recording = await openEvents(live(bytes, size));
      const { value } = await recording[Symbol.asyncIterator]().next();
      expect(rowsOf(value)).toEqual([[4101, 3, 7, 1]]);
    }
  });

  test("may have 64 KiB, and lines that end", async () => {
    const long = text("% a line\n".repeat(9000));
    expect((await header(long.subarray(0, 9 * 7000))).bytes).toBe(9 * 7000);
    await expect(header(long)).rejects.toThrow(/x.raw: evt3 at byte 6\d+: expected a header line that ends/);
    await expect(header(text("% evt 3.0\n% x"))).rejects.toThrow("at byte 10");
  });

  test("ends before a line of another kind, or with the file", async () => {
    expect((await header(text("% a b\n%c"))).bytes).toBe(6);
    expect((await header(text("% a b\n%"))).bytes).toBe(6);
    expect((await header(text("% a b\n"))).bytes).toBe(6);
    expect((await header(text(""))).bytes).toBe(0);
  });

  test.each([
    ["% geometry 640x480\n", "little", 640, 480],
    ["% format EVT21;endianness=legacy;height=720;width=1280\n", "legacy", 1280, 720],
    ["% Width 304\n% Height 240\n% endianness Big\n", "big", 304, 240],
    ["% format EVT2\n% geometry 320x320\r\n", "little", 320, 320],
  ])("%j says %s, %i x %i", async (lines, endianness, width, height) => {
    const parsed = await header(text(lines));
    expect(endiannessOf(parsed)).toBe(endianness);
    expect(geometryOf(parsed)).toEqual({ width, height });
  });
});
