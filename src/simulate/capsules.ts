/** The surface of a posed body as the renderer takes it: tapered capsules in camera coordinates, flat. */
import type { Capsule, JointTransforms } from "../body/index.ts";

/** Numbers a capsule takes in {@link PosedCapsules.data}. */
export const CAPSULE_STRIDE = 20;

/**
 * Tapered capsules (the convex hull of two spheres), each {@link CAPSULE_STRIDE} numbers of `data`, metres:
 *
 * - 0–2 and 3–5: centres of the two spheres in camera coordinates (x right, y down, z forward)
 * - 6, 7: their radii
 * - 8–16 and 17–19: rotation (row-major) and offset that take a point from camera coordinates to those of the rest
 *   pose, in which textures are fixed
 */
export type PosedCapsules = {
  readonly data: Float64Array;
  /** Index of each capsule's material. */
  readonly material: Uint8Array;
};

/**
 * Poses the capsules of a body.
 *
 * @param capsules - from `surface`
 * @param transforms - joints and orientations in camera coordinates
 * @param restJoints - joints of the rest pose, `[24, 3]`, metres
 * @param out - overwritten; its materials are left as they are
 */
export function poseCapsules(
  capsules: readonly Capsule[],
  { joints, rotations }: JointTransforms,
  restJoints: Float64Array,
  out: PosedCapsules,
): void {
  const { data } = out;
  capsules.forEach(({ joint, a, b, radiusA, radiusB }, c) => {
    const at = c * CAPSULE_STRIDE;
    const turn = 9 * joint;
    for (let row = 0; row < 3; row++) {
      const r = turn + 3 * row;
      const dot = (v: Capsule["a"]) =>
        rotations[r]! * v[0] + rotations[r + 1]! * v[1] + rotations[r + 2]! * v[2];
      data[at + row] = joints[3 * joint + row]! + dot(a);
      data[at + 3 + row] = joints[3 * joint + row]! + dot(b);
      let offset = restJoints[3 * joint + row]!;
      for (let k = 0; k < 3; k++) {
        const transposed = rotations[turn + 3 * k + row]!;
        data[at + 8 + 3 * row + k] = transposed;
        offset -= transposed * joints[3 * joint + k]!;
      }
      data[at + 17 + row] = offset;
    }
    data[at + 6] = radiusA;
    data[at + 7] = radiusB;
  });
}
