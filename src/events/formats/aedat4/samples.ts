/** Frames, IMU samples and triggers of an AEDAT 4.0 recording (see layout.ts), from the flatbuffers of their packets. */
import type { Frame, ImuSample, Trigger } from "../../samples.ts";
import { FlatbufferFault, rootTable, type Table } from "./flatbuffer.ts";
import { FRAME, IMU, IMU_PACKET, TRIGGER, TRIGGER_KINDS, TRIGGER_PACKET } from "./layout.ts";

/** Pixels by OpenCV's number of a depth: its name, its bytes, and their array. */
const DEPTHS = [
  { name: "8U", bytes: 1, read: (bytes: ArrayBuffer) => new Uint8Array(bytes) },
  { name: "8S", bytes: 1, read: (bytes: ArrayBuffer) => new Int8Array(bytes) },
  { name: "16U", bytes: 2, read: (bytes: ArrayBuffer) => new Uint16Array(bytes) },
  { name: "16S", bytes: 2, read: (bytes: ArrayBuffer) => new Int16Array(bytes) },
  { name: "32S", bytes: 4, read: (bytes: ArrayBuffer) => new Int32Array(bytes) },
  { name: "32F", bytes: 4, read: (bytes: ArrayBuffer) => new Float32Array(bytes) },
  { name: "64F", bytes: 8, read: (bytes: ArrayBuffer) => new Float64Array(bytes) },
  { name: "16F", bytes: 2, read: (bytes: ArrayBuffer) => Float32Array.from(new Uint16Array(bytes), ofHalf) },
] as const;

/**
 * The frame of a packet, its pixels copied. An OpenCV type is a depth plus 8 for each channel after the first; half
 * precision comes as float32. Without the ends of the exposure it starts at the time of the frame and lasts as long as
 * `exposure` says.
 *
 * @param content - the packet, decompressed
 * @throws FlatbufferFault
 */
export function frameOf(content: Uint8Array): Frame {
  const table = rootTable(content, FRAME.identifier);
  const type = table.int8(FRAME.format);
  const depth = DEPTHS[type & 7]!;
  const channels = (type >> 3) + 1;
  if (type < 0 || channels > 4)
    throw new FlatbufferFault(0, `expected a pixel format of 0 to 31, got ${type}`);
  const [width, height] = [table.int16(FRAME.sizeX), table.int16(FRAME.sizeY)];
  if (width < 1 || height < 1)
    throw new FlatbufferFault(0, `expected a frame of 1 pixel or more, got ${width}x${height}`);
  const { start, count } = table.vector(FRAME.pixels, 1);
  const wanted = width * height * channels * depth.bytes;
  const format = `${depth.name}C${channels}`;
  if (count !== wanted)
    throw new FlatbufferFault(
      start,
      `expected ${wanted} bytes of pixels of a frame of ${width}x${height} ${format}, got ${count}`,
    );
  const tUs = table.int64(FRAME.timestamp, 0);
  const exposureStartUs = table.int64(FRAME.exposureStart, 0) || tUs;
  const exposureEndUs =
    table.int64(FRAME.exposureEnd, 0) || exposureStartUs + Math.max(0, table.int64(FRAME.exposure, 0));
  return {
    tUs,
    exposureStartUs,
    exposureEndUs,
    width,
    height,
    x: table.int16(FRAME.positionX),
    y: table.int16(FRAME.positionY),
    format,
    channels,
    // Copied, because the memory of a packet is used again.
    pixels: depth.read(content.slice(start, start + count).buffer),
  };
}

/**
 * The samples of a packet of an inertial measurement unit. The unit is that of the file: g, degrees per second, µT, °C.
 *
 * @throws FlatbufferFault, perhaps after the first samples
 */
export function* imuSamplesOf(content: Uint8Array): Generator<ImuSample> {
  for (const table of rootTable(content, IMU_PACKET.identifier).tables(IMU_PACKET.elements)) {
    yield {
      tUs: table.int64(IMU.timestamp, 0),
      accelerometer: triple(table, IMU.accelerometer),
      gyroscope: triple(table, IMU.gyroscope),
      magnetometer: triple(table, IMU.magnetometer),
      temperature: table.float32(IMU.temperature),
    };
  }
}

/**
 * The triggers of a packet; the kind of an unknown type is `type-` and its number.
 *
 * @throws FlatbufferFault, perhaps after the first triggers
 */
export function* triggersOf(content: Uint8Array): Generator<Trigger> {
  for (const table of rootTable(content, TRIGGER_PACKET.identifier).tables(TRIGGER_PACKET.elements)) {
    const type = table.int8(TRIGGER.type);
    yield { tUs: table.int64(TRIGGER.timestamp, 0), kind: TRIGGER_KINDS[type] ?? `type-${type}`, channel: 0 };
  }
}

function triple(table: Table, slot: number): [number, number, number] {
  return [table.float32(slot), table.float32(slot + 1), table.float32(slot + 2)];
}

/** The number that 16 bits of IEEE 754 half precision stand for. */
function ofHalf(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 0x3ff;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}
