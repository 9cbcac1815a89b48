/** `saccade events` as a process: pipes, signals, live sinks. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { open, readdir, readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, suite, test } from "vitest";
import type { Events } from "../../src/events/index.ts";
import { runChild } from "./child.ts";
import { contents, scratch, WALK } from "./events-support.ts";

const at = await scratch("pipes");
const NODE = resolve("node_modules/node/bin/node");
const MAIN = resolve("apps/cli/main.ts");

/** Starts `saccade events`. */
function start(args: readonly string[], stdout: "pipe" | number = "pipe") {
  const child = spawn(NODE, [MAIN, "events", ...args], { stdio: ["pipe", stdout, "pipe"] });
  let stderr = "";
  child.stderr!.setEncoding("utf8").on("data", (part: string) => (stderr += part));
  const closed = once(child, "close").then(([code]) => ({ code: code as number | null, stderr }));
  const says = async (what: RegExp) => {
    while (!what.test(stderr) && child.exitCode === null) await sleep(5);
    return what.exec(stderr)!;
  };
  return { child, closed, says };
}

/** Large arrays are compared faster so. */
function digest({ t, x, y, on }: Events): string {
  const hash = createHash("sha256");
  for (const column of [t, x, y, on]) hash.update(column);
  return hash.digest("hex");
}

suite("pipes", () => {
  test("take a recording from one command to the next", async () => {
    const first = start(["convert", WALK, "-", "--to", "evt3"]);
    const second = start(["convert", "-", at("piped.aedat4"), "--end", "2s"]);
    first.child.stdout!.pipe(second.child.stdin!);
    second.child.stdin!.on("error", () => undefined);
    expect(await second.closed).toEqual({ code: 0, stderr: "" });
    first.child.stdout!.destroy();
    expect(await first.closed).toEqual({ code: 0, stderr: "" });
    const { format, events } = await contents(at("piped.aedat4"));
    expect({ format, events: events.t.length }).toEqual({ format: "aedat4", events: 71_554 });
  });

  test("that end early end the command without a word", async () => {
    const { child, closed } = start(["convert", WALK, "-", "--to", "evt3"]);
    child.stdout!.once("data", () => child.stdout!.destroy());
    expect(await closed).toEqual({ code: 0, stderr: "" });
  });

  test("of text say what was wrong with it", async () => {
    const { code, stdout, stderr } = await runChild(["events", "info", "-"], { stdin: Buffer.from("hello") });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("standard input: events at byte 0: expected a recording");
  });

  test.skipIf(!existsSync("/dev/full"))("onto a full disk are one line", async () => {
    const full = await open("/dev/full", "w");
    const { closed } = start(["convert", WALK, "-", "--to", "evt3"], full.fd);
    expect(await closed).toEqual({
      code: 1,
      stderr: "saccade: standard output: no space left on the disk\n",
    });
    await full.close();
  });
});

suite("a command that is stopped", () => {
  test.each(["SIGINT", "SIGTERM"] as const)("by %s leaves nothing behind", async (signal) => {
    // In real time, so that it is still at work when it is stopped.
    const { child, closed } = start(["convert", WALK, at("stopped.aedat4"), "--speed", "1"]);
    while (!(await readdir(at("."))).some((name) => name.includes("stopped"))) await sleep(5);
    child.kill(signal);
    expect(await closed).toEqual({ code: 130, stderr: "saccade: interrupted\n" });
    expect((await readdir(at("."))).filter((name) => name.includes("stopped"))).toEqual([]);
  });

  test("while it waits for a sender ends", async () => {
    const { child, closed, says } = start(["info", "tcp://:0"]);
    await says(/listening on port/);
    child.kill("SIGINT");
    expect((await closed).code).toBe(130);
  });

  test("while it records a live source keeps what came so far", async () => {
    const { child, closed, says } = start(["convert", "tcp://:0", at("live.aedat4")]);
    const [, port] = await says(/listening on port (\d+)/);
    const writer = start(["convert", WALK, `tcp://127.0.0.1:${port}`, "--speed", "1"]);
    while (!(await readdir(at("."))).some((name) => name.includes("live.aedat4"))) await sleep(5);
    await sleep(500);
    child.kill("SIGINT");
    expect((await closed).code).toBe(130);
    expect((await contents(at("live.aedat4"))).events.t.length).toBeGreaterThan(1000);
    expect((await writer.closed).code).toBe(1);
  });

  test("while it waits for standard input ends", async () => {
    const { child, closed } = start(["convert", "-", at("waiting.aedat4")]);
    const walk = await readFile(WALK);
    child.stdin!.on("error", () => undefined);
    child.stdin!.write(walk.subarray(0, walk.length / 2));
    while (!(await readdir(at("."))).some((name) => name.includes("waiting"))) await sleep(5);
    child.kill("SIGINT");
    expect((await closed).code).toBe(130);
    expect((await readdir(at("."))).filter((name) => name.includes("waiting"))).toEqual([]);
  });
});

suite("live sinks and sources", () => {
  test.each(["tcp", "ws"])("%s takes a recording from one command to another", async (scheme) => {
    const reader = start(["convert", `${scheme}://:0`, at(`${scheme}.raw`)]);
    const [, port] = await reader.says(/listening on port (\d+)/);
    const writer = start(["convert", WALK, `${scheme}://127.0.0.1:${port}`]);
    expect(await writer.closed).toEqual({ code: 0, stderr: "" });
    expect((await reader.closed).code).toBe(0);
    expect(digest((await contents(at(`${scheme}.raw`))).events)).toBe(digest((await contents(WALK)).events));
  });

  test("udp takes events from one command to another", async () => {
    const reader = start(["convert", "udp://:0", at("udp.raw"), "--size", "128x128"]);
    const [, port] = await reader.says(/listening on port (\d+)/);
    const part = ["--end", "+200ms", "--speed", "1"];
    const writer = start(["convert", WALK, `udp://127.0.0.1:${port}`, ...part]);
    expect(await writer.closed).toEqual({ code: 0, stderr: "" });
    expect((await reader.closed).code).toBe(0);
    const { t } = (await contents(WALK)).events;
    expect((await contents(at("udp.raw"))).events.t).toEqual(t.filter((time) => time < t[0]! + 200_000));
  });

  test("nobody who listens is one line", async () => {
    const { code, stderr } = await runChild(["events", "convert", WALK, "udp://nowhere.invalid:3333"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^saccade: udp:\/\/nowhere\.invalid:3333: [^\n]+\n$/);
  });
});
