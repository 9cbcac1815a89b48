/** Small pictures for pages: PNG with a palette (ISO/IEC 15948, colour type 3). */
import { zlibSync } from "fflate";

/** A colour: red, green, blue and opacity, 0…255. */
export type Rgba = readonly [number, number, number, number];

/**
 * A picture of at most 256 colours as the bytes of a file.
 *
 * @param pixels - index of each pixel's colour, `[H, W]`
 */
export function indexedPng(
  width: number,
  height: number,
  pixels: Uint8Array,
  palette: readonly Rgba[],
): Uint8Array {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, 3, 0, 0, 0], 8);
  const rows = new Uint8Array(height * (width + 1));
  for (let v = 0; v < height; v++) rows.set(pixels.subarray(v * width, (v + 1) * width), v * (width + 1) + 1);
  const parts = [
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10),
    chunk("IHDR", header),
    chunk("PLTE", Uint8Array.from(palette.flatMap(([r, g, b]) => [r, g, b]))),
    chunk("tRNS", Uint8Array.from(palette.map(([, , , alpha]) => alpha))),
    chunk("IDAT", zlibSync(rows, { level: 9 })),
    chunk("IEND", new Uint8Array(0)),
  ];
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The bytes of a picture as a data URI. */
export function dataUri(bytes: Uint8Array, type: "image/png" | "image/jpeg" = "image/png"): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return `data:${type};base64,${btoa(binary)}`;
}

/** {@link indexedPng} as a data URI. */
export function pngUri(width: number, height: number, pixels: Uint8Array, palette: readonly Rgba[]): string {
  return dataUri(indexedPng(width, height, pixels, palette));
}

function chunk(name: string, data: Uint8Array): Uint8Array {
  const out = new Uint8Array(12 + data.length);
  const view = new DataView(out.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) out[4 + i] = name.charCodeAt(i);
  out.set(data, 8);
  view.setUint32(8 + data.length, crc(out.subarray(4, 8 + data.length)));
  return out;
}

/** CRC-32 of the format's annex D, bit by bit: pictures are small. */
function crc(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (const byte of bytes) {
    c ^= byte;
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  }
  return ~c >>> 0;
}
