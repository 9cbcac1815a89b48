/** Live sources and sinks in Node.js: TCP, UDP and WebSocket, by their address. */
import type { Duplex } from "node:stream";
import { FormatError, UnsupportedError } from "../../core/index.ts";
import type { Events, SensorSize } from "../columns.ts";
import { encodeEvents, type EncodeOptions, type WriteFormat } from "../write.ts";
import { type LiveAddress, parseLiveAddress } from "./address.ts";
import { type DatagramOptions } from "./datagram.ts";
import { type LiveOptions, type LiveRecording, openLiveBytes } from "./recording.ts";
import { connect, type Connection, type ConnectOptions, received } from "./sockets-node.ts";
import { openDatagrams, sendDatagrams } from "./udp-node.ts";

/** Options of {@link openLive}. */
export type OpenLiveOptions = LiveOptions &
  ConnectOptions &
  DatagramOptions & {
    /** Milliseconds without a byte after which a connection counts as broken, and UDP as ended; never by default. */
    readonly idleMs?: number | undefined;
    /** Time in µs of events that come without one (see `datagram.ts`). */
    readonly clockUs?: (() => number) | undefined;
  };

/**
 * Opens a live source:
 *
 * - `tcp://host:port`, `ws://host:port/path`: connects, and reads a recording of any format that is read from front to
 *   back. `tcp://:port` and `…?listen` wait for the other side to connect.
 * - `udp://host:port`: datagrams of events that arrive there. The option `sensor` must be given; broken and overtaken
 *   datagrams are left out and reported unless `mode` is `"strict"`.
 *
 * @returns the recording, once its header has come
 * @throws ArgumentError, FormatError, UnsupportedError as `openEvents`; the system's errors; `AbortError`
 */
export async function openLive(url: string, options: OpenLiveOptions = {}): Promise<LiveRecording> {
  const address = parseLiveAddress(url);
  if (address.scheme === "udp") return openDatagrams(address, options);
  const connection = await connect(address, options);
  const { idleMs } = options;
  const chunks = idleMs === undefined ? received(connection, url) : watched(connection, address, idleMs);
  return openLiveBytes({ chunks, stop: () => void connection.stream.destroy() }, { file: url, ...options });
}

/** Ends a connection that is silent for too long. */
async function* watched(
  connection: Connection,
  { scheme, url }: LiveAddress,
  idleMs: number,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  const fail = () =>
    connection.stream.destroy(
      new FormatError(scheme, bytes, `expected a byte within ${idleMs} ms, got none`, url),
    );
  let timer = setTimeout(fail, idleMs);
  try {
    for await (const chunk of received(connection, url)) {
      clearTimeout(timer);
      bytes += chunk.length;
      yield chunk;
      timer = setTimeout(fail, idleMs);
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Options of {@link sendEvents}. */
export type SendOptions = ConnectOptions & DatagramOptions;

/**
 * Sends events to a live sink, as fast as it takes them: a recording over TCP or WebSocket, datagrams over UDP, with an
 * empty one at the end. Addresses are those of {@link openLive}.
 *
 * @param format - format of the recording; UDP has its own
 * @param batches - events in order of time
 * @throws ArgumentError as `encodeEvents`; UnsupportedError for formats that are not written from front to back; the
 *   system's errors; `AbortError`
 */
export async function sendEvents<F extends WriteFormat>(
  url: string,
  format: F,
  sensor: SensorSize,
  batches: AsyncIterable<Events> | Iterable<Events>,
  { encode, ...options }: SendOptions & { readonly encode?: EncodeOptions<F> } = {},
): Promise<void> {
  const address = parseLiveAddress(url);
  if (address.scheme === "udp") return sendDatagrams(address, batches, options);
  const { stream } = await connect(address, options);
  // Whatever the other side says is passed over, but for its end.
  stream.resume();
  let fault: Error | undefined;
  // A WebSocket that is closing says so by an error that is none of the system's.
  stream.once("error", (error: Error) => (fault = "code" in error ? error : leftBy(url)));
  const check = () => {
    if (fault !== undefined || stream.destroyed || stream.writableEnded) throw fault ?? leftBy(url);
  };
  try {
    for await (const piece of encodeEvents(format, sensor, batches, encode)) {
      if (!(piece instanceof Uint8Array)) {
        throw new UnsupportedError(
          `${url}: expected a format that is written from front to back, got ${format}`,
        );
      }
      check();
      // Bytes on their way are the stream's: the encoder may use its own again.
      if (!stream.write(piece.slice())) await drained(stream);
    }
    check();
    const ended = eventOf(stream, ["finish", "error", "close"]);
    stream.end();
    await ended;
    if (!stream.writableFinished) throw fault ?? leftBy(url);
  } catch (error) {
    stream.destroy();
    options.signal?.throwIfAborted();
    throw fault ?? error;
  }
}

/** As the system would say it. */
function leftBy(url: string): Error {
  return Object.assign(new Error(`expected ${url} to take events, got the end of the connection`), {
    code: "EPIPE",
    syscall: "write",
  });
}

function drained(stream: Duplex): Promise<void> {
  return eventOf(stream, ["drain", "error", "close"]);
}

function eventOf(stream: Duplex, names: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      names.forEach((name) => stream.off(name, done));
      resolve();
    };
    names.forEach((name) => stream.on(name, done));
  });
}
