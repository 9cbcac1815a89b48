/** Soft shadows on the floor. */
import { type Camera, jointIndex } from "../body/index.ts";
import type { SensorSize } from "../events/index.ts";

/** Joints that cast a shadow, with its radius (metres) and its share of the strength: ankles and pelvis. */
const CASTERS = [
  { joint: jointIndex("left_ankle"), radius: 0.24, share: 0.6 },
  { joint: jointIndex("right_ankle"), radius: 0.24, share: 0.6 },
  { joint: jointIndex("pelvis"), radius: 0.55, share: 0.5 },
];

/**
 * Darkens the floor below the ankles and the pelvis by round shadows (1 − d²/r²)² that fade with the joint's height.
 *
 * @param joints - `[24, 3]` in camera coordinates, metres
 * @param floor - height of the floor in the world, metres
 * @param strength - share of the light taken at the centre, in [0, 1]
 * @param frame - linear luminance `[H, W]`, changed
 */
export function castShadow(
  joints: Float64Array,
  camera: Camera,
  floor: number,
  strength: number,
  { width, height }: SensorSize,
  frame: Float32Array,
): void {
  const { rotation, translation, fx, fy, cx, cy } = camera;
  // The floor in camera coordinates: up · p = level.
  const [ux, uy, uz] = [rotation[1]!, rotation[4]!, rotation[7]!];
  const level = floor + ux * translation[0]! + uy * translation[1]! + uz * translation[2]!;
  for (const { joint, radius, share } of CASTERS) {
    const [x, y, z] = [joints[3 * joint]!, joints[3 * joint + 1]!, joints[3 * joint + 2]!];
    const above = ux * x + uy * y + uz * z - level;
    const [px, py, pz] = [x - above * ux, y - above * uy, z - above * uz];
    if (pz < 0.5) continue;
    const within = px * px + py * py + pz * pz - radius * radius;
    const depth = (strength * share) / (1 + Math.max(0, above));
    const span = (radius * fx) / (pz - radius * 0.5);
    const u = (fx * px) / pz + cx;
    const [left, right] = [Math.max(0, Math.floor(u - span)), Math.min(width - 1, Math.ceil(u + span))];
    // Seen at a low angle the disc is flat: no point of it is further than these from its centre along y and z.
    const [tall, deep] = [radius * Math.sqrt(1 - uy * uy), radius * Math.sqrt(1 - uz * uz)];
    const near = Math.max(pz - deep, 0.25);
    const high = (py - tall) / (py > tall ? pz + deep : near);
    const low = (py + tall) / (py + tall > 0 ? near : pz + deep);
    const top = Math.max(0, Math.floor(fy * high + cy - 1));
    const bottom = Math.min(height - 1, Math.ceil(fy * low + cy));
    for (let row = top; row <= bottom; row++) {
      const ry = (row + 0.5 - cy) / fy;
      // Where the floor is within the radius is a quadratic inequality along the row; a pixel more for rounding.
      const side = uy * ry + uz;
      const ahead = py * ry + pz;
      const a = level * level - 2 * level * px * ux + within * ux * ux;
      const b = within * side * ux - level * (px * side + ahead * ux);
      const c = level * level * (ry * ry + 1) - 2 * level * ahead * side + within * side * side;
      const root = b * b - a * c;
      if (a > 0 && root <= 0) continue;
      const half = a > 0 ? Math.sqrt(root) / a : Infinity;
      const first = a > 0 ? Math.max(left, Math.floor(fx * (-b / a - half) + cx - 1.5)) : left;
      const last = a > 0 ? Math.min(right, Math.ceil(fx * (-b / a + half) + cx + 0.5)) : right;
      for (let column = first; column <= last; column++) {
        const rx = (column + 0.5 - cx) / fx;
        const far = level / (ux * rx + uy * ry + uz);
        if (!(far > 0)) continue;
        const dx = rx * far - px;
        const dy = ry * far - py;
        const dz = far - pz;
        const rest = 1 - (dx * dx + dy * dy + dz * dz) / (radius * radius);
        if (rest <= 0) continue;
        const pixel = row * width + column;
        frame[pixel] = frame[pixel]! * (1 - depth * rest * rest);
      }
    }
  }
}
