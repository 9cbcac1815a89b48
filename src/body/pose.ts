/** What a body does: the pose of one instant, and a motion over time. */

/** Number of joints of the SMPL kinematic tree. */
export const JOINTS = 24;
/** Number of shape coefficients. */
export const SHAPE_COEFFICIENTS = 10;

/**
 * One instant of a body. Right-handed metres; a body in its rest pose stands upright along +y and faces +z, as SMPL's
 * does, unless the pose is said to be in camera coordinates (x right, y down, z forward).
 */
export type Pose = {
  /** Axis-angle rotation of each joint relative to its parent, `[24, 3]`, radians. */
  readonly pose: Float64Array;
  /** Shape coefficients, `[10]`, dimensionless (standard deviations). */
  readonly shape: Float64Array;
  /** Translation added to every joint, `[3]`, metres. */
  readonly translation: Float64Array;
};

/** A motion sampled at a constant rate. */
export type Motion = {
  readonly frameRateHz: number;
  /** Axis-angle rotations, `[F, 24, 3]`. */
  readonly pose: Float64Array;
  /** Translation, `[F, 3]`, metres. */
  readonly translation: Float64Array;
};
