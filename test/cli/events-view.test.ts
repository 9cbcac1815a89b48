import { readdir, readFile } from "node:fs/promises";
import { inflateSync } from "node:zlib";
import { beforeAll, expect, suite, test } from "vitest";
import { Painter, paintFrames, styles } from "../../apps/cli/run/events/painter.ts";
import { play } from "../../apps/cli/run/events/play.ts";
import { pictureSize, TerminalCanvas } from "../../apps/cli/run/events/terminal.ts";
import type { Events } from "../../src/events/index.ts";
import { writeRecording } from "../../src/events/node.ts";
import { ffmpegVersion } from "../../src/video/node.ts";
import { eventsOf } from "../events/support.ts";
import { events, scratch, WALK } from "./events-support.ts";
import { runChild } from "./child.ts";

const at = await scratch("view");
const SENSOR = { width: 3, height: 2 };
const FEW = eventsOf([
  [1000, 0, 0, 1],
  [2000, 2, 1, 0],
  [12_000, 1, 0, 1],
]);
await writeRecording(at("few.aedat4"), "aedat4", SENSOR, [FEW]);
await writeRecording(at("none.aedat4"), "aedat4", SENSOR, []);
const hasFfmpeg = (await ffmpegVersion()) !== undefined;

function streamOf(batch: Events) {
  async function* batches() {
    yield batch;
  }
  return { format: "test", sensor: SENSOR, [Symbol.asyncIterator]: batches };
}

/** Frames as letters: `+` ON, `-` OFF, `.` neither. */
async function painted(pace: Parameters<typeof paintFrames>[3], windowUs: number): Promise<string[]> {
  const painter = new Painter(SENSOR, styles.light, windowUs);
  const frames: string[] = [];
  for await (const rgb of paintFrames(streamOf(FEW), "few", painter, pace)) {
    frames.push(
      Array.from({ length: 6 }, (_, i) => (rgb[3 * i] === 29 ? "+" : rgb[3 * i] === 208 ? "-" : ".")).join(
        "",
      ),
    );
  }
  return frames;
}

suite("frames of events", () => {
  test("show the events of their time", async () => {
    expect(await painted({ frameUs: 5000 }, 5000)).toEqual(["+....-", "......", ".+...."]);
    expect(await painted({ frameUs: 5000 }, 1e6)).toEqual(["+....-", "+....-", "++...-"]);
  });

  test("or so many events each", async () => {
    expect(await painted({ eventsPerFrame: 2 }, Infinity)).toEqual(["+....-", ".+...."]);
  });

  test("fade where their style does, and are enlarged", () => {
    const painter = new Painter(SENSOR, styles.surface, 1000, 2);
    painter.add(FEW, 0, 1);
    const first = painter.paint(1000).slice();
    const later = painter.paint(2000).slice();
    expect(first.length).toBe(3 * 6 * 4);
    expect([...first.subarray(0, 6)]).toEqual([126, 200, 255, 126, 200, 255]);
    expect(first.subarray(0, 18)).toEqual(first.subarray(18, 36));
    expect(later[0]).toBe(Math.round(12 + (126 - 12) * Math.exp(-1)));
  });

  test("of a broken time far ahead are not painted for years", async () => {
    const far = eventsOf([
      [0, 0, 0, 1],
      [1e15, 0, 0, 1],
    ]);
    const frames = paintFrames(streamOf(far), "far", new Painter(SENSOR, styles.light, 1000), {
      frameUs: 1000,
    });
    await expect(frames.next()).rejects.toThrow("far: expected an event within 108000 frames");
  });
});

suite("saccade events view", () => {
  test("writes a picture without ffmpeg", async () => {
    const args = ["view", at("few.aedat4"), "--out", at("few.png"), "--scale", "1", "--window", "5ms"];
    expect(await events(args)).toEqual({ code: 0, stdout: `${at("few.png")}: 3 x 2 pixels\n`, stderr: "" });
    const bytes = await readFile(at("few.png"));
    const start = bytes.indexOf("IDAT");
    const lines = inflateSync(bytes.subarray(start + 4, start + 4 + bytes.readUInt32BE(start - 4)));
    expect([...lines.subarray(1, 4)]).toEqual([...styles.light.on]);
    expect([...lines.subarray(17, 20)]).toEqual([...styles.light.off]);
  });

  test("writes a page that holds what it was told to", async () => {
    const args = ["view", WALK, "--out", at("walk.html"), "--max-points", "10000"];
    const { code, stdout } = await events(args);
    expect(code).toBe(0);
    expect(stdout).toMatch(/walk\.html: 326,834 events, one in 64, \d,\d{3} of them shown\n$/);
    const page = await readFile(at("walk.html"), "utf8");
    expect(page.length).toBeLessThan(200_000);
    expect(page).not.toMatch(/(?:src|href)="(?!data:)/);
  });

  test("of nothing is an empty page, and no picture", async () => {
    expect((await events(["view", at("none.aedat4"), "--out", at("none.html")])).code).toBe(0);
    const { code, stderr } = await events(["view", at("none.aedat4"), "--out", at("none.png")]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `saccade: ${at("none.aedat4")}: expected an event to show, got none\n`,
    });
  });

  test("wants an ending that it knows", async () => {
    const { code, stderr } = await events(["view", at("few.aedat4"), "--out", at("few.avi")]);
    expect(code).toBe(1);
    expect(stderr).toContain("expected a name that ends in .html, .png, .mp4, .webm or .gif");
  });

  test.skipIf(!hasFfmpeg).each(["mp4", "webm", "gif"])("writes a video as %s", async (ending) => {
    const out = at(`few.${ending}`);
    const args = ["view", at("few.aedat4"), "--out", out, "--slow", "10", "--scale", "8"];
    expect(await events(args)).toEqual({
      code: 0,
      stdout: `${out}: 4 frames of 24 x 16 pixels\n`,
      stderr: "",
    });
    expect((await readFile(out)).length).toBeGreaterThan(100);
  });

  suite("without ffmpeg", () => {
    let before: string | undefined;
    beforeAll(() => {
      before = process.env["PATH"];
      process.env["PATH"] = "";
      return () => void (process.env["PATH"] = before);
    });

    test("says how to get it, and leaves nothing", async () => {
      const { code, stderr } = await events(["view", at("few.aedat4"), "--out", at("missing.mp4")]);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^saccade: \S*missing\.mp4: ffmpeg: .*apt-get install ffmpeg.*\n$/);
      expect((await readdir(at("."))).filter((name) => name.includes("missing"))).toEqual([]);
    });
  });
});

suite("a canvas of characters", () => {
  test("keeps the shape of the sensor", () => {
    expect(pictureSize({ width: 640, height: 480 }, 80, 24)).toEqual({ width: 64, height: 48 });
    expect(pictureSize({ width: 16, height: 16 }, 80, 24)).toEqual({ width: 16, height: 16 });
    expect(pictureSize({ width: 2000, height: 1 }, 80, 24)).toEqual({ width: 80, height: 1 });
  });

  test("shows two pixels a character while they are young", () => {
    const canvas = new TerminalCanvas(SENSOR, SENSOR, false);
    canvas.add(FEW);
    expect(canvas.draw(12_000, 100_000)).toEqual(["▀▀▄"]);
    expect(canvas.draw(12_000, 1000)).toEqual([" ▀ "]);
    const coloured = new TerminalCanvas(SENSOR, SENSOR);
    coloured.add(FEW);
    expect(coloured.draw(12_000, 100_000)[0]).toContain("\u001b[94;40m▀");
  });
});

suite("saccade events play", () => {
  test("wants a terminal", async () => {
    const { code, stdout, stderr } = await runChild(["events", "play", WALK]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("standard output: expected a terminal to play on, got a file or pipe");
  });

  /** Plays on a terminal that only keeps what it is told, with a keyboard of which one key is pressed. */
  async function playing(key: string | undefined) {
    let text = "";
    const stop = new AbortController();
    let hear: (key: Buffer) => void = () => undefined;
    const raw: boolean[] = [];
    const keyboard = {
      isTTY: true,
      setRawMode: (on: boolean) => raw.push(on),
      on: (_: "data", listener: (key: Buffer) => void) => (hear = listener),
      off: () => undefined,
      resume: () => key !== undefined && setTimeout(() => hear(Buffer.from(key)), 50),
      pause: () => undefined,
    };
    const context = {
      stdout: {
        write: (part: string) => {
          text += part;
          // Without a key the signal comes with the first picture.
          if (key === undefined && part.includes("▀")) stop.abort();
        },
        isTTY: true,
        columns: 40,
        rows: 12,
      },
      stderr: { write: () => undefined },
      writeBytes: () => Promise.resolve(),
      env: {},
      now: () => performance.now(),
      signal: stop.signal,
    };
    const options = { speed: 1, fps: 60, window: 20_000 };
    const done = play(WALK, options, context, keyboard);
    // Escapes as carets, for patterns that can be read.
    const plain = () => text.replaceAll("\u001b", "^");
    return done.then(
      () => ({ text: plain(), raw }),
      (error: unknown) => ({ text: plain(), raw, error }),
    );
  }

  test.each(["q", "\u0003"])("plays until %j, and leaves the terminal as it was", async (key) => {
    const { text, raw } = await playing(key);
    expect(text).toMatch(/^\^\[\?1049h\^\[\?25l/);
    expect(text).toContain("▀");
    expect(text).toContain("walk.aedat4");
    expect(text).toMatch(/\^\[\?25h\^\[\?1049l$/);
    expect(raw).toEqual([true, false]);
  });

  test("is stopped by a signal, and leaves the terminal as it was", async () => {
    const { text, raw, error } = (await playing(undefined)) as Awaited<ReturnType<typeof playing>> & {
      error: Error;
    };
    expect(error).toBeInstanceOf(Error);
    expect(text).toMatch(/\^\[\?25h\^\[\?1049l$/);
    expect(raw).toEqual([true, false]);
  });
});
