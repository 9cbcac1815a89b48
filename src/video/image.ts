/** Still pictures: PNG and JPEG. */
import { decode as decodePng } from "fast-png";
import { decode as decodeJpeg } from "jpeg-js";
import { FormatError } from "../core/index.ts";

/** A picture as numbers. */
export type Image = {
  readonly width: number;
  readonly height: number;
  /** Values of a pixel: 1 grey or an index, 2 with alpha, 3 red, green, blue, 4 with alpha. */
  readonly channels: number;
  /** `[H, W, channels]`, row by row: 0 to 255, or to 65535 in `Uint16Array`. */
  readonly pixels: Uint8Array | Uint16Array;
};

/** Options of {@link decodeImage}. */
export type ImageOptions = {
  /** Name of the file, for error messages. */
  readonly file?: string;
  /** Pixels that a picture may have; 64 million by default. */
  readonly maxPixels?: number;
  /**
   * What becomes of a PNG with a palette: its colours by default; with `true` the indices, one channel. Masks of classes
   * are often stored so.
   */
  readonly indices?: boolean;
};

const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] as const;

/**
 * Decodes a PNG or a JPEG, told by its first bytes.
 *
 * @throws FormatError (`png`, `jpeg`, or `image` where it is neither) if it is damaged or has too many pixels
 */
export function decodeImage(bytes: Uint8Array, options: ImageOptions = {}): Image {
  const { file, maxPixels = 64e6 } = options;
  if (PNG_SIGNATURE.every((byte, i) => bytes[i] === byte)) return decodePngImage(bytes, options, maxPixels);
  if (bytes[0] === 0xff && bytes[1] === 0xd8) {
    return decoding("jpeg", file, () => {
      const limits = { maxResolutionInMP: maxPixels / 1e6, maxMemoryUsageInMB: Math.ceil(maxPixels / 5e4) };
      const { width, height, data } = decodeJpeg(bytes, { useTArray: true, formatAsRGBA: false, ...limits });
      return { width, height, channels: 3, pixels: data };
    });
  }
  const start =
    bytes.length === 0 ? "an empty file" : JSON.stringify(String.fromCharCode(...bytes.subarray(0, 8)));
  throw new FormatError("image", 0, `expected a PNG or a JPEG, got ${start}`, file);
}

function decodePngImage(
  bytes: Uint8Array,
  { file, indices = false }: ImageOptions,
  maxPixels: number,
): Image {
  if (bytes.length < 24)
    throw new FormatError("png", bytes.length, "expected a header of 33 bytes, got its start", file);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  if (!(width * height <= maxPixels)) {
    throw new FormatError("png", 16, `expected at most ${maxPixels} pixels, got ${width}x${height}`, file);
  }
  return decoding("png", file, () => {
    const png = decodePng(bytes);
    const whole = png.depth < 8 ? unpacked(png.data as Uint8Array, width, height, png.depth) : png.data;
    const pixels =
      whole instanceof Uint16Array ? whole : new Uint8Array(whole.buffer, whole.byteOffset, whole.length);
    if (png.palette === undefined || indices) return { width, height, channels: png.channels, pixels };
    return { width, height, channels: 3, pixels: coloured(pixels, png.palette) };
  });
}

/** Runs a decoder of others, whose errors say nothing of the file. */
function decoding(format: string, file: string | undefined, step: () => Image): Image {
  try {
    return step();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new FormatError(format, 0, `expected a picture that decodes, got: ${reason}`, file);
  }
}

/** Pixels of less than a byte, most significant first; each row starts at a byte. */
function unpacked(data: Uint8Array, width: number, height: number, depth: number): Uint8Array {
  const pixels = new Uint8Array(width * height);
  const rowBytes = Math.ceil((width * depth) / 8);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to++) {
      const bit = x * depth;
      pixels[to] = (data[y * rowBytes + (bit >> 3)]! >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
    }
  }
  return pixels;
}

function coloured(indices: ArrayLike<number>, palette: readonly (readonly number[])[]): Uint8Array {
  const pixels = new Uint8Array(3 * indices.length);
  for (let i = 0; i < indices.length; i++) {
    const [red = 0, green = 0, blue = 0] = palette[indices[i]!] ?? [];
    pixels[3 * i] = red;
    pixels[3 * i + 1] = green;
    pixels[3 * i + 2] = blue;
  }
  return pixels;
}
