/**
 * Draws the pictures of docs/representations and docs/transforms from `samples/walk.aedat4`, into docs/images. The same
 * files on every run. Needs Node 24: `node scripts/draw-representations.ts`.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { crc32, deflateSync } from "node:zlib";
import { writeFileAtomic } from "../src/core/node.ts";
import { Random } from "../src/core/index.ts";
import {
  backgroundActivityFilter,
  backgroundNoise,
  bilinearVoxelGrid,
  BinaRep,
  binaryVoxelGrid,
  cut,
  dropEventByArea,
  eventDownsampling,
  eventMix,
  type Events,
  type EventBatch,
  joinEvents,
  openEvents,
  rotate,
  type SensorSize,
  sliceEvents,
  stackedHistogram,
  TimeSurface,
  toFrame,
  toImage,
  toreVolume,
  undistort,
} from "../src/events/index.ts";

const SCALE = 2;
const GAP = 4;
const IMAGES = fileURLToPath(new URL("../docs/images/", import.meta.url));
const SAMPLE = fileURLToPath(new URL("../samples/walk.aedat4", import.meta.url));

/** Shades of 0 to 1 on both sides of white: OFF red, ON blue, then one of grey, as entries of a palette. */
const SHADES = 80;
const WHITE = 0;
const palette = Uint8Array.from([
  255,
  255,
  255,
  ...ramp([255, 255, 255], [190, 30, 45]),
  ...ramp([255, 255, 255], [25, 80, 170]),
  ...ramp([255, 255, 255], [20, 20, 30]),
]);

function ramp(from: readonly number[], to: readonly number[]): number[] {
  return Array.from({ length: SHADES }, (_, i) =>
    from.map((start, c) => Math.round(start + ((to[c]! - start) * (i + 1)) / SHADES)),
  ).flat();
}

/** Palette entry of a value in a part of the palette: 0 red, 1 blue, 2 grey. */
function shade(value: number, part: 0 | 1 | 2): number {
  const step = Math.min(SHADES, Math.round(value * SHADES));
  return step <= 0 ? WHITE : part * SHADES + step;
}

/** A picture of a sensor: one palette entry a pixel. */
type Panel = { readonly size: SensorSize; readonly pixels: Uint8Array };

/** Signed values, red below 0 and blue above; `full` has the full shade. */
function signed(size: SensorSize, values: ArrayLike<number>, full: number): Panel {
  const pixels = Uint8Array.from(values, (v) => shade(Math.abs(v) / full, v < 0 ? 0 : 1));
  return { size, pixels };
}

/** Values of 0 or more in one colour. */
function plain(size: SensorSize, values: ArrayLike<number>, full: number, part: 0 | 1 | 2): Panel {
  return { size, pixels: Uint8Array.from(values, (v) => shade(v / full, part)) };
}

/** ON minus OFF of two planes. */
function difference(off: Float32Array, on: Float32Array): Float32Array {
  return on.map((value, i) => value - off[i]!);
}

/** Panels side by side, in rows. */
function png(rows: readonly (readonly Panel[])[]): Uint8Array {
  const cell = (panel: Panel) => ({
    width: panel.size.width * SCALE + GAP,
    height: panel.size.height * SCALE + GAP,
  });
  const width = Math.max(...rows.map((row) => row.reduce((sum, p) => sum + cell(p).width, -GAP)));
  const heights = rows.map((row) => Math.max(...row.map((p) => cell(p).height)));
  const height = heights.reduce((sum, h) => sum + h, -GAP);
  // Gaps have a light grey.
  const lines = new Uint8Array(height * (width + 1)).fill(shade(0.12, 2));
  let top = 0;
  rows.forEach((row, r) => {
    let left = 0;
    for (const panel of row) {
      for (let y = 0; y < panel.size.height * SCALE; y++) {
        for (let x = 0; x < panel.size.width * SCALE; x++) {
          const from = Math.floor(y / SCALE) * panel.size.width + Math.floor(x / SCALE);
          lines[(top + y) * (width + 1) + 1 + left + x] = panel.pixels[from]!;
        }
      }
      left += cell(panel).width;
    }
    top += heights[r]!;
  });
  for (let y = 0; y < height; y++) lines[y * (width + 1)] = 0;
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  header.setUint8(8, 8);
  header.setUint8(9, 3);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", new Uint8Array(header.buffer)),
    chunk("PLTE", palette),
    chunk("IDAT", deflateSync(lines, { level: 9 })),
    chunk("IEND", new Uint8Array(0)),
  ]);
}

function chunk(kind: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(kind, "latin1"), data]);
  const bytes = Buffer.alloc(body.length + 8);
  bytes.writeUInt32BE(data.length, 0);
  body.copy(bytes, 4);
  bytes.writeUInt32BE(crc32(body), body.length + 4);
  return bytes;
}

async function part(startUs: number, lengthUs: number): Promise<EventBatch> {
  const recording = await openEvents(await readFile(SAMPLE));
  const stream = cut(recording, { startUs, endUs: startUs + lengthUs });
  const batches: Events[] = [];
  for await (const batch of stream) batches.push(batch);
  return { sensor: stream.sensor, events: joinEvents(batches) };
}

async function save(name: string, rows: readonly (readonly Panel[])[]): Promise<void> {
  const bytes = png(rows);
  await writeFileAtomic(join(IMAGES, name), bytes);
  console.log(`${name}: ${bytes.length} bytes`);
}

const first = (await part(0, 1e7)).events.t[0]!;
const { sensor, events } = await part(first + 2_000_000, 200_000);
const plane = sensor.width * sensor.height;
const planeOf = (values: Float32Array, i: number) => values.subarray(i * plane, (i + 1) * plane);
const pair = (values: Float32Array, i: number) =>
  difference(planeOf(values, 2 * i), planeOf(values, 2 * i + 1));
const FOUR = [0, 1, 2, 3];

const frames = toFrame(events, { sensor, windowUs: 50_000, includeIncomplete: true }).values;
await save("frames.png", [FOUR.map((i) => signed(sensor, pair(frames, i), 4))]);

const grid = { sensor, timeSteps: 4, durationUs: 200_000, startUs: events.t[0]! };
const voxels = binaryVoxelGrid(events, grid);
await save("binary-voxels.png", [
  FOUR.map((i) => plain(sensor, planeOf(voxels, 2 * i), 1, 0)),
  FOUR.map((i) => plain(sensor, planeOf(voxels, 2 * i + 1), 1, 1)),
]);

const stack = stackedHistogram(sliceEvents(events, events.t.length - 7500, events.t.length), {
  sensor,
  bins: 4,
});
await save("stacked-histogram.png", [FOUR.map((i) => signed(sensor, pair(stack, i), 4))]);

const bilinear = bilinearVoxelGrid(events, { sensor, bins: 4 });
await save("bilinear-voxels.png", [FOUR.map((i) => signed(sensor, planeOf(bilinear, i), 5))]);

const rep = new BinaRep({ ...grid, timeSteps: 2 });
rep.add(events);
const codes = rep.read();
await save("bina-rep.png", [FOUR.map((i) => plain(sensor, planeOf(codes, i), 1, i % 2 === 0 ? 0 : 1))]);

const surfaces = [20_000, 100_000].flatMap((tauUs) => {
  const surface = new TimeSurface({ sensor, tauUs });
  surface.add(events);
  const values = surface.read();
  return [plain(sensor, planeOf(values, 0), 1, 0), plain(sensor, planeOf(values, 1), 1, 1)];
});
await save("time-surface.png", [surfaces]);

const tore = toreVolume(events, { sensor, depth: 4, maxUs: 400_000 });
const oldest = Math.log(400_001 / 151);
await save("tore.png", [
  FOUR.map((k) =>
    plain(
      sensor,
      planeOf(tore, k).map((v) => oldest - v),
      oldest,
      0,
    ),
  ),
  FOUR.map((k) =>
    plain(
      sensor,
      planeOf(tore, 4 + k).map((v) => oldest - v),
      oldest,
      1,
    ),
  ),
]);

/** All events of a recording as ON minus OFF. */
function look({ sensor: size, events: seen }: EventBatch): Panel {
  const image = toImage(seen, { sensor: size });
  const pixels = size.width * size.height;
  return signed(size, difference(image.subarray(0, pixels), image.subarray(pixels)), 4);
}

const now = await part(first + 2_000_000, 60_000);
const later = await part(first + 6_000_000, 60_000);
const random = new Random("pictures");
const noisy = backgroundNoise.batch(now, { rateHz: 5 }, random);
const lens = { fx: 70, fy: 70, cx: 63.5, cy: 63.5, k1: -0.25 };
await save("transforms.png", [
  [
    look(now),
    look(noisy),
    look(backgroundActivityFilter.batch(noisy, { filterTimeUs: 3000 })),
    look(rotate.batch(now, { angleDeg: 20 })),
  ],
  [
    look(undistort.batch(now, lens)),
    look(dropEventByArea.batch(now, { areaRatio: 0.4 }, random)),
    look(eventMix(now, later, { keep: 0.5 }, random)),
    look(eventDownsampling.batch(now, { width: 64, height: 64, threshold: 2, windowUs: 5000 })),
  ],
]);
