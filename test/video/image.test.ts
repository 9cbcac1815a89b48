import { expect, suite, test } from "vitest";
import { FormatError, Random } from "../../src/core/index.ts";
import { decodeImage } from "../../src/video/index.ts";
import { jpeg, png, rgbPng } from "../data/copies.ts";

suite("a picture", () => {
  const palette: [number, number, number][] = [
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 9],
  ];

  test("with a palette has colours, or indices where they are asked for", () => {
    const bytes = png(3, [0, 2, 1], palette);
    expect(decodeImage(bytes)).toMatchObject({ width: 3, height: 1, channels: 3 });
    expect([...decodeImage(bytes).pixels]).toEqual([1, 2, 3, 7, 8, 9, 4, 5, 6]);
    const indexed = decodeImage(bytes, { indices: true });
    expect(indexed.channels).toBe(1);
    expect([...indexed.pixels]).toEqual([0, 2, 1]);
  });

  test("of a JPEG has three channels", () => {
    const { width, height, channels, pixels } = decodeImage(jpeg(5, 4, [10, 200, 30]));
    expect([width, height, channels, pixels.length]).toEqual([5, 4, 3, 60]);
  });

  test("cut at every byte, or with bytes changed, is refused or has the size that it says", () => {
    const random = new Random("pictures");
    for (const bytes of [rgbPng(9, 7, [1, 2, 3]), jpeg(9, 7, [1, 2, 3])]) {
      const damaged: Uint8Array[] = Array.from({ length: 300 }, () => {
        const copy = bytes.slice();
        for (let k = 0; k < 3; k++) copy[random.integer(0, copy.length)] = random.integer(0, 256);
        return copy;
      });
      for (let length = 0; length < bytes.length; length++) damaged.push(bytes.subarray(0, length));
      for (const copy of damaged) {
        try {
          const { width, height, channels, pixels } = decodeImage(copy, { maxPixels: 10_000 });
          expect(pixels.length).toBe(width * height * channels);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }
    }
  });

  test("that claims a billion pixels is refused before they are allocated", () => {
    const bytes = rgbPng(2, 2, [0, 0, 0]);
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(16, 2 ** 30);
    expect(() => decodeImage(bytes, { file: "huge.png" })).toThrow(
      "huge.png: png at byte 16: expected at most 64000000 pixels, got 1073741824x2",
    );
  });

  test.each([
    ["an empty file", new Uint8Array(0)],
    ["a GIF", new TextEncoder().encode("GIF89a")],
  ])("is not %s", (_, bytes) => {
    expect(() => decodeImage(bytes)).toThrow(/image at byte 0: expected a PNG or a JPEG, got/);
  });
});
