/** Where the camera stands so that a motion fills the picture. */
import {
  type Camera,
  JOINTS,
  lookAt,
  type Motion,
  poseJoints,
  restJoints,
  type Vec3,
} from "../body/index.ts";
import { ArgumentError } from "../core/index.ts";
import type { SensorSize } from "../events/index.ts";
import type { View, Wave } from "./scene.ts";

/** Body beyond the outermost joint, metres: hands, soles, the top of the head. */
const FLESH = 0.12;
/** Frames looked at to find the room that a motion takes. */
const LOOKS = 48;
/** A camera follows the person when a fixed one would have to stand this many times as far away. */
const FOLLOW_BEYOND = 1.25;
/** Half width of the window in which a following camera smooths the person's path, seconds. */
const FOLLOW_SECONDS = 0.6;

/** A camera over time, and where the scenery behind the person appears. */
export type CameraPath = {
  /** The camera at a time, seconds. */
  readonly at: (seconds: number) => Camera;
  /** Pixels by which the background has moved to the right and down since a camera that does not move. */
  readonly shift: (seconds: number) => readonly [number, number];
  /** Height of the floor, metres. */
  readonly floor: number;
  /** Row of the picture in which floor and wall meet. */
  readonly horizon: number;
};

/**
 * Frames a motion: the camera looks at the middle of the room that the joints take, from the distance at which that
 * room fills `view.fill` of the picture, unless the view says its distance. Where the person walks far, the camera follows their smoothed path instead.
 *
 * @throws ArgumentError if the motion has no frames, or its arrays disagree
 */
export function frameMotion(motion: Motion, shape: Float64Array, view: View, sensor: SensorSize): CameraPath {
  const frames = frameCount(motion);
  const right: Vec3 = [Math.cos(view.heading), 0, -Math.sin(view.heading)];
  const path = smoothPath(motion, Math.round(FOLLOW_SECONDS * motion.frameRateHz));
  const rest = restJoints(shape);
  const looks = Array.from({ length: Math.min(frames, LOOKS) }, (_, k, n = Math.min(frames, LOOKS)) =>
    Math.round((k * (frames - 1)) / Math.max(1, n - 1)),
  );
  const still = new Room();
  const moving = new Room();
  for (const f of looks) {
    const pose = motion.pose.subarray(72 * f, 72 * f + 72);
    const { joints } = poseJoints(rest, pose, motion.translation.subarray(3 * f, 3 * f + 3));
    still.add(joints, [0, 0, 0], right);
    moving.add(joints, [path[3 * f]!, 0, path[3 * f + 2]!], right);
  }
  const aspect = sensor.height / sensor.width;
  const focal = sensor.height / (2 * Math.tan(view.fieldOfView / 2));
  const distanceTo = (room: Room) =>
    (focal * room.size(aspect)) / (view.fill * sensor.height) + room.depth / 2;
  const follows = distanceTo(still) > FOLLOW_BEYOND * distanceTo(moving);
  const room = follows ? moving : still;
  const distance = view.distance ?? distanceTo(room);
  const floor = still.low[1];
  const middle = room.middle;
  const elevated = Math.sin(view.elevation) * distance;
  const wanted = view.height === undefined ? elevated : view.height - middle[1];
  // A camera is never below the floor, nor straight above the person.
  const rise = Math.max(Math.min(wanted, 0.95 * distance), floor + 0.25 - middle[1]);
  const cosine =
    view.height === undefined
      ? Math.cos(view.elevation)
      : Math.sqrt(Math.max(0.05, 1 - (rise / distance) ** 2));
  const away: Vec3 = [
    Math.sin(view.heading) * cosine * distance,
    rise,
    Math.cos(view.heading) * cosine * distance,
  ];
  const up: Vec3 = [-Math.sin(view.roll) * right[0], Math.cos(view.roll), -Math.sin(view.roll) * right[2]];

  const target = (seconds: number): Vec3 => {
    if (!follows) return middle;
    const position = Math.min(frames - 1, Math.max(0, seconds * motion.frameRateHz));
    const f = Math.min(Math.floor(position), Math.max(0, frames - 2));
    const along = (i: number) => {
      const next = path[3 * Math.min(f + 1, frames - 1) + i]!;
      return path[3 * f + i]! + (next - path[3 * f + i]!) * (position - f);
    };
    return [middle[0] + along(0), middle[1], middle[2] + along(2)];
  };
  const at = (seconds: number): Camera => {
    const [x, y, z] = target(seconds);
    const eye: Vec3 = [x + away[0], y + away[1], z + away[2]];
    const aside = Math.tan(sum(view.pan, seconds)) * distance;
    const above = Math.tan(sum(view.tilt, seconds)) * distance;
    const aim: Vec3 = [x + right[0] * aside, y + above, z + right[2] * aside];
    return lookAt(sensor, view.fieldOfView, eye, aim, up);
  };
  const start = target(0);
  const shift = (seconds: number): readonly [number, number] => {
    const [x, , z] = target(seconds);
    const sideways = (x - start[0]) * right[0] + (z - start[2]) * right[2];
    return [
      -focal * (Math.tan(sum(view.pan, seconds)) + sideways / (distance + view.wall)),
      focal * Math.tan(sum(view.tilt, seconds)),
    ];
  };
  const down = Math.atan2(middle[1] + rise - floor, cosine * distance + view.wall);
  const pitch = Math.atan2(rise, cosine * distance);
  const horizon = sensor.height / 2 + focal * Math.tan(down - pitch);
  return { at, shift, floor, horizon };
}

/** The room that joints take along the camera's right, the vertical and the depth. */
class Room {
  readonly low: [number, number, number] = [Infinity, Infinity, Infinity];
  readonly high: [number, number, number] = [-Infinity, -Infinity, -Infinity];
  #right: Vec3 = [1, 0, 0];

  add(joints: Float64Array, origin: Vec3, right: Vec3): void {
    this.#right = right;
    for (let j = 0; j < joints.length; j += 3) {
      const x = joints[j]! - origin[0];
      const z = joints[j + 2]! - origin[2];
      const place = [x * right[0] + z * right[2], joints[j + 1]! - origin[1], x * right[2] - z * right[0]];
      place.forEach((value, i) => {
        this.low[i] = Math.min(this.low[i]!, value - FLESH);
        this.high[i] = Math.max(this.high[i]!, value + FLESH);
      });
    }
  }

  /** Height of a picture that shows all of it, for a ratio of height to width. */
  size(aspect: number): number {
    return Math.max(this.high[1] - this.low[1], (this.high[0] - this.low[0]) * aspect);
  }

  get depth(): number {
    return this.high[2] - this.low[2];
  }

  /** Its middle in the world. */
  get middle(): Vec3 {
    const [across, y, along] = [0, 1, 2].map((i) => (this.low[i]! + this.high[i]!) / 2) as [
      number,
      number,
      number,
    ];
    const [x, , z] = this.#right;
    return [across * x + along * z, y, across * z - along * x];
  }
}

function sum(waves: readonly Wave[], seconds: number): number {
  return waves.reduce(
    (total, { amplitude, rateHz, phase }) =>
      total + amplitude * Math.sin(2 * Math.PI * rateHz * seconds + phase),
    0,
  );
}

/** The translation averaged twice over 2·half + 1 frames, `[F, 3]`; the ends are held. */
function smoothPath(motion: Motion, half: number): Float64Array {
  const frames = motion.translation.length / 3;
  let path = motion.translation;
  for (let pass = 0; pass < 2; pass++) {
    const next = new Float64Array(path.length);
    const clamp = (f: number) => 3 * Math.min(frames - 1, Math.max(0, f));
    for (let i = 0; i < 3; i++) {
      let total = 0;
      for (let f = -half; f <= half; f++) total += path[clamp(f) + i]!;
      for (let f = 0; f < frames; f++) {
        next[3 * f + i] = total / (2 * half + 1);
        total += path[clamp(f + half + 1) + i]! - path[clamp(f - half) + i]!;
      }
    }
    path = next;
  }
  return path;
}

/** Number of frames of a motion; ArgumentError if it has none or its arrays disagree. */
function frameCount({ pose, translation, frameRateHz }: Motion): number {
  const frames = translation.length / 3;
  if (!(frames >= 1 && pose.length === frames * 3 * JOINTS && frameRateHz > 0)) {
    throw new ArgumentError(
      "frameMotion: expected pose [F, 24, 3] and translation [F, 3] with F ≥ 1 at a positive rate, got " +
        `${pose.length} and ${translation.length} numbers at ${frameRateHz} Hz`,
    );
  }
  return frames;
}
