/** Made-up copies of published data sets, in their layouts, small. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { encode as encodePng } from "fast-png";
import { encode as encodeJpeg } from "jpeg-js";
import { onTestFinished } from "vitest";

/** Writes files into a new folder, which the end of the test removes. */
export function copyOf(files: Readonly<Record<string, string | Uint8Array>>): string {
  const root = mkdtempSync(join(tmpdir(), "saccade-copy-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

/** A grey PNG whose pixels are given, or an indexed one if there is a palette. */
export function png(
  width: number,
  pixels: readonly number[],
  palette?: [number, number, number][],
): Uint8Array {
  const image = { width, height: pixels.length / width, data: Uint8Array.from(pixels), channels: 1 };
  return encodePng(palette === undefined ? image : { ...image, palette });
}

/** A colour PNG of one colour. */
export function rgbPng(width: number, height: number, colour: readonly number[]): Uint8Array {
  const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => colour[i % 3]!);
  return encodePng({ width, height, data, channels: 3 });
}

/** A JPEG of one colour. */
export function jpeg(width: number, height: number, [red, green, blue]: readonly number[]): Uint8Array {
  const data = Buffer.alloc(4 * width * height);
  for (let i = 0; i < data.length; i += 4) data.set([red!, green!, blue!, 255], i);
  return new Uint8Array(encodeJpeg({ width, height, data }, 95).data);
}
