/** Event frames of published data sets as recordings with poses of the built-in body. */
import { JOINT_PARENTS, JOINTS, restJoints, SHAPE_COEFFICIENTS, SHAPE_LIMIT } from "../body/index.ts";
import type { Events } from "../events/index.ts";
import { FRAME_CAMERA, type PoseWindowSample } from "./datasets/smpl-window.ts";
import type { PoseRecording } from "./pose-recording.ts";

/**
 * Event frames with SMPL poses as a recording. A bit is one event, at the beginning of its half of the frame. The
 * translation of SMPL is not that of its pelvis, which is taken from the joints; its shape coefficients mean nothing to
 * the built-in body, which is made as tall instead: all its bones together are as long as those of the first pose.
 *
 * @param frames - a window with `gap` 1: see `stretches` of the data sets
 * @param halfUs - length of half a frame, microseconds
 */
export function recordingOfFrames(frames: PoseWindowSample, halfUs: number): PoseRecording {
  const { name, shape, pose, joints3d } = frames;
  const edges = shape[0] + 1;
  const translation = new Float32Array(3 * edges);
  for (let edge = 0; edge < edges; edge++) {
    translation.set(joints3d.subarray(3 * JOINTS * edge, 3 * JOINTS * edge + 3), 3 * edge);
  }
  return {
    name,
    sensor: { width: shape[3], height: shape[2] },
    events: eventsOfFrames(frames, halfUs),
    times: Float64Array.from({ length: edges }, (_, edge) => 2 * halfUs * edge),
    pose,
    translation,
    shape: asTall(joints3d.subarray(0, 3 * JOINTS)),
    camera: FRAME_CAMERA,
  };
}

/** An event for each bit. */
function eventsOfFrames(
  { events: bits, shape: [, , height, width] }: PoseWindowSample,
  halfUs: number,
): Events {
  let count = 0;
  for (const bit of bits) count += bit;
  const events = {
    t: new Float64Array(count),
    x: new Uint16Array(count),
    y: new Uint16Array(count),
    on: new Uint8Array(count),
  };
  const plane = width * height;
  let to = 0;
  for (let at = 0; at < bits.length; at++) {
    if (bits[at] === 0) continue;
    // Two polarities in each half: the planes of a half follow one another.
    const channel = Math.floor(at / plane);
    const pixel = at % plane;
    events.t[to] = halfUs * (channel >> 1);
    events.x[to] = pixel % width;
    events.y[to] = Math.floor(pixel / width);
    events.on[to] = channel & 1;
    to++;
  }
  return events;
}

/** Shape coefficients with which the bones of the built-in body are together as long as those between joints, `[24, 3]`. */
function asTall(joints: ArrayLike<number>): Float32Array {
  const shape = new Float32Array(SHAPE_COEFFICIENTS);
  const usual = boneLength(restJoints(shape));
  shape[0] = 1;
  const growth = boneLength(restJoints(shape)) - usual;
  shape[0] = Math.max(-SHAPE_LIMIT, Math.min(SHAPE_LIMIT, (boneLength(joints) - usual) / growth));
  return shape;
}

/** Length of all bones together, of joints `[24, 3]`. */
function boneLength(joints: ArrayLike<number>): number {
  const lengths = JOINT_PARENTS.map((parent, j) => {
    const along = (i: number) => joints[3 * j + i]! - joints[3 * parent + i]!;
    return parent < 0 ? 0 : Math.hypot(along(0), along(1), along(2));
  });
  return lengths.reduce((sum, length) => sum + length, 0);
}
