/** Filming at a rate that follows the motion, with the parts of the body in the picture. */
import type { Motion } from "../body/index.ts";
import { ArgumentError, Random } from "../core/index.ts";
import type { Events, SensorSize } from "../events/index.ts";
import { pixelsMoved } from "./pace.ts";
import type { SensorPhysics } from "./presets.ts";
import { Stage } from "./recording.ts";
import type { Scene } from "./scene.ts";
import { EventSensor } from "./sensor.ts";

/** What is filmed, and how. */
export type FilmOptions = {
  readonly motion: Motion;
  readonly scene: Scene;
  readonly sensor: SensorSize;
  /** Seed of the sensor's mismatch and noise. */
  readonly seed: number;
  readonly physics: SensorPhysics;
  /** Length, microseconds, a whole number; where the motion is shorter it stands still at its end. */
  readonly durationUs: number;
  /** Pictures a second whose parts are wanted; what is filmed in between follows the motion. */
  readonly tickHz: number;
  /** Pixels that a joint or the background may move between two rendered frames. */
  readonly pixelsPerFrame: number;
  /** Rendered frames a second at most. */
  readonly maxHz: number;
};

/** What was filmed up to a tick. */
export type FilmShot = {
  readonly tUs: number;
  /** Events since the last tick, in the order of time; none at the first. */
  readonly events: readonly Events[];
  /** Parts of the body in the picture, see `Stage.parts`, `[H, W]`; the buffer is reused. */
  readonly parts: Uint8Array;
  /** Frames rendered since the last tick. */
  readonly frames: number;
};

/**
 * Films a motion tick by tick. The time between two ticks is divided evenly, so finely that no joint in front of the
 * camera and no background moves further than `pixelsPerFrame` between two rendered frames: what rests costs little,
 * and a fast limb is still seen to sweep over each pixel. Equal options give equal events.
 *
 * @param stage - of the same motion, scene and sensor; made if left out
 * @throws ArgumentError if a rate, length or step is not positive, or `maxHz` below `tickHz`
 */
export function* filmMotion(
  options: FilmOptions,
  stage = new Stage(options.motion, options.scene, options.sensor),
): Generator<FilmShot, void, void> {
  const { sensor, durationUs, tickHz, pixelsPerFrame, maxHz } = options;
  const positive = [durationUs, tickHz, pixelsPerFrame].every((x) => x > 0 && x < Infinity);
  if (!(positive && Number.isSafeInteger(durationUs) && maxHz >= tickHz && maxHz <= 1e5)) {
    throw new ArgumentError(
      `filmMotion: expected positive durationUs, tickHz ≤ maxHz ≤ 10⁵ and pixelsPerFrame, got ${durationUs}, ${tickHz}, ${maxHz}, ${pixelsPerFrame}`,
    );
  }
  const camera = new EventSensor({ sensor, random: new Random(options.seed), ...options.physics });
  const parts = new Uint8Array(sensor.width * sensor.height);
  camera.push(stage.shoot(0).frame, 0);
  stage.parts(parts);
  yield { tUs: 0, events: [], parts, frames: 1 };
  const most = Math.max(1, Math.floor(maxHz / tickHz));
  for (let [from, tick] = [0, 1]; from < durationUs; tick++) {
    const to = Math.min(durationUs, Math.round((tick * 1e6) / tickHz));
    const wanted = Math.ceil(pixelsMoved(stage, from, to) / pixelsPerFrame);
    const frames = Math.min(Math.max(1, wanted), most, to - from);
    const events: Events[] = [];
    for (let k = 1; k <= frames; k++) {
      const tUs = from + Math.round(((to - from) * k) / frames);
      events.push(camera.push(stage.shoot(tUs).frame, tUs));
    }
    stage.parts(parts);
    yield { tUs: to, events, parts, frames };
    from = to;
  }
}
