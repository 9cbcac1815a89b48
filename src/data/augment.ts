/** Mirror images and turned pictures of clips, with bodies that still project to where they are seen. */
import {
  axisRotation,
  type Intrinsics,
  JOINT_NAMES,
  jointIndex,
  type JointName,
  multiply3,
  rotate3,
} from "../body/index.ts";
import type { Random } from "../core/index.ts";
import type { CameraBody } from "./pose-clip.ts";

/** A change of the picture: mirrored left to right first, then turned about the principal point. */
export type PictureChange = {
  readonly flip: boolean;
  /** Clockwise as seen in the picture (from right to down), radians. */
  readonly rotation: number;
};

/** The picture as it is. */
export const UNCHANGED: PictureChange = { flip: false, rotation: 0 };

/** Random changes of the picture. */
export type Augmentation = {
  /** Probability of a mirror image. */
  readonly flip: number;
  /** Largest turn about the principal point, degrees; three samples out of five are turned. */
  readonly rotationDegrees: number;
};

const TURNED_SHARE = 0.6;

/**
 * Draws a change; {@link UNCHANGED} itself where there is none.
 * @param augment - nothing is drawn where it is null
 */
export function drawChange(random: Random, augment: Augmentation | null): PictureChange {
  if (augment === null) return UNCHANGED;
  const limit = (augment.rotationDegrees * Math.PI) / 180;
  const flip = random.uniform() < augment.flip;
  const rotation = random.uniform() < TURNED_SHARE ? random.uniform(-limit, limit) : 0;
  return flip || rotation !== 0 ? { flip, rotation } : UNCHANGED;
}

const MIRRORED_JOINTS = JOINT_NAMES.map((name) => {
  const other = name.startsWith("left_") ? name.replace("left_", "right_") : name.replace("right_", "left_");
  return jointIndex(other as JointName);
});

/** The camera of a mirrored picture; turning leaves it as it is. */
export function changeCamera(camera: Intrinsics, { flip }: PictureChange): Intrinsics {
  return flip ? { ...camera, cx: camera.width - camera.cx } : camera;
}

/**
 * A body as the changed picture shows it. The mirror image of a rotation R is M R M with M = diag(−1, 1, 1), which
 * negates the y and z components of its axis-angle vector, and left and right joints change places; the built-in body
 * is its own mirror image. A turn by R_z multiplies the root and the place of the pelvis.
 */
export function changeBody({ rotations, translation }: CameraBody, change: PictureChange): CameraBody {
  const turned = rotations.slice();
  let place = translation;
  if (change.flip) {
    place = Float64Array.of(-place[0]!, place[1]!, place[2]!);
    MIRRORED_JOINTS.forEach((from, joint) => {
      for (let i = 0; i < 9; i++) turned[9 * joint + i] = MIRROR_SIGN[i]! * rotations[9 * from + i]!;
    });
  }
  if (change.rotation !== 0) {
    const turn = axisRotation("Z", change.rotation);
    turned.set(multiply3(turn, turned), 0);
    place = Float64Array.from(rotate3(turn, place));
  }
  return { rotations: turned, translation: place };
}

/** Signs of the elements of M R M. */
const MIRROR_SIGN = [1, -1, -1, -1, 1, 1, -1, 1, 1];

/**
 * For every pixel of the changed picture the pixel of the original that it shows, `[height · width]`: the one that
 * holds its centre, or `height · width` where there is none.
 *
 * @param camera - of the original
 */
export function changePixels(camera: Intrinsics, change: PictureChange): Int32Array {
  const { width, height, fx, fy, cy } = camera;
  const { cx } = changeCamera(camera, change);
  const [cosine, sine] = [Math.cos(change.rotation), Math.sin(change.rotation)];
  const from = new Int32Array(width * height);
  for (let v = 0; v < height; v++) {
    const y = (v + 0.5 - cy) / fy;
    for (let u = 0; u < width; u++) {
      const x = (u + 0.5 - cx) / fx;
      const column = Math.floor(fx * (cosine * x + sine * y) + cx);
      const row = Math.floor(fy * (cosine * y - sine * x) + cy);
      const inside = column >= 0 && column < width && row >= 0 && row < height;
      const pixel = row * width + (change.flip ? width - 1 - column : column);
      from[v * width + u] = inside ? pixel : width * height;
    }
  }
  return from;
}
