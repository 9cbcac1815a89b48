/** Reading AEDAT 3.0 and 3.1 (see layout.ts), packet by packet. */
import { UnsupportedError } from "../../../core/index.ts";
import type { Events, SensorSize } from "../../columns.ts";
import { Faults } from "../../faults.ts";
import { type ReaderOptions, type Recording, recordingOf } from "../../recording.ts";
import type { ByteSource } from "../../source.ts";
import { cameraNamed } from "../aedat/cameras.ts";
import { type AedatHeader, fieldOf, readHeader } from "../aedat/header.ts";
import { measuredSensor } from "../extent.ts";
import { EVENT_TYPE, LEAST_BYTES, MAX_EVENT_BYTES, MAX_PACKET_BYTES, PACKET } from "./layout.ts";
import { PacketEvents } from "./events.ts";

/** Bytes of events that are decoded at once: 65,536 of polarity. */
const PIECE_BYTES = 1 << 19;
/** More than 15 bits can say: for measuring. */
const UNBOUNDED = { width: 32768, height: 32768 };

/**
 * Opens an AEDAT 3.1 recording, or one of 3.0, which differs in its header and in that y runs up. The sensor is that of
 * the camera which the header's first source names; where it names none that is known, see `ReaderOptions.sensor`.
 *
 * Events come from the source of the first packet of polarity; those of other sources are passed over, as are packets of
 * types that are not read. Events marked invalid, which a filter of the recorder took out, are counted as dropped, without
 * a fault; a packet that says that all of its events are valid is believed, whatever they are marked.
 *
 * In `recover` mode events outside the sensor and events earlier than one already delivered are left out, as are frames
 * that do not fit their bytes, and what follows a packet header that cannot be. In `strict` mode each of these is an
 * error, raised after all events before it were delivered. A broken header is an error in both.
 *
 * @throws FormatError from here for the header, or if neither camera, option nor event gives a size; from the iteration
 *   for packets
 * @throws UnsupportedError if the packets are compressed
 * @throws ArgumentError if the sensor is to be measured and the file cannot be held
 */
export async function openAedat3(input: ByteSource, options: ReaderOptions = {}): Promise<Recording> {
  const { mode = "strict", file } = options;
  const faults = new Faults("aedat3", mode, file);
  const header = await readHeader(input, faults);
  if (header.lines[0] !== "!AER-DAT3.0" && !header.lines.includes("!END-HEADER")) {
    throw faults.error(header.bytes, "expected a line #!END-HEADER, got none");
  }
  const format = fieldOf(header, /^Format:/) ?? "RAW";
  if (format !== "RAW") {
    throw new UnsupportedError(`${file ?? "aedat3"}: expected packets of format RAW, got ${format}`);
  }
  let source = input;
  let sensor = cameraNamed(fieldOf(header, /^Source \d+:/) ?? "")?.sensor;
  if (sensor === undefined) {
    ({ sensor, source } = await measuredSensor("aedat3", input, options, (from) => {
      const unheard = new Faults("aedat3", "recover", file);
      return readPackets(from, header, unheard, UNBOUNDED, {});
    }));
  }
  return recordingOf("aedat3", sensor, faults, source, readPackets(source, header, faults, sensor, options));
}

async function* readPackets(
  source: ByteSource,
  header: AedatHeader,
  faults: Faults,
  sensor: SensorSize,
  options: ReaderOptions,
): AsyncGenerator<Events> {
  await source.skip(header.bytes);
  const reader = new PacketEvents(faults, sensor, options);
  for (;;) {
    const start = source.offset;
    const head = await source.read(PACKET.bytes);
    if (head.length === 0) return;
    if (head.length < PACKET.bytes) {
      const what = `expected ${PACKET.bytes} bytes of packet header, got ${head.length}`;
      return faults.meet(start, what, { bytes: head.length });
    }
    const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
    const type = view.getInt16(PACKET.type, true);
    const eventSize = view.getInt32(PACKET.eventSize, true);
    const number = view.getInt32(PACKET.number, true);
    const least = LEAST_BYTES[type] ?? 1;
    if (
      eventSize < least ||
      eventSize > MAX_EVENT_BYTES ||
      number < 0 ||
      eventSize * number > MAX_PACKET_BYTES
    ) {
      // Where the next packet starts is unknown now: nothing after this can be trusted.
      const what = `expected events of ${least} bytes or more, in packets of ${MAX_PACKET_BYTES} at most`;
      return faults.meet(start, `${what}, got ${number} of ${eventSize} bytes`, { bytes: PACKET.bytes });
    }
    const end = source.offset + eventSize * number;
    const wanted = reader.begin(view);
    // A frame is one piece, because it is decoded as a whole.
    const piece =
      type === EVENT_TYPE.frame ? eventSize : eventSize * Math.max(1, Math.floor(PIECE_BYTES / eventSize));
    while (wanted && source.offset < end) {
      const offset = source.offset;
      const bytes = await source.read(Math.min(piece, end - offset));
      const whole = bytes.length - (bytes.length % eventSize);
      const { events, fault } = reader.decode(bytes.subarray(0, whole), offset);
      if (events.t.length > 0) yield events;
      if (fault !== undefined) throw fault;
      if (bytes.length < Math.min(piece, end - offset)) break;
    }
    await source.skip(end - source.offset);
    if (source.offset < end) {
      const what = `expected a packet up to byte ${end}, got the end of the file`;
      return faults.meet(start, what, { bytes: (source.offset - start - PACKET.bytes) % eventSize });
    }
  }
}
