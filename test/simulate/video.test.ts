import { expect, suite, test } from "vitest";
import { ArgumentError, Random } from "../../src/core/index.ts";
import type { Events } from "../../src/events/index.ts";
import { EventSensor, type SensorPhysics, sensorPresets, simulateVideo } from "../../src/simulate/index.ts";
import { framesOf } from "../../src/video/index.ts";
import { presetHashes } from "../browser/sensor-hash.ts";

const SIZE = { width: 37, height: 20 } as const;
const PIXELS = SIZE.width * SIZE.height;

/** A bar over a ramp, most of which rests. */
function pictures(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, f) =>
    Uint8Array.from({ length: PIXELS }, (_, i) => {
      const x = i % SIZE.width;
      return Math.abs(x - 0.4 * f) < 2 ? 230 : 25 + 3 * x;
    }),
  );
}

function columns(batches: readonly Events[]): number[][] {
  return batches.map(({ t, x, y, on }) => [...t, ...x, ...y, ...on]);
}

function sense(frames: readonly (Uint8Array | Float32Array)[], physics: Partial<SensorPhysics>): number[][] {
  const camera = new EventSensor({ sensor: SIZE, random: new Random(3), ...physics });
  return columns(frames.map((frame, f) => camera.push(frame, f * 10_000)));
}

function light(codes: Uint8Array): Float32Array {
  return Float32Array.from(codes, (code) => code / 255);
}

suite("video before the sensor", () => {
  const noisy = { ...sensorPresets.davis346, leakRateHz: 3, shotNoiseRateHz: 3, cutoffHz: 0 };

  test("codes are sensed as the intensities that they stand for", () => {
    const frames = pictures(60);
    const sensed = sense(frames, noisy);
    expect(sensed.flat().length).toBeGreaterThan(1000);
    expect(sensed).toEqual(sense(frames.map(light), noisy));
  });

  test("pixels that rest emit what they would if they were looked at", () => {
    const still = Array.from({ length: 200 }, (_, f) => pictures(2)[f < 100 ? 0 : 1]!);
    // A change of layout wakes all pixels.
    const awake = still.map((codes, f) => (f % 2 === 0 ? codes : light(codes)));
    const sensed = sense(still, noisy);
    expect(sensed.flat().length).toBeGreaterThan(4 * PIXELS);
    expect(sensed).toEqual(sense(awake, noisy));
  });

  test("a video gives events between its frames, the same for the same seed", async () => {
    const film = async (seed: number, transfer: "linear" | "srgb" = "linear") => {
      const steps = [];
      const frames = framesOf(pictures(40), { rateHz: 100, ...SIZE });
      const options = { seed, physics: sensorPresets.davis346, transfer };
      for await (const step of simulateVideo(frames, options)) steps.push(step);
      return steps;
    };
    const steps = await film(1);
    expect(steps.map(({ tUs }) => tUs)).toEqual(Array.from({ length: 40 }, (_, f) => 10_000 * f));
    for (const { tUs, events } of steps) {
      for (const t of events.t) expect(t > tUs - 10_000 && t <= tUs).toBe(true);
    }
    expect(await film(1)).toEqual(steps);
    expect(await film(2)).not.toEqual(steps);
    const total = (list: typeof steps) => list.reduce((sum, { events }) => sum + events.t.length, 0);
    expect(total(await film(1, "srgb"))).toBeGreaterThan(1.3 * total(steps));
  });

  test("frames of another size or in colour are refused", async () => {
    const run = async (frames: Parameters<typeof simulateVideo>[0]) => {
      for await (const _ of simulateVideo(frames, { seed: 1 }));
    };
    const [grey] = framesOf(pictures(1), { rateHz: 1, ...SIZE });
    await expect(run([grey!, { ...grey!, width: 20, height: 37, tUs: 1 }])).rejects.toThrow(ArgumentError);
    await expect(run([{ ...grey!, channels: 3 }])).rejects.toThrow(/one channel/);
    await expect(run([grey!, grey!])).rejects.toThrow(/after 0 µs/);
  });

  test("the events of every preset have fixed bits", () => {
    expect(presetHashes()).toMatchInlineSnapshot(`
      {
        "clean": [
          "12270 f2a818a9",
          "11628 a97761a6",
        ],
        "davis346": [
          "8744 8e41a900",
          "8341 73ef03",
        ],
        "dvxplorer": [
          "10650 7c2520dd",
          "10093 f1045909",
        ],
        "gen4": [
          "14061 81167fa2",
          "13230 160c7308",
        ],
        "noisy": [
          "11459 f9a382f6",
          "10980 88bddb2c",
        ],
      }
    `);
  });
});
