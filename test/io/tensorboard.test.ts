import { expect, suite, test } from "vitest";
import { ArgumentError } from "../../src/core/index.ts";
import { crc32c } from "../../src/io/crc.ts";
import { encodeEventFileHeader, encodeRecord, encodeScalarEvent } from "../../src/io/index.ts";

const ascii = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

suite("TensorBoard event files", () => {
  test("CRC-32C gives the vectors of RFC 3720 and the check value", () => {
    expect(crc32c(ascii("123456789"))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => 31 - i))).toBe(0x113fdb5c);
  });

  test("a file begins as TensorFlow's files do", () => {
    const header = encodeEventFileHeader(1.5);
    // Length 24 and its masked CRC, as every TensorFlow event file begins.
    expect(hex(header.subarray(0, 12))).toBe("1800000000000000a37f4b22");
    expect(hex(header.subarray(12, -4))).toBe("09000000000000f83f1a0d" + hex(ascii("brain.Event:2")));
  });

  test("a scalar is the Event message of its definition", () => {
    const record = encodeScalarEvent({ tag: "loss/train", value: 0.25, step: 300, wallTime: 2 });
    const value = "0a0a" + hex(ascii("loss/train")) + "150000803e";
    const message = "090000000000000040" + "10ac02" + "2a13" + "0a11" + value;
    expect(hex(record.subarray(12, -4))).toBe(message);
    expect(record[0]).toBe(message.length / 2);
  });

  test("a record is framed by the masked checksums of its length and its data", () => {
    const data = ascii("123456789");
    const record = encodeRecord(data);
    const view = new DataView(record.buffer);
    const unmask = (masked: number) => {
      const rotated = (masked - 0xa282ead8) >>> 0;
      return ((rotated << 15) | (rotated >>> 17)) >>> 0;
    };
    expect(record.length).toBe(9 + 16);
    expect(view.getBigUint64(0, true)).toBe(9n);
    expect(unmask(view.getUint32(8, true))).toBe(crc32c(record.subarray(0, 8)));
    expect(unmask(view.getUint32(21, true))).toBe(0xe3069283);
  });

  test("steps above 32 bits are written, others than integers refused", () => {
    const step = (value: number) => encodeScalarEvent({ tag: "a", value: 1, step: value, wallTime: 0 });
    expect(hex(step(2 ** 40).subarray(21, 28))).toBe("10808080808020");
    for (const bad of [-1, 0.5, NaN, 2 ** 53]) expect(() => step(bad)).toThrow(ArgumentError);
  });
});
