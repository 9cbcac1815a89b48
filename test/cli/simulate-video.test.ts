import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, suite, test } from "vitest";
import { commands } from "../../apps/cli/commands.ts";
import type { VideoSetManifest } from "../../src/data/video-set-node.ts";
import { openRecording } from "../../src/events/node.ts";
import { ffmpegVersion, writeVideo } from "../../src/video/node.ts";
import { runCli } from "./harness.ts";

const SIZE = { width: 64, height: 48 };
const version = await ffmpegVersion();

/** A bright bar that walks over a dark ramp. */
function* bars(count: number): Generator<Uint8Array> {
  for (let f = 0; f < count; f++) {
    yield Uint8Array.from({ length: SIZE.width * SIZE.height }, (_, i) => {
      const x = i % SIZE.width;
      return Math.abs(x - 2 * f) < 4 ? 220 : 40 + x;
    });
  }
}

suite.skipIf(version === undefined)(
  `saccade simulate of videos${version === undefined ? " (skipped: no ffmpeg)" : ""}`,
  () => {
    let folder: string;
    const at = (name: string) => join(folder, name);
    const simulate = (...args: string[]) => runCli(["simulate", "--seed", "5", ...args], commands);
    const write = (path: string, frames = 12) =>
      writeVideo(path, bars(frames), { rateHz: 25, channels: 1, ...SIZE });
    const manifestOf = (set: string) =>
      JSON.parse(readFileSync(join(set, "manifest.json"), "utf8")) as VideoSetManifest;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "saccade-film-"));
      await write(at("bar.mp4"));
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    test("a video becomes a recording of the size of the camera, the same for the same seed", async () => {
      mkdirSync(at("one"));
      const film = (name: string, ...args: string[]) =>
        simulate("--video", at("bar.mp4"), "--out", at(`one/${name}`), "--preset", "davis346", ...args);
      expect(await film("a.aedat4")).toMatchObject({ code: 0, stdout: `${at("one/a.aedat4")}\n` });
      await film("b.aedat4");
      await film(
        "c.raw",
        "--format",
        "evt3",
        "--size",
        "64x48",
        "--fps",
        "100",
        "--between",
        "blend",
        "--srgb",
      );
      expect(readdirSync(at("one")).sort()).toEqual(["a.aedat4", "b.aedat4", "c.raw"]);
      const bytes = (name: string) => readFileSync(at(`one/${name}`));
      expect(bytes("a.aedat4").equals(bytes("b.aedat4"))).toBe(true);
      const sizes = [];
      for (const name of ["a.aedat4", "c.raw"]) {
        const recording = await openRecording(at(`one/${name}`));
        let [count, last] = [0, 0];
        for await (const { t } of recording) {
          count += t.length;
          last = t.at(-1) ?? last;
        }
        expect(count).toBeGreaterThan(1000);
        expect(last).toBeLessThanOrEqual(480_000);
        sizes.push(recording.sensor);
      }
      expect(sizes).toEqual([{ width: 346, height: 260 }, SIZE]);
    });

    test("a folder of images needs a rate, and is filmed no longer than asked", async () => {
      mkdirSync(at("images"));
      for (const [f, frame] of [...bars(6)].entries()) {
        const rgb = Uint8Array.from({ length: 3 * frame.length }, (_, i) => frame[(i / 3) | 0]!);
        await writeVideo(at(`images/${f}.png`), [rgb], { rateHz: 1, ...SIZE });
      }
      const args = ["--video", at("images"), "--out", at("images.aedat4")];
      expect(await simulate(...args)).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/images: expected rateHz/),
      });
      expect(await simulate(...args, "--fps", "50", "--seconds", "0.05")).toMatchObject({ code: 0 });
      let last = 0;
      for await (const { t } of await openRecording(at("images.aedat4"))) last = t.at(-1) ?? last;
      expect(last).toBeGreaterThan(20_000);
      expect(last).toBeLessThanOrEqual(40_000);
    });

    test.each([
      ["that is broken", "broken.mp4", "x.aedat4", /broken\.mp4: video at byte 0: expected/],
      ["that is not there", "gone.mp4", "x.aedat4", /gone\.mp4: no such file/],
      ["into itself", "bar.mp4", "bar.mp4", /expected different files/],
      [
        "into a format that is not known",
        "bar.mp4",
        "x.xyz",
        /x\.xyz: expected a name that ends in one of \.aedat4/,
      ],
    ])("a video %s is refused with one line and leaves nothing", async (_, video, out, message) => {
      writeFileSync(at("broken.mp4"), "no video");
      const before = readdirSync(folder);
      const { code, stderr } = await simulate("--video", at(video), "--out", at(out));
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(message) });
      expect(stderr).toMatch(/^saccade: [^\n]*\n$/);
      expect(readdirSync(folder)).toEqual(before);
    });

    test("a labelled folder becomes recordings with a manifest, and goes on where it stopped", async () => {
      const [from, to] = [at("set"), at("events")];
      for (const label of ["jump", "run"]) mkdirSync(join(from, label), { recursive: true });
      for (const clip of ["jump/a.mp4", "jump/b.mp4", "run/a.mp4"])
        copyFileSync(at("bar.mp4"), join(from, clip));
      writeFileSync(join(from, "run", "bad.avi"), "no video");
      writeFileSync(join(from, "README.txt"), "UCF 2");
      const args = ["--videos", from, "--out", to, "--preset", "noisy"];

      const controller = new AbortController();
      const first = runCli(["simulate", "--seed", "5", ...args], commands, { signal: controller.signal });
      while (readdirSync(folder).every((name) => name !== "events") || !readdirSync(to).includes("jump")) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      while (readdirSync(join(to, "jump")).every((name) => name.startsWith("."))) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      controller.abort();
      expect(await first).toMatchObject({ code: 130 });

      const second = await simulate(...args);
      expect(second).toMatchObject({
        code: 1,
        stdout: expect.stringMatching(/: [23] recordings made, [01] kept/),
      });
      expect(second.stderr).toMatch(/run\/bad\.avi: video at byte 0/);
      expect(second.stderr).toMatch(/1 of 4 videos could not be read/);
      const { clips, failures, settings } = manifestOf(to);
      expect(clips.map(({ file, label }) => [file, label])).toEqual([
        ["jump/a.aedat4", "jump"],
        ["jump/b.aedat4", "jump"],
        ["run/a.aedat4", "run"],
      ]);
      expect(new Set(clips.map(({ sourceSha256 }) => sourceSha256)).size).toBe(1);
      expect(new Set(clips.map(({ sha256 }) => sha256)).size).toBe(3);
      expect(clips[0]).toMatchObject({ sensor: SIZE, frames: 12, faults: 0, durationUs: 440_000 });
      expect(failures.map(({ source }) => source)).toEqual(["run/bad.avi"]);
      expect(settings).toMatchObject({ preset: "noisy", seed: 5, format: "aedat4", rateHz: null });
      expect(readdirSync(to).sort()).toEqual(["jump", "manifest.json", "run"]);

      rmSync(join(from, "run", "bad.avi"));
      rmSync(join(to, "run", "a.aedat4"));
      expect(await simulate(...args)).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/: 1 recordings made, 2 kept/),
      });
      expect(manifestOf(to).clips).toEqual(clips);

      const other = await simulate(...args, "--preset", "clean");
      expect(other).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/expected the settings of this call/),
      });
    });

    test("a folder without videos is refused", async () => {
      mkdirSync(at("empty"));
      const result = await simulate("--videos", at("empty"), "--out", at("nothing"));
      expect(result).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/empty: expected videos in it, got none/),
      });
      expect(readdirSync(folder)).not.toContain("nothing");
    });
  },
);
