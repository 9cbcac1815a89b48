import fc from "fast-check";
import { expect, suite, test } from "vitest";
import { FormatError } from "../../src/core/index.ts";
import { encodePoseClip, parsePoseClip, type PoseClip } from "../../src/data/index.ts";
import { sampleClip } from "./sample.ts";

const clip = sampleClip(1, 0.25);

suite("pose clip file", () => {
  test("a clip survives its file", () => {
    expect(parsePoseClip(encodePoseClip(clip))).toEqual(clip);
  });

  test("what does not fit together is refused with the file's name", () => {
    const faulty: Record<string, Partial<PoseClip>> = {
      binUs: { binUs: 0 },
      "finite numbers": { pose: clip.pose.map((x, i) => (i === 70 ? NaN : x)) },
      "camera of 16×16": { camera: { ...clip.camera, width: 17 } },
      "camera of finite numbers": { camera: { ...clip.camera, fx: 0 } },
    };
    for (const [message, change] of Object.entries(faulty)) {
      const bytes = encodePoseClip({ ...clip, ...change });
      expect(() => parsePoseClip(bytes, "a.safetensors")).toThrow(FormatError);
      expect(() => parsePoseClip(bytes, "a.safetensors")).toThrow(new RegExp(`^a.safetensors: .*${message}`));
    }
  });

  test("tensors of other shapes are refused", () => {
    const text = Buffer.from(encodePoseClip(clip)).toString("latin1");
    for (const [from, to] of [
      ['"shape":[10]', '"shape":[5,2]'],
      ["[16,2,16,2]", "[16,4,16,1]"],
      ['"translation"', '"translatiom"'],
    ] as const) {
      const bytes = Uint8Array.from(Buffer.from(replaceKeepingLength(text, from, to), "latin1"));
      expect(() => parsePoseClip(bytes)).toThrow(FormatError);
    }
  });

  test("a damaged file is read or refused, never worse", () => {
    const bytes = encodePoseClip(clip);
    const damage = fc.record({
      at: fc.nat({ max: bytes.length - 1 }),
      byte: fc.nat({ max: 255 }),
      length: fc.option(fc.nat({ max: bytes.length })),
    });
    fc.assert(
      fc.property(damage, ({ at, byte, length }) => {
        const bad = bytes.slice(0, length ?? bytes.length);
        bad[Math.min(at, bad.length - 1)] = byte;
        try {
          parsePoseClip(bad);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { numRuns: 300 },
    );
  });
});

/** Replaces a part of the header; what it grows or shrinks by is taken from the padding after it. */
function replaceKeepingLength(text: string, from: string, to: string): string {
  expect(text).toContain(from);
  const length = Number(Buffer.from(text.slice(0, 8), "latin1").readBigUInt64LE());
  const header = text
    .slice(8, 8 + length)
    .replace(from, to)
    .trimEnd()
    .padEnd(length);
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(header.length));
  return prefix.toString("latin1") + header + text.slice(8 + length);
}
