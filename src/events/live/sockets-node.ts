/** Connections of TCP and WebSocket, as streams of bytes in both directions. */
import { once } from "node:events";
import { createServer, connect as connectSocket, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { WebSocket, WebSocketServer } from "ws";
import { FormatError, UnsupportedError } from "../../core/index.ts";
import type { LiveAddress } from "./address.ts";

/** A connection. */
export type Connection = {
  readonly stream: Duplex;
  /** How it broke, once it has ended, if it was not closed in order: a WebSocket's stream ends in silence. */
  readonly fault: () => string | undefined;
};

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
export async function connect(address: LiveAddress, options: ConnectOptions = {}): Promise<Connection> {
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

async function dial(
  { host, port }: LiveAddress,
  late: AbortSignal,
  signal?: AbortSignal,
): Promise<Connection> {
  const socket = connectSocket({ host, port });
  const fail = () => socket.destroy(new Error("aborted"));
  const signals = [late, ...(signal === undefined ? [] : [signal])];
  signals.forEach((one) => one.addEventListener("abort", fail));
  try {
    await once(socket, "connect");
    return stoppable({ stream: socket, fault: () => undefined }, signal);
  } finally {
    signals.forEach((one) => one.removeEventListener("abort", fail));
  }
}

async function dialWeb({ url }: LiveAddress, late: AbortSignal, signal?: AbortSignal): Promise<Connection> {
  const library = await import("ws");
  const socket = new library.WebSocket(url, { maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false });
  // Made before the connection stands, so that no message is missed.
  const connection = await webConnection(socket);
  const fail = () => socket.terminate();
  const signals = [late, ...(signal === undefined ? [] : [signal])];
  signals.forEach((one) => one.addEventListener("abort", fail));
  try {
    await once(socket, "open");
    return stoppable(connection, signal);
  } finally {
    signals.forEach((one) => one.removeEventListener("abort", fail));
  }
}

async function accept(
  { host, port, scheme }: LiveAddress,
  { signal, onListening }: ConnectOptions,
): Promise<Connection> {
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
    const aborted = signal === undefined ? [] : [aborting(signal)];
    return stoppable(await Promise.race([connected, ...aborted]), signal);
  } finally {
    server.close();
  }
}

async function aborting(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, "abort");
  throw signal.reason;
}

function nextSocket(server: ReturnType<typeof createServer>): Promise<Connection> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.once("connection", (stream: Socket) => {
      server.on("connection", (other: Socket) => other.destroy());
      resolve({ stream, fault: () => undefined });
    });
  });
}

function nextWeb(server: WebSocketServer): Promise<Connection> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.once("connection", (socket) => {
      server.on("connection", (other) => other.terminate());
      resolve(webConnection(socket));
    });
  });
}

/** Codes of a close in order: normal, going away, none given. */
const IN_ORDER = [1000, 1001, 1005];

async function webConnection(socket: WebSocket): Promise<Connection> {
  const { createWebSocketStream } = await import("ws");
  const stream = createWebSocketStream(socket, { readableObjectMode: true });
  stream.on("error", () => undefined);
  let closed = 0;
  socket.on("close", (code) => (closed = code));
  return {
    stream,
    fault: () =>
      closed === 0 || IN_ORDER.includes(closed)
        ? undefined
        : `expected the connection to be closed in order, got code ${closed}`,
  };
}

/** A connection that a signal ends. Errors reach whoever reads or writes, and nobody else. */
function stoppable(connection: Connection, signal: AbortSignal | undefined): Connection {
  const { stream } = connection;
  stream.on("error", () => undefined);
  if (signal !== undefined) {
    const stop = () => stream.destroy(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    stream.once("close", () => signal.removeEventListener("abort", stop));
  }
  return connection;
}

/**
 * The chunks that a connection receives.
 *
 * @throws UnsupportedError for a text message; FormatError after the last chunk if it was not closed in order
 */
export async function* received({ stream, fault }: Connection, file: string): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Uint8Array | string>) {
    if (typeof chunk === "string") {
      throw new UnsupportedError(`${file}: expected binary messages, got text`);
    }
    bytes += chunk.length;
    yield chunk;
  }
  const what = fault();
  if (what !== undefined) throw new FormatError("websocket", bytes, what, file);
}
