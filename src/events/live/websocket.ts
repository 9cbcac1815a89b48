/** Recordings over a WebSocket, in browsers (and where else there is a global `WebSocket`). */
import { FormatError } from "../../core/index.ts";
import { type LiveBytes, type LiveOptions, type LiveRecording, openLiveBytes } from "./recording.ts";

/** Bytes that may wait to be decoded: a socket of a browser cannot be told to wait. */
const MAX_WAITING_BYTES = 1 << 26;

/**
 * Connects to a server that sends a recording as binary messages, in pieces of any size. A browser's socket cannot be made
 * to wait, so the policy is `"drop-oldest"` by default.
 *
 * @param url - `ws://…` or `wss://…`
 * @returns the recording, once its header has come
 * @throws FormatError if the connection fails, a message is text, or more bytes wait than 64 MiB; as `openEvents`
 */
export async function openWebSocket(url: string, options: LiveOptions = {}): Promise<LiveRecording> {
  return openLiveBytes(messages(url), { policy: "drop-oldest", file: url, ...options });
}

function messages(url: string): LiveBytes {
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  const waiting: Uint8Array[] = [];
  let [held, received, ended] = [0, 0, false];
  let error: FormatError | undefined;
  let wake: () => void = () => undefined;
  const end = (what?: string) => {
    if (what !== undefined) error ??= new FormatError("websocket", received, what, url);
    ended = true;
    socket.close();
    wake();
  };
  socket.onmessage = ({ data }: MessageEvent) => {
    if (ended) return;
    if (!(data instanceof ArrayBuffer)) return end("expected binary messages, got text");
    received += data.byteLength;
    held += data.byteLength;
    if (held > MAX_WAITING_BYTES) return end(`expected at most ${MAX_WAITING_BYTES} bytes to wait, got more`);
    waiting.push(new Uint8Array(data));
    wake();
  };
  socket.onerror = () => end("expected a WebSocket, got a failed connection");
  socket.onclose = ({ wasClean, code }) => {
    end(wasClean || ended ? undefined : `expected the connection to be closed in order, got code ${code}`);
  };
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const next = waiting.shift();
      if (next !== undefined) {
        held -= next.length;
        yield next;
      } else if (error !== undefined) {
        throw error;
      } else if (ended) {
        return;
      } else {
        await new Promise<void>((resolve) => (wake = resolve));
      }
    }
  }
  return { chunks: chunks(), stop: () => end() };
}
