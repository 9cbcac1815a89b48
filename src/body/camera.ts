/** Pinhole cameras: x right, y down, z forward, in metres; pixels from the top left corner. */
import { ArgumentError, ShapeError } from "../core/index.ts";
import {
  cross3,
  identity3,
  length3,
  multiply3,
  normalise3,
  rotate3,
  subtract3,
  transpose3,
} from "./matrix3.ts";
import type { Vec3 } from "./matrix3.ts";
import type { Pose } from "./pose.ts";
import { axisAngleToMatrix, matrixToAxisAngle } from "./rotation.ts";

/** How a pinhole camera without lens distortion makes its picture, wherever it stands. */
export type Intrinsics = {
  /** Size of the image in pixels. */
  readonly width: number;
  readonly height: number;
  /** Focal lengths in pixels. */
  readonly fx: number;
  readonly fy: number;
  /** Principal point in pixels. */
  readonly cx: number;
  readonly cy: number;
};

/** Names of the fields of {@link Intrinsics}, in the order in which files list them. */
export const INTRINSICS = [
  "width",
  "height",
  "fx",
  "fy",
  "cx",
  "cy",
] as const satisfies readonly (keyof Intrinsics)[];

/** A pinhole camera at a place. */
export type Camera = Intrinsics & {
  /** Rotation from world to camera coordinates, `[3, 3]`. */
  readonly rotation: Float64Array;
  /** Translation from world to camera coordinates, `[3]`, metres: x_camera = R x_world + t. */
  readonly translation: Float64Array;
};

/** Points in the image. */
export type Projection = {
  /** Pixel coordinates, `[N, 2]`; NaN for points that are not in front of the camera. */
  readonly pixels: Float64Array;
  /** Distance along the optical axis, `[N]`, metres. */
  readonly depth: Float64Array;
};

/**
 * A camera at a place, looking at a target, with square pixels and the principal point at the centre.
 *
 * @param size - width and height of the image in pixels
 * @param fieldOfView - vertical field of view in radians, in (0, π)
 * @param eye - position in the world
 * @param target - the point that appears in the centre
 * @param up - direction that appears upwards; must not be parallel to the view
 * @throws ArgumentError for an impossible field of view or view
 */
export function lookAt(
  size: { readonly width: number; readonly height: number },
  fieldOfView: number,
  eye: Vec3,
  target: Vec3,
  up: Vec3 = [0, 1, 0],
): Camera {
  if (!(fieldOfView > 0 && fieldOfView < Math.PI)) {
    throw new ArgumentError(`lookAt: expected a field of view in (0, π), got ${fieldOfView}`);
  }
  const forward = normalise3(subtract3(target, eye));
  const right = cross3(forward, up);
  if (!(length3(right) > 1e-6)) {
    throw new ArgumentError("lookAt: expected eye, target and up to span a plane");
  }
  const x = normalise3(right);
  const y = cross3(forward, x);
  const rotation = Float64Array.of(...x, ...y, ...forward);
  const focal = size.height / (2 * Math.tan(fieldOfView / 2));
  return {
    width: size.width,
    height: size.height,
    fx: focal,
    fy: focal,
    cx: size.width / 2,
    cy: size.height / 2,
    rotation,
    translation: Float64Array.from(rotate3(rotation, eye), (v) => -v),
  };
}

/** A camera in whose coordinates the points already are: rotation I, translation 0. */
export function cameraAtOrigin(intrinsics: Intrinsics): Camera {
  return { ...intrinsics, rotation: identity3(), translation: new Float64Array(3) };
}

/** Position of a camera in the world, metres: −Rᵀ t. */
export function cameraPosition(camera: Camera): Vec3 {
  const [x, y, z] = rotate3(transpose3(camera.rotation), camera.translation);
  return [-x, -y, -z];
}

/** World points `[N, 3]` in camera coordinates `[N, 3]`: R x + t. */
export function pointsInCamera(camera: Camera, points: ArrayLike<number>): Float64Array {
  if (points.length % 3 !== 0) {
    throw new ShapeError(`pointsInCamera: expected points [N, 3], got ${points.length} numbers`);
  }
  const out = new Float64Array(points.length);
  for (let i = 0; i < points.length; i += 3) {
    const turned = rotate3(camera.rotation, points, 0, i);
    for (let k = 0; k < 3; k++) out[i + k] = turned[k]! + camera.translation[k]!;
  }
  return out;
}

/**
 * Projects world points `[N, 3]`: u = fx x/d + cx, v = fy y/d + cy with d = z + depthOffset in camera coordinates.
 *
 * @param options.depthOffset - metres added to the depth before the division; HumanPoseTracking_SNN's code uses 1e-5
 */
export function projectPoints(
  camera: Camera,
  points: ArrayLike<number>,
  options: { readonly depthOffset?: number } = {},
): Projection {
  const { depthOffset = 0 } = options;
  const seen = pointsInCamera(camera, points);
  const n = seen.length / 3;
  const pixels = new Float64Array(2 * n);
  const depth = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    depth[i] = seen[3 * i + 2]!;
    const d = depth[i]! + depthOffset;
    pixels[2 * i] = d > 0 ? (camera.fx * seen[3 * i]!) / d + camera.cx : NaN;
    pixels[2 * i + 1] = d > 0 ? (camera.fy * seen[3 * i + 1]!) / d + camera.cy : NaN;
  }
  return { pixels, depth };
}

/**
 * A pose in camera coordinates. A body turns about its pelvis, whose rest position J depends on the shape, so with
 * x = R₀(v − J) + J + t the turned body has R₀' = R R₀ and t' = R (J + t) + t_camera − J.
 *
 * @param camera - only its rotation and translation matter
 * @param pose - a pose in world coordinates
 * @param pelvis - rest position of joint 0 for the pose's shape, `[3]`, metres; the origin for the built-in body
 */
export function poseInCamera(camera: Camera, pose: Pose, pelvis: ArrayLike<number> = [0, 0, 0]): Pose {
  return transformPose(pose, camera.rotation, camera.translation, pelvis);
}

/** The inverse of {@link poseInCamera}: a pose in camera coordinates, seen from the world. */
export function poseInWorld(camera: Camera, pose: Pose, pelvis: ArrayLike<number> = [0, 0, 0]): Pose {
  return transformPose(pose, transpose3(camera.rotation), cameraPosition(camera), pelvis);
}

function transformPose(
  pose: Pose,
  rotation: ArrayLike<number>,
  translation: ArrayLike<number>,
  pelvis: ArrayLike<number>,
): Pose {
  const angles = pose.pose.slice();
  angles.set(matrixToAxisAngle(multiply3(rotation, axisAngleToMatrix(angles.subarray(0, 3)))), 0);
  const root = pose.translation.map((value, i) => value + pelvis[i]!);
  const turned = rotate3(rotation, root);
  return {
    pose: angles,
    shape: pose.shape,
    translation: Float64Array.from(turned, (value, i) => value + translation[i]! - pelvis[i]!),
  };
}
