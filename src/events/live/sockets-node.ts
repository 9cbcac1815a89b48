/** Connections of TCP and WebSocket, as streams of bytes in both directions. */
import { once } from "node:events";
import { createServer, connect as connectSocket, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { UnsupportedError } from "../../core/index.ts";
import type { LiveAddress } from "./address.ts";

/** Options of connecting. */
export type ConnectOptions = {
  /** Milliseconds within which the other side must answer, if it is connected to; 10,000 by default. */
  readonly connectTimeoutMs?: number | undefined;
  /** Ends waiting and reading with an `AbortError`. */
  readonly signal?: AbortSignal | undefined;
  /** Called with the port, once the other side is waited for. */
  readonly onListening?: ((port: number) => void) | undefined;
};

/** Between attempts to connect, milliseconds. */
const RETRY_MS = 100;

/** Largest message of a WebSocket, bytes. */
const MAX_MESSAGE_BYTES = 1 << 26;

/**
 * Connects, or waits for one other side to connect; further ones are turned away. A port at which nobody listens yet is
 * tried again until the time is up.
 *
 * @throws the system's errors, `AbortError`
 */
export async function connect(address: LiveAddress, options: ConnectOptions = {}): Promise<Duplex> {
  const { connectTimeoutMs = 10_000, signal } = options;
  if (address.listen) return accept(address, options);
  const late = AbortSignal.timeout(connectTimeoutMs);
  for (;;) {
    try {
      return await (address.scheme === "tcp" ? dial(address, late, signal) : dialWeb(address, late, signal));
    } catch (error) {
      signal?.throwIfAborted();
      const refused = (error as { code?: string }).code === "ECONNREFUSED";
      if (late.aborted || !refused)
        throw late.aborted && !refused ? timedOut(address, connectTimeoutMs) : error;
      await sleep(RETRY_MS);
    }
  }
}

/** As the system would say it. */
function timedOut({ host, port }: LiveAddress, ms: number): Error {
  return Object.assign(new Error(`expected an answer of ${host}:${port} within ${ms} ms, got none`), {
    code: "ETIMEDOUT",
    syscall: "connect",
  });
}

async function dial({ host, port }: LiveAddress, late: AbortSignal, signal?: AbortSignal): Promise<Duplex> {
  const socket = connectSocket({ host, port });
  const fail = () => socket.destroy(new Error("aborted"));
  const signals = [late, ...(signal === undefined ? [] : [signal])];
  signals.forEach((one) => one.addEventListener("abort", fail));
  try {
    await once(socket, "connect");
    return stoppable(socket, signal);
  } finally {
    signals.forEach((one) => one.removeEventListener("abort", fail));
  }
}

async function dialWeb({ url }: LiveAddress, late: AbortSignal, signal?: AbortSignal): Promise<Duplex> {
  const { WebSocket, createWebSocketStream } = await import("ws");
  const socket = new WebSocket(url, { maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false });
  // Made before the connection stands, so that no message is missed.
  const stream = createWebSocketStream(socket, { readableObjectMode: true });
  stream.on("error", () => undefined);
  const fail = () => socket.terminate();
  const signals = [late, ...(signal === undefined ? [] : [signal])];
  signals.forEach((one) => one.addEventListener("abort", fail));
  try {
    await once(socket, "open");
    return stoppable(stream, signal);
  } finally {
    signals.forEach((one) => one.removeEventListener("abort", fail));
  }
}

async function accept(address: LiveAddress, { signal, onListening }: ConnectOptions): Promise<Duplex> {
  const { host, port, scheme } = address;
  const { createServer: createWebServer } = await import("node:http");
  const web = scheme === "tcp" ? undefined : (await import("ws")).WebSocketServer;
  const server = web === undefined ? createServer() : createWebServer();
  try {
    const connected =
      web === undefined
        ? nextSocket(server)
        : nextWeb(
            new web({ server: server as never, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false }),
          );
    connected.catch(() => undefined);
    server.listen({ host, port });
    await once(server, "listening", signal === undefined ? {} : { signal });
    onListening?.((server.address() as { port: number }).port);
    const aborted = signal === undefined ? [] : [once(signal, "abort").then(() => signal.throwIfAborted())];
    return stoppable((await Promise.race([connected, ...aborted])) as Duplex, signal);
  } finally {
    server.close();
  }
}

async function nextSocket(server: ReturnType<typeof createServer>): Promise<Socket> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.on("connection", (socket: Socket) => {
      server.removeAllListeners("connection");
      server.on("connection", (other: Socket) => other.destroy());
      resolve(socket);
    });
  });
}

async function nextWeb(server: InstanceType<typeof import("ws").WebSocketServer>): Promise<Duplex> {
  const { createWebSocketStream } = await import("ws");
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.on("connection", (socket) => {
      server.removeAllListeners("connection");
      server.on("connection", (other) => other.terminate());
      const stream = createWebSocketStream(socket, { readableObjectMode: true });
      stream.on("error", () => undefined);
      resolve(stream);
    });
  });
}

/** A stream that a signal ends. Errors reach whoever reads or writes, and nobody else. */
function stoppable(stream: Duplex, signal: AbortSignal | undefined): Duplex {
  stream.on("error", () => undefined);
  if (signal !== undefined) {
    const stop = () => stream.destroy(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    stream.once("close", () => signal.removeEventListener("abort", stop));
  }
  return stream;
}

/** The chunks that a stream receives; text messages of a WebSocket are refused. */
export async function* received(stream: Duplex): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) {
    if (typeof chunk === "string")
      throw new UnsupportedError("websocket: expected binary messages, got text");
    yield chunk as Uint8Array;
  }
}
