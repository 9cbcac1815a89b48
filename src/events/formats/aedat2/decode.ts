/** Reading AEDAT 2.0 (see layout.ts): what the header tells, and what must be told from the records. */
import type { Events, SensorSize } from "../../columns.ts";
import { Faults } from "../../faults.ts";
import { type ReaderOptions, type Recording, recordingOf } from "../../recording.ts";
import type { ByteSource } from "../../source.ts";
import { type Addressing, type Camera, cameraNamed, DAVIS_SENSORS } from "../aedat/cameras.ts";
import { type AedatHeader, fieldOf, readHeader } from "../aedat/header.ts";
import { measuredSensor } from "../extent.ts";
import { readRecords } from "../records.ts";
import { imuScaleOf } from "./imu.ts";
import { RECORD_BYTES } from "./layout.ts";
import { Aedat2Decoder } from "./records.ts";

/** Records at the start by which addresses are told where no chip is named. */
const SEEN_RECORDS = 64;
/** More than an address can say: for measuring. */
const UNBOUNDED = { width: 65536, height: 65536 };

/**
 * Opens an AEDAT 2.0 recording. Batches hold 65,536 events at most.
 *
 * How addresses are packed, and the size of the sensor, follow from the chip that the header names (`# AEChip: …`).
 * Without a name that is known, addresses that all fit 16 bits, among the first 64, are those of a DVS128, others of a
 * DAVIS; the sensor is that of the options, or else the smallest common DAVIS that holds all events (240x180, 346x260,
 * 640x480), for which the recording is read twice.
 *
 * Coordinates are as stored: x of events is mirrored against what jAER shows, and y runs up. Frames fit the events.
 *
 * Time: the 32-bit stamps are taken as unsigned, so that they go on where jAER's signed ones overflow after 36 minutes, and
 * unwrapped: a fall by half their range or more is a wraparound, any other fall is time going back.
 *
 * In `recover` mode events outside the sensor and events earlier than one already delivered are left out, as is part of a
 * record at the end. In `strict` mode each of these is an error, raised after all events before it were delivered. A
 * broken header is an error in both. Readings that miss their others, of a frame or IMU sample that was cut, are counted
 * as dropped bytes in both, without a fault.
 *
 * @throws FormatError from here for the header, or if neither chip, option nor event gives a size; from the iteration for
 *   records
 * @throws ArgumentError if the sensor is to be measured and the file cannot be held
 */
export async function openAedat2(input: ByteSource, options: ReaderOptions = {}): Promise<Recording> {
  const { mode = "strict", file } = options;
  const faults = new Faults("aedat2", mode, file);
  const header = await readHeader(input, faults);
  const imuScale = imuScaleOf(header);
  let source = input;
  let camera: Camera | undefined = cameraNamed(fieldOf(header, /^\s*AEChip:/) ?? "");
  if (camera === undefined) {
    const addressing = await addressingOf(input, header);
    const measured = await measuredSensor("aedat2", input, options, (from) => {
      const unbounded = { addressing, sensor: UNBOUNDED, imuScale };
      const unheard = new Faults("aedat2", "recover", file);
      return readEvents(from, header, new Aedat2Decoder(unbounded, unheard, {}), unheard);
    });
    source = measured.source;
    camera = { addressing, sensor: options.sensor ?? commonSize(addressing, measured.sensor) };
  }
  const decoder = new Aedat2Decoder({ ...camera, imuScale }, faults, options);
  return recordingOf("aedat2", camera.sensor, faults, source, readEvents(source, header, decoder, faults));
}

async function* readEvents(
  source: ByteSource,
  header: AedatHeader,
  decoder: Aedat2Decoder,
  faults: Faults,
): AsyncGenerator<Events> {
  await source.skip(header.bytes);
  yield* readRecords(source, decoder, faults);
}

async function addressingOf(source: ByteSource, { bytes: start }: AedatHeader): Promise<Addressing> {
  const head = await source.peek(start + SEEN_RECORDS * RECORD_BYTES);
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  for (let at = start; at + RECORD_BYTES <= head.length; at += RECORD_BYTES) {
    if (view.getUint32(at, false) > 0xffff) return "davis";
  }
  return "dvs128";
}

/** The smallest common sensor that holds this one, or else this one. */
function commonSize(addressing: Addressing, { width, height }: SensorSize): SensorSize {
  const common = addressing === "dvs128" ? [{ width: 128, height: 128 }] : DAVIS_SENSORS;
  return common.find((size) => size.width >= width && size.height >= height) ?? { width, height };
}
