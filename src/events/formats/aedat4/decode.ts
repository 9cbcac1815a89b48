/** Reading AEDAT 4.0 (see layout.ts), packet by packet. */
import { latin1, UnsupportedError } from "../../../core/index.ts";
import type { Events } from "../../columns.ts";
import { Faults } from "../../faults.ts";
import { type ReaderOptions, type Recording, recordingOf } from "../../recording.ts";
import type { ByteSource } from "../../source.ts";
import { FlatbufferFault, rootTable } from "./flatbuffer.ts";
import { type StreamInfo, streamsOf } from "./info.ts";
import {
  type Compression,
  COMPRESSIONS,
  EVENT_PACKET,
  IO_HEADER,
  MAX_HEADER_BYTES,
  MAX_PACKET_BYTES,
  PACKET_HEADER_BYTES,
  VERSION_LINE,
} from "./layout.ts";
import { decompressorOf, EventPackets, type SamplePackets, samplePackets } from "./packets.ts";

/**
 * Opens an AEDAT 4.0 recording and reads its first stream of type `EVTS`; one batch is one packet. Packets of frames, IMU
 * samples and triggers, of any number of streams, go to the callbacks as they come; those that nobody asked for, and
 * those of other streams, are passed over by their length.
 *
 * In `recover` mode a recording that was cut off is read up to its last whole packet; where the header gives a wrong
 * position for the table of packets, up to the first bytes that are no packet. A packet that does not decompress or parse
 * is left out, and so is each event that lies outside the sensor or goes back in time. In `strict` mode each of these is
 * an error, raised after all events before it were delivered. A broken header is an error in both.
 *
 * @throws FormatError from here for the header, from the iteration for packets
 */
export async function openAedat4(source: ByteSource, options: ReaderOptions = {}): Promise<Recording> {
  const { mode = "strict", file } = options;
  const faults = new Faults("aedat4", mode, file);
  const header = await readHeader(source, faults);
  const stream = header.streams.find((s) => s.type === EVENT_PACKET.identifier);
  if (stream?.sensor === undefined) {
    const types = header.streams.map((s) => s.type).join(", ");
    const sought = stream === undefined ? "a stream of type EVTS" : `sizeX and sizeY of stream ${stream.id}`;
    throw faults.error(
      VERSION_LINE.length,
      `expected ${sought} in infoNode, got ${types === "" ? "no stream" : types}`,
    );
  }
  const { id, sensor } = stream;
  const samples = samplePackets(faults, options);
  const readers: Readers = new Map(header.streams.map((s) => [s.id, samples.get(s.type)]));
  readers.set(id, new EventPackets(faults, sensor));
  return recordingOf("aedat4", sensor, faults, source, readPackets(source, faults, header, readers));
}

/** What reads the packets of each stream of the header; undefined for those that are passed over. */
type Readers = Map<number, EventPackets | SamplePackets | undefined>;

type Header = {
  readonly compression: Compression;
  /** Offset at which the packets end; infinite if the header does not say. */
  readonly packetsEnd: number;
  readonly streams: readonly StreamInfo[];
};

async function readHeader(source: ByteSource, faults: Faults): Promise<Header> {
  const line = latin1(await source.read(VERSION_LINE.length));
  if (line !== VERSION_LINE)
    throw faults.error(0, `expected ${JSON.stringify(VERSION_LINE)}, got ${JSON.stringify(line)}`);
  const start = source.offset;
  const prefix = await source.peek(4);
  if (prefix.length < 4) throw faults.error(start, `expected 4 bytes of header size, got ${prefix.length}`);
  const size = uint32(prefix, 0);
  if (size > MAX_HEADER_BYTES) {
    throw faults.error(start, `expected a header of at most ${MAX_HEADER_BYTES} bytes, got ${size}`);
  }
  const bytes = await source.read(4 + size);
  if (bytes.length < 4 + size) {
    throw faults.error(start + bytes.length, `expected ${size} bytes of header, got ${bytes.length - 4}`);
  }
  try {
    const table = rootTable(bytes, IO_HEADER.identifier);
    const code = table.int32(IO_HEADER.compression, 0);
    const compression = COMPRESSIONS[code];
    if (compression === undefined) {
      throw new UnsupportedError(`aedat4: expected compression 0 to ${COMPRESSIONS.length - 1}, got ${code}`);
    }
    const position = table.int64(IO_HEADER.dataTablePosition, -1);
    const info = table.vector(IO_HEADER.infoNode, 1);
    const xml = new TextDecoder().decode(bytes.subarray(info.start, info.start + info.count));
    // A recorder that did not get to close the file leaves -1; so does one that writes no table.
    const packetsEnd = position < source.offset ? Number.POSITIVE_INFINITY : position;
    return { compression, packetsEnd, streams: streamsOf(xml) };
  } catch (fault) {
    if (fault instanceof FlatbufferFault) throw faults.error(start + fault.at, fault.message);
    throw fault;
  }
}

async function* readPackets(
  source: ByteSource,
  faults: Faults,
  header: Header,
  readers: Readers,
): AsyncGenerator<Events> {
  const decompress = await decompressorOf(header.compression);
  let { packetsEnd } = header;
  for (;;) {
    const start = source.offset;
    if (start >= packetsEnd) {
      const next = await source.peek(PACKET_HEADER_BYTES);
      if (next.length === 0)
        return faults.meet(start, "expected the table of packets, got the end of the file");
      // A table starts with its size or with the mark of its compression, which are no numbers of streams.
      if (next.length < 4 || !readers.has(uint32(next, 0))) return;
      faults.meet(start, `expected the table of packets, got a packet of stream ${uint32(next, 0)}`);
      packetsEnd = Number.POSITIVE_INFINITY;
    }
    const head = await source.read(PACKET_HEADER_BYTES);
    if (head.length === 0) {
      if (packetsEnd === Number.POSITIVE_INFINITY) return;
      return faults.meet(start, `expected packets up to byte ${packetsEnd}, got the end of the file`);
    }
    if (head.length < PACKET_HEADER_BYTES) {
      const what = `expected ${PACKET_HEADER_BYTES} bytes of packet header, got ${head.length}`;
      return faults.meet(start, what, { bytes: head.length });
    }
    const id = uint32(head, 0);
    const size = uint32(head, 4);
    if (size > MAX_PACKET_BYTES) {
      // Where the next packet starts is unknown now: nothing after this can be trusted.
      return faults.meet(start + 4, `expected a packet of at most ${MAX_PACKET_BYTES} bytes, got ${size}`, {
        bytes: 8,
      });
    }
    if (start + PACKET_HEADER_BYTES + size > packetsEnd) {
      const most = packetsEnd - start - PACKET_HEADER_BYTES;
      faults.meet(start + 4, `expected a packet of at most ${most} bytes before the table, got ${size}`);
      packetsEnd = Number.POSITIVE_INFINITY;
    }
    if (!readers.has(id)) {
      const known = [...readers.keys()].join(", ");
      faults.meet(start, `expected a stream of the header, ${known}, got ${id}`, { bytes: 8 + size });
    }
    const reader = readers.get(id);
    const bytes = reader === undefined ? undefined : await source.read(size);
    const got = bytes === undefined ? await source.skip(size) : bytes.length;
    if (got < size) {
      return faults.meet(start, `expected a packet of ${size} bytes, got the end of the file after ${got}`, {
        bytes: PACKET_HEADER_BYTES + got,
      });
    }
    const decoded = bytes === undefined ? undefined : reader?.decode(start, bytes, decompress);
    if (decoded === undefined) continue;
    if (decoded.events.t.length > 0) yield decoded.events;
    if (decoded.fault !== undefined) throw decoded.fault;
  }
}

function uint32(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at, true);
}
