/** Made-up copies of published data sets, in their layouts, small. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { encode as encodePng } from "fast-png";
import { encode as encodeJpeg } from "jpeg-js";
import { onTestFinished } from "vitest";
import { encodeNpz } from "../../src/io/index.ts";

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

/**
 * Event frames of a recording with SMPL poses, in the layout of MMHPSD. Frame n has a bit in row 0, column 0, channel n % 4, and
 * one in row 1, column 2, channel 3; its arrays count up from n, that of the translation from n + 10.
 */
export function eventFrames(path: string, frames: readonly number[]): Record<string, Uint8Array> {
  const array = (frame: number, ...shape: number[]) => {
    const length = shape.reduce((a, b) => a * b, 1);
    return { shape, data: Float32Array.from({ length }, (_, i) => frame + i) };
  };
  const files: Record<string, Uint8Array> = {};
  for (const frame of frames) {
    const number = String(frame).padStart(4, "0");
    const packed = new Uint8Array((256 * 256 * 4) / 8);
    packed[0] = 0x80 >> (frame % 4);
    packed[((256 + 2) * 4) / 8] = 0x10;
    files[`${path}/events_frame_04/events_${number}.npz`] = encodeNpz(
      new Map([["events_frame", { shape: [packed.length], data: packed }]]),
    );
    files[`${path}/poses/pose_${number}.npz`] = encodeNpz(
      new Map([
        ["body_pose", array(frame, 1, 72)],
        ["trans", array(frame + 10, 1, 3)],
        ["beta", array(frame, 1, 10)],
        ["joints3d", array(frame, 24, 3)],
        ["joints2d", array(frame, 24, 3)],
      ]),
    );
  }
  return files;
}
