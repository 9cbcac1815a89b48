/** The library in a real browser. Needs Chromium at CHROMIUM_PATH or /usr/bin/chromium. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, suite, test } from "vitest";
import type { Build } from "../../src/backend/wasm/index.ts";
import { createWasmBackend } from "../../src/backend/wasm/node.ts";
import { CHROMIUM, CHROMIUM_ARGUMENTS, missingChromium } from "./chromium.ts";
import { run } from "./network.ts";

/** Lets the page share memory between threads. */
const ISOLATED = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

suite.skipIf(missingChromium !== "")(`the library in a browser${missingChromium}`, () => {
  let browser: Browser;
  let server: Server;
  let page: Page;

  beforeAll(async () => {
    const script = await bundle();
    server = createServer(({ url }, response) => {
      const [type, body] =
        url === "/worker.js" ? ["text/javascript", script] : ["text/html", "<!doctype html>"];
      response.writeHead(200, { "content-type": type, ...ISOLATED }).end(body);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGUMENTS });
    page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  function inBrowser(threads: number, build?: Build): Promise<number[]> {
    return page.evaluate(
      (options) =>
        new Promise<number[]>((resolve, reject) => {
          const worker = new Worker("/worker.js");
          worker.onmessage = ({ data }) => {
            worker.terminate();
            if (data.error === undefined) resolve(data.numbers);
            else reject(new Error(data.error));
          };
          worker.onerror = ({ message }) => reject(new Error(message));
          worker.postMessage(options);
        }),
      { threads, build },
    );
  }

  test.each([1, 2])("computes the same bits as Node with %i threads", async (threads) => {
    const backend = await createWasmBackend({ threads: 1, build: "strict" });
    const expected = run(backend);
    backend.dispose();
    expect(Float32Array.from(await inBrowser(threads, "strict"))).toEqual(expected);
  });

  test("computes with the fastest build that it accepts", async () => {
    const numbers = await inBrowser(2);
    expect(numbers.length).toBeGreaterThan(10);
    expect(numbers.every(Number.isFinite)).toBe(true);
  });

  test("says what is wrong with the number of threads", async () => {
    await expect(inBrowser(0)).rejects.toThrow(/threads: expected an integer in \[1, 256\], got 0/);
  });
});

async function bundle(): Promise<string> {
  const { build } = await import("vite");
  const entry = join(import.meta.dirname, "worker.ts");
  const lib = { entry, formats: ["iife" as const], name: "worker", fileName: "worker" };
  const result = await build({
    configFile: false,
    logLevel: "warn",
    build: { write: false, lib, target: "es2022" },
  });
  const [first] = [result].flat();
  if (first === undefined || !("output" in first)) throw new Error("vite: expected a bundle, got a watcher");
  return first.output[0].code;
}
