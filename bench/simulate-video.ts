/**
 * How fast videos become events: 346×260 pixels at 100 frames a second with all the noise of the preset davis346, decoded
 * by ffmpeg and sensed; the fastest of five runs, in multiples of real time. A film made here, of which every pixel
 * changes in every frame, and those of `SACCADE_DATA`. `SACCADE_BENCH_PYTHON` names a Python with NumPy for a plain
 * emulator beside it.
 *
 *   node bench/simulate-video.ts            # ffmpeg and the sensor each on a core of their own
 *   taskset -c 0 node bench/simulate-video.ts   # all of it on one core
 *
 * With `SACCADE_BENCH_CLOCK=processor` the time is that of this process, without ffmpeg's.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Random } from "../src/core/index.ts";
import { EventSensor, sensorPresets, simulateVideo } from "../src/simulate/index.ts";
import { openVideo, writeVideo } from "../src/video/node.ts";
import { now, table } from "./harness.ts";

const SENSOR = { width: 346, height: 260 } as const;
const RATE_HZ = 100;
const FRAMES = 1000;
const RUNS = 5;
const PHYSICS = sensorPresets.davis346;

/** A bar that sweeps over a ramp, with the noise of a sensor in every pixel. */
function* film(): Generator<Uint8Array> {
  const random = new Random("film");
  const pixels = SENSOR.width * SENSOR.height;
  const noise = Uint8Array.from({ length: pixels + 4096 }, () => random.integer(0, 4));
  for (let f = 0; f < FRAMES; f++) {
    const shift = random.integer(0, 4096);
    yield Uint8Array.from({ length: pixels }, (_, i) => {
      const x = i % SENSOR.width;
      const bar = Math.abs(x - ((2 * f) % SENSOR.width)) < 10;
      return (bar ? 200 : 60 + x / 4) + noise[i + shift]!;
    });
  }
}

/** Least seconds that a run takes, and what it returned. */
async function fastest<T>(run: () => Promise<T> | T): Promise<{ seconds: number; result: T }> {
  let [seconds, result] = [Infinity, await run()];
  for (let k = 0; k < RUNS; k++) {
    const start = now();
    result = await run();
    seconds = Math.min(seconds, (now() - start) / 1000);
  }
  return { seconds, result };
}

async function framesOfVideo(path: string): Promise<Uint8Array[]> {
  const frames: Uint8Array[] = [];
  for await (const { pixels } of await openVideo(path)) frames.push(pixels);
  return frames;
}

/** Events of a video, decoded meanwhile. */
async function filmToEvents(path: string): Promise<number> {
  let count = 0;
  for await (const { events } of simulateVideo(await openVideo(path), { seed: 1, physics: PHYSICS })) {
    count += events.t.length;
  }
  return count;
}

/** Events of frames that are in memory. */
function sense(frames: readonly Uint8Array[]): number {
  const camera = new EventSensor({ sensor: SENSOR, random: new Random(1), ...PHYSICS });
  return frames.reduce((sum, frame, f) => sum + camera.push(frame, f * (1e6 / RATE_HZ)).t.length, 0);
}

/** Frames a second of the plain emulator; undefined without a Python. */
function rival(frames: readonly Uint8Array[]): number | undefined {
  const python = process.env["SACCADE_BENCH_PYTHON"];
  if (python === undefined) return undefined;
  const script = join(import.meta.dirname, "plain-emulator.py");
  const args = [script, String(SENSOR.width), String(SENSOR.height), String(RATE_HZ)];
  const { stdout } = spawnSync(python, args, { input: Buffer.concat(frames), encoding: "utf8" });
  const [count, , seconds] = stdout.split(" ").map(Number);
  return count! / seconds!;
}

const folder = mkdtempSync(join(tmpdir(), "saccade-bench-"));
try {
  const made = join(folder, "made.mp4");
  await writeVideo(made, film(), { rateHz: RATE_HZ, channels: 1, ...SENSOR });
  const subjects: [string, string][] = [["made here, noise in every pixel", made]];
  const data = join(process.env["SACCADE_DATA"] ?? "", "video_misc");
  for (const name of ["pedestrians_vtest_320x240_10fps", "basketball_gallery"]) {
    const path = join(data, `${name}.mp4`);
    if (process.env["SACCADE_DATA"] === undefined || !existsSync(path)) continue;
    // As a camera of 100 Hz would have filmed it: frames between those of the file are blends.
    const video = await openVideo(path, { ...SENSOR, rateHz: RATE_HZ, between: "blend", maxFrames: FRAMES });
    const pixels = (async function* () {
      for await (const frame of video) yield frame.pixels;
    })();
    await writeVideo(join(folder, `${name}.mp4`), pixels, { rateHz: RATE_HZ, channels: 1, ...SENSOR });
    subjects.push([name, join(folder, `${name}.mp4`)]);
  }
  const rows: string[][] = [];
  for (const [name, path] of subjects) {
    const frames = await framesOfVideo(path);
    const whole = await fastest(() => filmToEvents(path));
    const sensed = await fastest(() => sense(frames));
    const other = rival(frames);
    const seconds = frames.length / RATE_HZ;
    rows.push([
      name,
      `${(whole.result / seconds / 1e6).toFixed(2)} M`,
      (frames.length / whole.seconds).toFixed(0),
      `${(seconds / whole.seconds).toFixed(1)}×`,
      (frames.length / sensed.seconds).toFixed(0),
      other === undefined ? "–" : other.toFixed(0),
    ]);
  }
  const head = [
    "film",
    "events/s",
    "decoded and sensed, frames/s",
    "real time",
    "sensed alone",
    "NumPy, sensed alone",
  ];
  console.log(table(head, rows));
} finally {
  rmSync(folder, { recursive: true });
}
