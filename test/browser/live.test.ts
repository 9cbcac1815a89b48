/** Live events in a real browser. Needs Chromium at CHROMIUM_PATH or /usr/bin/chromium. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, suite, test } from "vitest";
import { WebSocketServer } from "ws";
import { Random } from "../../src/core/index.ts";
import { encodeAedat4, type openWebSocket } from "../../src/events/index.ts";
import { bytesOf, randomEvents } from "../events/support.ts";
import { bundle } from "./bundle.ts";
import { CHROMIUM, CHROMIUM_ARGUMENTS, missingChromium } from "./chromium.ts";

/** What the script is in a page. */
declare const library: { readonly openWebSocket: typeof openWebSocket };

const SENSOR = { width: 64, height: 48 };

suite.skipIf(missingChromium !== "")(`live events in a browser${missingChromium}`, () => {
  let browser: Browser;
  let server: Server;
  let sockets: WebSocketServer;
  let host: string;

  beforeAll(async () => {
    const script = await bundle("../../src/events/index.ts");
    server = createServer((_, response) => {
      response
        .writeHead(200, { "content-type": "text/html" })
        .end(`<!doctype html><script>${script.replaceAll("</script", "<\\/script")}</script>`);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    sockets = new WebSocketServer({ server });
    browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGUMENTS });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    sockets?.close();
    server?.close();
  });

  test("come over a WebSocket as they were sent", async () => {
    const sent = randomEvents(new Random(1), 20_000, SENSOR);
    const file = await bytesOf(encodeAedat4(SENSOR, [sent]));
    sockets.once("connection", (socket) => {
      for (let i = 0; i < file.length; i += 999) socket.send(file.subarray(i, i + 999));
      socket.close();
    });
    const page = await browser.newPage();
    await page.goto(`http://${host}/`);
    const seen = await page.evaluate(async (url) => {
      const recording = await library.openWebSocket(url, { policy: "block" });
      const sums = { events: 0, t: 0, x: 0, y: 0, on: 0 };
      for await (const { t, x, y, on } of recording) {
        sums.events += t.length;
        for (let i = 0; i < t.length; i++) {
          sums.t += t[i]!;
          sums.x += x[i]!;
          sums.y += y[i]!;
          sums.on += on[i]!;
        }
      }
      return { ...sums, sensor: recording.sensor, drops: recording.drops };
    }, `ws://${host}/`);
    const sum = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);
    expect(seen).toEqual({
      events: 20_000,
      t: sum(sent.t),
      x: sum(sent.x),
      y: sum(sent.y),
      on: sum(sent.on),
      sensor: SENSOR,
      drops: { events: 0, batches: 0 },
    });
    await page.close();
  });
});
