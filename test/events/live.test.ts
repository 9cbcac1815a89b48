import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, connect, type AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket, WebSocketServer } from "ws";
import fc from "fast-check";
import { afterEach, expect, suite, test } from "vitest";
import { ArgumentError, FormatError, Random, UnsupportedError } from "../../src/core/index.ts";
import {
  datagramFormats,
  encodeAedat4,
  encodeEvt3,
  type Events,
  joinEvents,
  openLiveBytes,
  openWebSocket,
  parseLiveAddress,
  sliceEvents,
} from "../../src/events/index.ts";
import { openLive, type OpenLiveOptions, sendEvents } from "../../src/events/node.ts";
import { DatagramDecoder, encodeDatagrams } from "../../src/events/live/datagram.ts";
import { BatchQueue } from "../../src/events/live/queue.ts";
import { Faults } from "../../src/events/faults.ts";
import { bytesOf, eventsOf, randomEvents } from "./support.ts";

const SENSOR = { width: 128, height: 96 };
const EVENTS = randomEvents(new Random(1), 20_000, SENSOR);

/** What the tests opened, to be closed whatever happens. */
const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

function batchesOf(events: Events, size: number): Events[] {
  return Array.from({ length: Math.ceil(events.t.length / size) }, (_, i) =>
    sliceEvents(events, i * size, Math.min(events.t.length, (i + 1) * size)),
  );
}

async function all(stream: AsyncIterable<Events>): Promise<Events> {
  const batches: Events[] = [];
  for await (const batch of stream) batches.push(batch);
  return joinEvents(batches);
}

/** Opens a source that waits for the other side; `port` is known at once, the recording when that sends. */
function listening(url: string, options: OpenLiveOptions = {}) {
  let told: (port: number) => void;
  const port = new Promise<number>((resolve) => (told = resolve));
  const recording = openLive(url, { ...options, onListening: (at) => told(at) });
  recording.then((one) => opened.push(one)).catch(() => undefined);
  return { port, recording };
}

suite("addresses of live sources", () => {
  test("name a scheme, a host and a port", () => {
    expect(parseLiveAddress("tcp://camera.local:4000")).toMatchObject({
      host: "camera.local",
      port: 4000,
      listen: false,
    });
    expect(parseLiveAddress("udp://:3333")).toMatchObject({ scheme: "udp", host: "127.0.0.1", listen: true });
    expect(parseLiveAddress("ws://0.0.0.0:80?listen")).toMatchObject({ host: "0.0.0.0", listen: true });
    expect(parseLiveAddress("tcp://[::1]:80")).toMatchObject({ host: "::1" });
    expect(parseLiveAddress("wss://host:443/events")).toMatchObject({ scheme: "wss", port: 443 });
  });

  test.each([
    "tcp://host",
    "tcp://host:99999",
    "udp://a b:1",
    "tcp://h:1?x",
    "tcp://h:1/path",
    "wss://:1",
    "http://h:1",
  ])("%s is none", (url) => expect(() => parseLiveAddress(url)).toThrow(ArgumentError));
});

suite("a queue of batches", () => {
  const batch = (start: number) =>
    eventsOf([
      [start, 0, 0, 1],
      [start + 1, 0, 0, 0],
    ]);
  const times = (events: Events) => Array.from(events.t);

  test("drops the oldest batches, and counts them", async () => {
    const queue = new BatchQueue("drop-oldest", 4);
    for (const start of [0, 10, 20]) await queue.push(batch(start));
    queue.end();
    expect(times(await all(queue))).toEqual([10, 11, 20, 21]);
    expect(queue.drops).toEqual({ events: 2, batches: 1 });
  });

  test("drops the newest batches, and counts them", async () => {
    const queue = new BatchQueue("drop-newest", 4);
    for (const start of [0, 10, 20]) await queue.push(batch(start));
    queue.end();
    expect(times(await all(queue))).toEqual([0, 1, 10, 11]);
    expect(queue.drops).toEqual({ events: 2, batches: 1 });
  });

  test("lets the writer wait, and drops nothing", async () => {
    const queue = new BatchQueue("block", 4);
    let written = 0;
    const writing = (async () => {
      for (let i = 0; i < 10; i++) {
        await queue.push(batch(10 * i));
        written++;
      }
      queue.end();
    })();
    await sleep(5);
    expect(written).toBe(2);
    expect((await all(queue)).t.length).toBe(20);
    await writing;
    expect(queue.drops).toEqual({ events: 0, batches: 0 });
  });

  test("holds a batch that is larger than it", async () => {
    const queue = new BatchQueue("drop-oldest", 1);
    await queue.push(batch(0));
    queue.end();
    expect(times(await all(queue))).toEqual([0, 1]);
  });

  test("hands out what waits before an error", async () => {
    const queue = new BatchQueue("drop-oldest", 9);
    await queue.push(batch(0));
    queue.end(new Error("broken"));
    const seen: number[] = [];
    const reading = (async () => {
      for await (const events of queue) seen.push(...events.t);
    })();
    await expect(reading).rejects.toThrow("broken");
    expect(seen).toEqual([0, 1]);
  });

  test("wants a capacity and a policy", () => {
    expect(() => new BatchQueue("drop-oldest", 0)).toThrow(ArgumentError);
    expect(() => new BatchQueue("drop" as "block")).toThrow(ArgumentError);
  });
});

suite("datagrams", () => {
  test.each(datagramFormats)("%s come back as they were", (datagramFormat) => {
    const faults = new Faults("udp", "strict", undefined);
    const decoder = new DatagramDecoder(datagramFormat, SENSOR, faults);
    const datagrams = [...encodeDatagrams(EVENTS, { datagramFormat })];
    expect(Math.max(...datagrams.map(({ length }) => length))).toBeLessThanOrEqual(1209);
    expect(joinEvents(datagrams.map((bytes) => decoder.decode(bytes)))).toEqual(EVENTS);
  });

  test("have the bytes of their specification", () => {
    const event = eventsOf([[0x0102030405, 0x1122, 0x0304, 1]]);
    const bytes = (datagramFormat: (typeof datagramFormats)[number]) =>
      Buffer.from([...encodeDatagrams(event, { datagramFormat })][0]!).toString("hex");
    expect(bytes("t64_x16_y16_on8")).toBe("0504030201000000" + "2211" + "0403" + "01");
    expect(bytes("t32_x16_y15_on1")).toBe("05040302" + "2211" + "0906");
    expect(bytes("spif")).toBe("04832211" + "05040302");
  });

  test("of 32-bit times go on when these start over", () => {
    const decoder = new DatagramDecoder("t32_x16_y15_on1", SENSOR, new Faults("udp", "strict", undefined));
    const events = eventsOf([
      [2 ** 32 - 2, 1, 2, 1],
      [2 ** 32 + 5, 3, 4, 0],
      [2 ** 32 + 2 ** 31, 3, 4, 0],
    ]);
    const [bytes] = encodeDatagrams(events, { datagramFormat: "t32_x16_y15_on1" });
    expect(decoder.decode(bytes!)).toEqual(events);
  });

  test("without times take those of a clock, or are faults", () => {
    const word = Uint8Array.of(0x02, 0x80, 0x01, 0x80);
    const clocked = new DatagramDecoder("spif", SENSOR, new Faults("udp", "strict", undefined), () => 77);
    expect(clocked.decode(word)).toEqual(eventsOf([[77, 1, 2, 1]]));
    const faults = new Faults("udp", "recover", undefined);
    expect(new DatagramDecoder("spif", SENSOR, faults).decode(word).t.length).toBe(0);
    expect(faults.droppedEvents).toBe(1);
  });

  test("of any bytes are read or refused, never more", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...datagramFormats),
        fc.array(fc.uint8Array({ maxLength: 64 })),
        (format, parts) => {
          const faults = new Faults("udp", "recover", undefined);
          const decoder = new DatagramDecoder(format, SENSOR, faults);
          let last = 0;
          for (const part of parts) {
            const { t, x, y } = decoder.decode(part);
            t.forEach((time, i) => {
              expect(time).toBeGreaterThanOrEqual(last);
              last = time;
              expect(x[i]).toBeLessThan(SENSOR.width);
              expect(y[i]).toBeLessThan(SENSOR.height);
            });
          }
        },
      ),
    );
  });

  test("for rows that the layout has no bits for are refused", () => {
    const tall = eventsOf([[0, 0, 40_000, 1]]);
    expect(() => [...encodeDatagrams(tall, { datagramFormat: "spif" })]).toThrow(ArgumentError);
  });
});

suite("events over the network", () => {
  test.each([
    ["tcp", "aedat4"],
    ["tcp", "evt3"],
    ["ws", "aedat4"],
    ["ws", "evt3"],
  ] as const)("%s: the reader waits, the sender connects, %s", async (scheme, format) => {
    const { port, recording } = listening(`${scheme}://:0`);
    const sending = sendEvents(`${scheme}://127.0.0.1:${await port}`, format, SENSOR, batchesOf(EVENTS, 700));
    const read = await recording;
    expect(read.sensor).toEqual(SENSOR);
    expect(await all(read)).toEqual(EVENTS);
    await sending;
    expect(read.drops).toEqual({ events: 0, batches: 0 });
  });

  test.each(["tcp", "ws"] as const)("%s: the sender waits, the reader connects", async (scheme) => {
    let sending: Promise<void> | undefined;
    const port = await new Promise<number>((onListening) => {
      sending = sendEvents(`${scheme}://:0`, "evt3", SENSOR, [EVENTS], { onListening });
    });
    const read = await openLive(`${scheme}://127.0.0.1:${port}`);
    expect(await all(read)).toEqual(EVENTS);
    await sending;
  });

  test.each(datagramFormats)("udp: %s", async (datagramFormat) => {
    const { port, recording } = listening("udp://:0", { sensor: SENSOR, datagramFormat });
    const read = await recording;
    const few = sliceEvents(EVENTS, 0, 4000);
    await sendEvents(`udp://127.0.0.1:${await port}`, "aedat4", SENSOR, [few], { datagramFormat });
    expect(await all(read)).toEqual(few);
    expect(read.report.count).toBe(0);
  });

  test("a reader that connects first waits for the sender to listen", async () => {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    const reading = openLive(`tcp://127.0.0.1:${port}`);
    await sleep(150);
    const sending = sendEvents(`tcp://127.0.0.1:${port}?listen`, "evt3", SENSOR, [EVENTS]);
    expect(await all(await reading)).toEqual(EVENTS);
    await sending;
  });

  test("nobody at the other end is an error of the system", async () => {
    const failing = openLive("tcp://127.0.0.1:1", { connectTimeoutMs: 50 });
    await expect(failing).rejects.toMatchObject({ code: "ECONNREFUSED", syscall: "connect" });
    await expect(openLive("ws://127.0.0.1:1/", { connectTimeoutMs: 50 })).rejects.toMatchObject({
      code: "ECONNREFUSED",
    });
  });

  test("AEDAT 4.0 may come without the version line, as from a camera's server", async () => {
    const file = await bytesOf(encodeAedat4(SENSOR, [EVENTS]));
    const server = createServer((socket) => socket.end(file.subarray(14))).listen(0, "127.0.0.1");
    opened.push(server);
    await once(server, "listening");
    const read = await openLive(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`);
    expect(read.format).toBe("aedat4");
    expect(await all(read)).toEqual(EVENTS);
  });

  test("bytes that are no recording are refused", async () => {
    const server = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")).listen(
      0,
      "127.0.0.1",
    );
    opened.push(server);
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    await expect(openLive(`tcp://127.0.0.1:${port}`)).rejects.toThrow(FormatError);
  });

  test("a connection that breaks off gives what came before, then its fault", async () => {
    const file = await bytesOf(encodeAedat4(SENSOR, batchesOf(EVENTS, 1000)));
    const server = createServer((socket) => {
      socket.write(file.subarray(0, file.length / 2), () => socket.destroy());
    }).listen(0, "127.0.0.1");
    opened.push(server);
    await once(server, "listening");
    const read = await openLive(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`);
    let count = 0;
    const reading = (async () => {
      for await (const { t } of read) count += t.length;
    })();
    await expect(reading).rejects.toThrow(/expected a packet of \d+ bytes, got the end/);
    expect(count).toBeGreaterThan(5000);
  });

  test("a WebSocket that breaks off gives what came before, then its fault", async () => {
    const { port, recording } = listening("ws://:0");
    const socket = new WebSocket(`ws://127.0.0.1:${await port}`);
    await once(socket, "open");
    socket.send(await bytesOf(encodeEvt3(SENSOR, [EVENTS])), () => socket.terminate());
    let count = 0;
    const reading = (async () => {
      for await (const { t } of await recording) count += t.length;
    })();
    await expect(reading).rejects.toThrow("expected the connection to be closed in order, got code 1006");
    expect(count).toBe(EVENTS.t.length);
  });

  test("silence ends a connection where that is asked for", async () => {
    const server = createServer((socket) => void socket.write("% evt 3.0\n% end\n")).listen(0, "127.0.0.1");
    opened.push(server);
    await once(server, "listening");
    const url = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const reading = openLive(url, { idleMs: 60 }).then(all);
    await expect(reading).rejects.toThrow("expected a byte within 60 ms, got none");
  });

  test("a signal ends waiting for a sender, and reading", async () => {
    const waiting = new AbortController();
    const { port, recording } = listening("tcp://:0", { signal: waiting.signal });
    await port;
    waiting.abort();
    await expect(recording).rejects.toMatchObject({ name: "AbortError" });

    const reading = new AbortController();
    const second = listening("tcp://:0", { signal: reading.signal });
    const socket = connect({ host: "127.0.0.1", port: await second.port });
    opened.push({ close: () => socket.destroy() });
    socket.on("error", () => undefined);
    socket.write(await bytesOf(encodeEvt3(SENSOR, [EVENTS])));
    const next = all(await second.recording);
    setTimeout(() => reading.abort(), 30);
    await expect(next).rejects.toMatchObject({ name: "AbortError" });
  });

  test("leaving the loop closes the connection", async () => {
    const { port, recording } = listening("tcp://:0");
    const socket = connect({ host: "127.0.0.1", port: await port });
    socket.on("error", () => undefined);
    socket.write(await bytesOf(encodeEvt3(SENSOR, [EVENTS])));
    for await (const batch of await recording) {
      expect(batch.t.length).toBeGreaterThan(0);
      break;
    }
    await new Promise((closed) => socket.on("close", closed));
  });

  test.each(["tcp", "ws"])(
    "%s: a sender whose reader leaves stops with an error of the system",
    async (scheme) => {
      const { port, recording } = listening(`${scheme}://:0`);
      async function* endless() {
        for (let k = 0; ; k++) {
          yield { ...EVENTS, t: EVENTS.t.map((t) => t + k * 1e6) };
          await sleep(1);
        }
      }
      const sending = sendEvents(`${scheme}://127.0.0.1:${await port}`, "aedat4", SENSOR, endless());
      sending.catch(() => undefined);
      await (await recording).close();
      await expect(sending).rejects.toMatchObject({ syscall: expect.any(String) });
    },
  );

  test("a slow reader of a live source loses the oldest events, and is told how many", async () => {
    const { port, recording } = listening("tcp://:0", { policy: "drop-oldest", queueEvents: 5000 });
    await sendEvents(`tcp://127.0.0.1:${await port}`, "aedat4", SENSOR, batchesOf(EVENTS, 1000));
    const read = await recording;
    await sleep(100);
    const events = await all(read);
    expect(events.t.length).toBeLessThanOrEqual(5000);
    expect(events.t.at(-1)).toBe(EVENTS.t.at(-1));
    expect(read.drops.events).toBe(EVENTS.t.length - events.t.length);
    expect(read.drops.batches).toBeGreaterThan(0);
  });

  test("udp leaves out broken and overtaken datagrams, and reports them", async () => {
    const { port, recording } = listening("udp://:0", { sensor: SENSOR });
    const read = await recording;
    const socket = createSocket("udp4");
    opened.push(socket);
    const at = await port;
    const send = (bytes: Uint8Array) =>
      new Promise<void>((done) => socket.send(bytes, at, "127.0.0.1", () => done()));
    const [first, late] = [eventsOf([[100, 1, 2, 1]]), eventsOf([[50, 1, 2, 1]])];
    for (const bytes of [...encodeDatagrams(first), Uint8Array.of(1, 2, 3), ...encodeDatagrams(late)])
      await send(bytes);
    await send(new Uint8Array(0));
    expect(await all(read)).toEqual(first);
    expect(read.report).toMatchObject({ count: 2, droppedEvents: 1, droppedBytes: 3 });
  });

  test("udp wants to know the sensor, and does not block", async () => {
    await expect(openLive("udp://:0")).rejects.toThrow("expected the option sensor");
    await expect(openLive("udp://:0", { sensor: SENSOR, policy: "block" })).rejects.toThrow(ArgumentError);
  });

  test("udp ends after a silence where that is asked for", async () => {
    const { recording } = listening("udp://:0", { sensor: SENSOR, idleMs: 30 });
    expect((await all(await recording)).t.length).toBe(0);
  });

  test("text over a WebSocket is refused", async () => {
    const { port, recording } = listening("ws://:0");
    const socket = new WebSocket(`ws://127.0.0.1:${await port}`);
    socket.on("error", () => undefined);
    await once(socket, "open");
    socket.send("% evt 3.0");
    await expect(recording).rejects.toThrow(UnsupportedError);
    socket.terminate();
  });

  test("a part of a live recording is read like that of a file", async () => {
    const { port, recording } = listening("tcp://:0", { maxEvents: 100, startUs: 5000 });
    void sendEvents(`tcp://127.0.0.1:${await port}`, "evt3", SENSOR, [EVENTS]).catch(() => undefined);
    const events = await all(await recording);
    expect(events.t.length).toBe(100);
    expect(events.t[0]).toBeGreaterThanOrEqual(5000);
  });
});

suite.skipIf(typeof globalThis.WebSocket === "undefined")("a WebSocket as browsers have it", () => {
  async function serve(send: (socket: WebSocket) => void): Promise<string> {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    opened.push(server);
    server.on("connection", send);
    await once(server, "listening");
    return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  test("gives a recording in pieces of any size", async () => {
    const file = await bytesOf(encodeAedat4(SENSOR, batchesOf(EVENTS, 3000)));
    const url = await serve((socket) => {
      for (let i = 0; i < file.length; i += 1000) socket.send(file.subarray(i, i + 1000));
      socket.close();
    });
    const read = await openWebSocket(url);
    expect(await all(read)).toEqual(EVENTS);
  });

  test("fails with a typed error when there is nobody, text, or an end in disorder", async () => {
    await expect(openWebSocket("ws://127.0.0.1:1/")).rejects.toThrow(FormatError);
    const text = await serve((socket) => socket.send("hello"));
    await expect(openWebSocket(text)).rejects.toThrow("expected binary messages, got text");
    const broken = await serve((socket) => socket.terminate());
    await expect(openWebSocket(broken)).rejects.toThrow(FormatError);
  });

  test("is made of bytes that anybody can bring", async () => {
    const file = await bytesOf(encodeEvt3(SENSOR, [EVENTS]));
    async function* chunks() {
      yield file.subarray(0, 5);
      yield file.subarray(5);
    }
    const read = await openLiveBytes({ chunks: chunks(), stop: () => undefined });
    expect(await all(read)).toEqual(EVENTS);
  });
});
