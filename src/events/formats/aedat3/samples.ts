/** Frames, IMU samples and special events of AEDAT 3 (see layout.ts), each from the bytes of one. */
import type { Frame, ImuSample, Trigger } from "../../samples.ts";
import { FRAME, IMU, SPECIAL_KINDS } from "./layout.ts";

/**
 * The frame at `at`, of `bytes` bytes, its pixels copied; red and blue change places, because frames have blue first. Its
 * time is the middle of the exposure.
 *
 * @param baseUs - what is to be added to times, µs
 * @returns the frame, or what was expected and found
 */
export function frameOf(view: DataView, at: number, bytes: number, baseUs: number): Frame | string {
  const channels = (view.getUint32(at, true) >>> 1) & 7;
  const int = (field: number): number => view.getInt32(at + field, true);
  const [width, height] = [int(FRAME.width), int(FRAME.height)];
  if (channels !== 1 && channels !== 3 && channels !== 4)
    return `expected a frame of 1, 3 or 4 channels, got ${channels}`;
  const count = width * height * channels;
  if (width < 1 || height < 1 || count > (bytes - FRAME.pixels) / 2)
    return `expected a frame within ${bytes - FRAME.pixels} bytes of pixels, got ${width}x${height}`;
  const pixels = new Uint16Array(count);
  for (let i = 0; i < count; i++) pixels[i] = view.getUint16(at + FRAME.pixels + 2 * i, true);
  if (channels > 1) {
    for (let i = 0; i < count; i += channels) [pixels[i], pixels[i + 2]] = [pixels[i + 2]!, pixels[i]!];
  }
  const exposureStartUs = baseUs + int(FRAME.exposureStart);
  const exposureEndUs = baseUs + int(FRAME.exposureEnd);
  return {
    tUs: Math.floor((exposureStartUs + exposureEndUs) / 2),
    exposureStartUs,
    exposureEndUs,
    width,
    height,
    x: int(FRAME.x),
    y: int(FRAME.y),
    format: `16UC${channels}`,
    channels,
    pixels,
  };
}

/** The IMU sample at `at`: in g, °/s and °C, and with `nine` axes in µT. */
export function imuSampleOf(view: DataView, at: number, baseUs: number, nine: boolean): ImuSample {
  const float = (field: number): number => view.getFloat32(at + field, true);
  const triple = (field: number): [number, number, number] => [
    float(field),
    float(field + 4),
    float(field + 8),
  ];
  return {
    tUs: baseUs + view.getInt32(at + IMU.time, true),
    accelerometer: triple(IMU.accelerometer),
    gyroscope: triple(IMU.gyroscope),
    magnetometer: nine ? triple(IMU.magnetometer) : [NaN, NaN, NaN],
    temperature: float(IMU.temperature),
  };
}

/** The special event at `at`; the kind of an unknown type is `type-` and its number. */
export function triggerOf(view: DataView, at: number, baseUs: number): Trigger {
  const type = (view.getUint32(at, true) >>> 1) & 0x7f;
  const [kind, channel] = SPECIAL_KINDS[type] ?? [`type-${type}`, 0];
  return { tUs: baseUs + view.getInt32(at + 4, true), kind, channel };
}
