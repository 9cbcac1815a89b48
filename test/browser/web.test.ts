/** The library in a real browser. Needs Chromium at CHROMIUM_PATH or /usr/bin/chromium. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, suite, test } from "vitest";
import { createWasmBackend } from "../../src/backend/wasm/node.ts";
import { bundle } from "./bundle.ts";
import { CHROMIUM, CHROMIUM_ARGUMENTS, missingChromium } from "./chromium.ts";
import { type Program, run } from "./network.ts";
import type { Answer, answer, Question } from "./worker.ts";

/** Lets the page share memory between threads. */
const ISOLATED = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

/** What the script is in a page. */
declare const library: { readonly answer: typeof answer };

suite.skipIf(missingChromium !== "")(`the library in a browser${missingChromium}`, () => {
  let browser: Browser;
  let server: Server;
  let site: string;

  beforeAll(async () => {
    const script = await bundle("worker.ts");
    server = createServer(({ url }, response) => {
      const isScript = url!.endsWith(".js");
      const headers = url!.startsWith("/isolated/") ? ISOLATED : {};
      response
        .writeHead(200, { "content-type": isScript ? "text/javascript" : "text/html", ...headers })
        .end(isScript ? script : "<!doctype html>");
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGUMENTS });
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  const known = new Map<string, number[]>();

  async function inNode(program: Program, threads = 1): Promise<number[]> {
    const key = `${program} ${threads}`;
    if (known.has(key)) return known.get(key)!;
    const backend = await createWasmBackend({ threads, build: "strict", wakeAboveNs: 0 });
    const numbers = Array.from(run(backend, program));
    backend.dispose();
    known.set(key, numbers);
    return numbers;
  }

  /** Answers in a worker of a page. */
  function inWorker(page: Page, question: Question): Promise<Answer> {
    return page.evaluate(
      (message) =>
        new Promise<Answer>((resolve, reject) => {
          const worker = new Worker("library.js");
          worker.onmessage = ({ data }) => {
            worker.terminate();
            if (data.error === undefined) resolve(data);
            else reject(new Error(data.error));
          };
          worker.onerror = ({ message: reason }) => reject(new Error(reason));
          worker.postMessage(message);
        }),
      question,
    );
  }

  /** Answers in the main thread of a page. */
  async function inPage(page: Page, question: Question): Promise<Answer> {
    await page.addScriptTag({ url: "library.js" });
    return page.evaluate((message) => library.answer(message), question);
  }

  suite("in a page that is isolated", () => {
    let page: Page;

    beforeAll(async () => {
      page = await browser.newPage();
      await page.goto(`${site}/isolated/`);
    });

    test.each([1, 2])("computes the same bits as Node with %i threads", async (threads) => {
      const got = await inWorker(page, { threads, build: "strict", program: "train" });
      expect(got).toEqual({ numbers: await inNode("train"), threads, sharedMemory: true });
    });

    test("runs compiled plans with the bits of Node, whatever the threads", async () => {
      const { numbers, threads } = await inWorker(page, { threads: 2, build: "strict", program: "infer" });
      expect(threads).toBe(2);
      expect(numbers).toEqual(await inNode("infer", 1));
      expect(numbers).toEqual(await inNode("infer", 2));
      expect(new Set(numbers).size).toBeGreaterThan(100);
    });

    test("computes with the fastest build that it accepts", async () => {
      const { numbers } = await inWorker(page, { threads: 2, program: "train" });
      expect(numbers.length).toBeGreaterThan(10);
      expect(numbers.every(Number.isFinite)).toBe(true);
    });

    test("says what is wrong with the number of threads", async () => {
      const question = { threads: 0, program: "train" } as const;
      await expect(inWorker(page, question)).rejects.toThrow(
        /threads: expected an integer in \[1, 256\], got 0/,
      );
    });

    test("has one thread in the main thread, which may not wait", async () => {
      const { threads } = await inPage(page, { threads: 2, program: "train" });
      expect(threads).toBe(1);
    });
  });

  suite("in a page that is not isolated", () => {
    test.each(["main thread", "worker"])("has one thread and the bits of Node, in its %s", async (place) => {
      const page = await browser.newPage();
      await page.goto(`${site}/plain/`);
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
      const answerOf = place === "worker" ? inWorker : inPage;
      const got = await answerOf(page, { threads: 2, build: "strict", program: "forward" });
      expect(got).toEqual({ numbers: await inNode("forward"), threads: 1, sharedMemory: true });
      await page.close();
    });

    test("computes the same in memory that is not shared, where no other is to be had", async () => {
      const page = await browser.newPage();
      await page.addInitScript(() => {
        const { Memory } = WebAssembly;
        WebAssembly.Memory = class extends Memory {
          constructor(descriptor: WebAssembly.MemoryDescriptor) {
            if (descriptor.shared === true) throw new TypeError("shared memory is not supported");
            super(descriptor);
          }
        };
      });
      await page.goto(`${site}/plain/`);
      for (const program of ["forward", "infer"] as const) {
        const got = await inPage(page, { threads: 2, build: "strict", program });
        expect(got).toEqual({ numbers: await inNode(program), threads: 1, sharedMemory: false });
      }
      await page.close();
    });
  });
});
