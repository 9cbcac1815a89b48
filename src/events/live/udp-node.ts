/** Events as datagrams over UDP (see datagram.ts for their layouts). */
import { createSocket, type Socket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import { ArgumentError } from "../../core/index.ts";
import type { Events } from "../columns.ts";
import { Faults } from "../faults.ts";
import { partOf } from "../filter.ts";
import type { LiveAddress } from "./address.ts";
import { DatagramDecoder, type DatagramOptions, encodeDatagrams } from "./datagram.ts";
import type { OpenLiveOptions, SendOptions } from "./live-node.ts";
import { BatchQueue } from "./queue.ts";
import { liveRecording, type LiveRecording } from "./recording.ts";

/** Bytes that the system is asked to hold for us; it may give less. */
const RECEIVE_BYTES = 1 << 22;

/** Datagrams that are sent before the event loop has its turn. */
const BURST = 64;

/** See `openLive`. A socket does not wait: under the policy `"block"` the system drops datagrams, and nobody counts them. */
export async function openDatagrams(address: LiveAddress, options: OpenLiveOptions): Promise<LiveRecording> {
  const { sensor, mode = "recover", policy = "drop-oldest", queueEvents, clockUs, signal } = options;
  const { datagramFormat = "t64_x16_y16_on8", idleMs, onListening, file = address.url } = options;
  if (sensor === undefined) {
    throw new ArgumentError(`${address.url}: expected the option sensor: datagrams do not tell its size`);
  }
  if (policy === "block") {
    throw new ArgumentError(
      `${address.url}: expected a policy of drop-oldest or drop-newest: UDP does not wait`,
    );
  }
  signal?.throwIfAborted();
  const faults = new Faults("udp", mode, file);
  const decoder = new DatagramDecoder(datagramFormat, sensor, faults, clockUs);
  const queue = new BatchQueue(policy, queueEvents);
  const socket = await socketFor(address);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = (error?: unknown) => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
    queue.end(error);
    socket.removeAllListeners("message");
    socket.on("error", () => undefined);
    if (!closed) socket.close();
    closed = true;
  };
  const abort = () => stop(signal?.reason);
  let closed = false;
  const rearm = () => {
    clearTimeout(timer);
    if (idleMs !== undefined) timer = setTimeout(stop, idleMs);
  };
  socket.on("message", (bytes) => {
    if (bytes.length === 0) return stop();
    rearm();
    try {
      void queue.push(decoder.decode(bytes));
    } catch (error) {
      stop(error);
    }
  });
  socket.bind({ address: address.host, port: address.port });
  await once(socket, "listening");
  socket.on("error", stop);
  signal?.addEventListener("abort", abort);
  enlarge(socket);
  rearm();
  onListening?.(socket.address().port);
  const about = {
    format: "udp",
    sensor,
    report: faults,
    get offset() {
      return decoder.offset;
    },
  };
  const events = { ...about, [Symbol.asyncIterator]: () => queue[Symbol.asyncIterator]() };
  const stream = partOf(events, options);
  return liveRecording(Object.assign(about, { sensor: stream.sensor }), stream, queue, stop);
}

/** Sends events and then an empty datagram. */
export async function sendDatagrams(
  address: LiveAddress,
  batches: AsyncIterable<Events> | Iterable<Events>,
  { signal, ...options }: SendOptions & DatagramOptions,
): Promise<void> {
  const socket = await socketFor(address);
  try {
    socket.connect(address.port, address.host);
    await once(socket, "connect", signal === undefined ? {} : { signal });
    let sent = 0;
    for await (const batch of batches) {
      for (const bytes of encodeDatagrams(batch, options)) {
        signal?.throwIfAborted();
        await send(socket, bytes);
        if (++sent % BURST === 0) await nextTurn();
      }
    }
    await send(socket, new Uint8Array(0));
  } finally {
    socket.close();
  }
}

/** A socket that nobody is at the other end of yet is no fault: datagrams are sent to whom it may concern. */
function send(socket: Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(bytes, (error) => {
      if (error === null || (error as { code?: string }).code === "ECONNREFUSED") resolve();
      else reject(error);
    });
  });
}

async function socketFor({ host }: LiveAddress): Promise<Socket> {
  const { family } = await lookup(host);
  const socket = createSocket(family === 6 ? "udp6" : "udp4");
  return socket;
}

function enlarge(socket: Socket): void {
  try {
    socket.setRecvBufferSize(RECEIVE_BYTES);
  } catch {
    // What the system gives by itself will do.
  }
}
