/** Pictures as PNG files (W3C PNG, third edition), without any program's help. */
import { crc32, deflateSync } from "node:zlib";

/**
 * Encodes a picture.
 *
 * @param rgb - red, green, blue, `[H, W, 3]`
 */
export function encodePng(width: number, height: number, rgb: Uint8Array): Uint8Array {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  // 8 bits, colours without a palette; compression, filter and interlacing have no choice.
  head.set([8, 2, 0, 0, 0], 8);
  const row = 3 * width;
  const lines = Buffer.alloc((row + 1) * height);
  for (let y = 0; y < height; y++) lines.set(rgb.subarray(y * row, (y + 1) * row), y * (row + 1) + 1);
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  return Buffer.concat([
    signature,
    chunk("IHDR", head),
    chunk("IDAT", deflateSync(lines)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}
