import fc from "fast-check";
import { expect, suite, test } from "vitest";
import { FormatError } from "../../src/core/index.ts";
import {
  encodeTruthFrame,
  encodeTruthHeader,
  parseTruth,
  parseTruthFrame,
  type TruthFrame,
} from "../../src/simulate/index.ts";

const camera = { width: 346, height: 260, fx: 300.5, fy: 300.5, cx: 173, cy: 130 };
const header = encodeTruthHeader({ camera, sensor: { width: 346, height: 260 } });

function frame(tUs: number, value = 0.25): TruthFrame {
  const row = (n: number) => Float64Array.from({ length: n }, (_, i) => value + i / 64);
  return { tUs, joints: row(72), pose: row(72), shape: row(10), translation: row(3) };
}

suite("ground truth", () => {
  test("a file that was encoded parses to what it was, up to the rounding", () => {
    const text = [header, encodeTruthFrame(frame(0)), encodeTruthFrame(frame(5000, -1.2345678)), ""].join(
      "\n",
    );
    const { header: read, frames } = parseTruth(text);
    expect(read).toEqual({ camera, sensor: { width: 346, height: 260 } });
    expect(frames.map(({ tUs }) => tUs)).toEqual([0, 5000]);
    const want = frame(5000, -1.2345678);
    for (const key of ["joints", "pose", "shape", "translation"] as const) {
      expect(frames[1]![key].length).toBe(want[key].length);
      frames[1]![key].forEach((value, i) => expect(Math.abs(value - want[key][i]!)).toBeLessThan(6e-7));
    }
  });

  test("a file cut at any character is refused with a FormatError, or ends at a whole line", () => {
    const text = [header, encodeTruthFrame(frame(0)), encodeTruthFrame(frame(1)), ""].join("\n");
    const ends = [...text.matchAll(/\n/g)].flatMap(({ index }) => [index, index + 1]);
    for (let end = 0; end < text.length; end++) {
      if (ends.includes(end)) expect(() => parseTruth(text.slice(0, end))).not.toThrow();
      else expect(() => parseTruth(text.slice(0, end))).toThrow(FormatError);
    }
  });

  test("missing and unknown keys, wrong shapes, odd numbers and times that stand still are refused", () => {
    const good = JSON.parse(encodeTruthFrame(frame(7))) as Record<string, unknown>;
    const bad: Record<string, unknown>[] = [
      { ...good, extra: 1 },
      { ...good, tUs: 0.5 },
      { ...good, joints: [] },
      { ...good, joints: (good["joints"] as unknown[]).map(() => [0, 0]) },
      { ...good, shape: Array.from({ length: 10 }, () => null) },
      { ...good, translation: ["0", 0, 0] },
    ];
    for (const record of bad) expect(() => parseTruthFrame(JSON.stringify(record))).toThrow(FormatError);
    const line = JSON.stringify(good);
    expect(() => parseTruth(`${header}\n${line}\n${line}\n`)).toThrow(/after 7, got 7/);
  });

  test("a fault names its byte offset", () => {
    const text = `${header}\n${encodeTruthFrame(frame(0))}\n{}`;
    const offset = text.length - 2;
    expect(() => parseTruth(text)).toThrow(expect.objectContaining({ format: "truth", offset }) as Error);
  });

  test("any text is parsed or refused, never anything else", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          parseTruth(text);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { seed: 1 },
    );
  });
});
