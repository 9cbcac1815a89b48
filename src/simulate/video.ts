/** Videos before a simulated event camera. */
import { ArgumentError, Random } from "../core/index.ts";
import type { Events, SensorSize } from "../events/index.ts";
import type { VideoFrame } from "../video/index.ts";
import type { Transfer } from "./log-intensity.ts";
import { type SensorPhysics, sensorPresets } from "./presets.ts";
import { EventSensor } from "./sensor.ts";

/** How a video becomes events. */
export type VideoSimulation = {
  /** Seed of the sensor's mismatch and noise. */
  readonly seed: number;
  /** Physics of the sensor; the preset `noisy` by default. */
  readonly physics?: SensorPhysics;
  /** How the codes stand for light; `"linear"`, as in v2e, by default. */
  readonly transfer?: Transfer;
};

/** What a frame adds to the recording of a video. */
export type VideoStep = {
  /** Time of the frame. */
  readonly tUs: number;
  readonly sensor: SensorSize;
  /** Events since the frame before; none for the first. */
  readonly events: Events;
};

/**
 * Shows a video to an event camera of its size, frame by frame in constant memory. Between two frames each pixel's log
 * intensity runs linearly and events stand where it crosses thresholds, so frames that a linear blend would put between
 * them would add little; what moves by more than a pixel between two frames jumps all the same. Frames that lie closer
 * (a faster video, or motion-compensated ones: `between` of `openVideo`) are what helps then.
 *
 * Equal frames and seeds give equal events in every engine.
 *
 * @param frames - one channel each, all of one size, times rising
 * @throws ArgumentError for frames of another layout, or times that do not rise
 */
export async function* simulateVideo(
  frames: AsyncIterable<VideoFrame> | Iterable<VideoFrame>,
  { seed, physics = sensorPresets.noisy, transfer = "linear" }: VideoSimulation,
): AsyncGenerator<VideoStep, void, void> {
  let camera: EventSensor | undefined;
  for await (const { tUs, width, height, channels, pixels } of frames) {
    camera ??= new EventSensor({
      sensor: { width, height },
      random: new Random(seed),
      transfer,
      ...physics,
    });
    const { sensor } = camera;
    if (channels !== 1 || width !== sensor.width || height !== sensor.height) {
      throw new ArgumentError(
        `simulateVideo: expected frames of ${sensor.width}×${sensor.height} and one channel, got ` +
          `${width}×${height} and ${channels}`,
      );
    }
    yield { tUs, sensor, events: camera.push(pixels, tUs) };
  }
}
