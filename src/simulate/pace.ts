/** How fast a picture moves, so that fast parts of a motion are rendered more often. */
import { cameraAtOrigin, projectPoints } from "../body/index.ts";
import type { Stage } from "./recording.ts";

/** Places within a span of time at which it is looked where things are. */
const LOOKS = 2;

/** Pixels that the fastest joint in front of the camera, or the background, goes between two times, microseconds. */
export function pixelsMoved(stage: Pick<Stage, "look" | "shift">, fromUs: number, toUs: number): number {
  const looks = Array.from({ length: LOOKS + 1 }, (_, k) =>
    places(stage, fromUs + ((toUs - fromUs) * k) / LOOKS),
  );
  let most = 0;
  for (let i = 0; i < looks[0]!.length; i += 2) {
    let way = 0;
    for (let k = 1; k < looks.length; k++) {
      const [now, before] = [looks[k]!, looks[k - 1]!];
      const dx = now[i]! - before[i]!;
      const dy = now[i + 1]! - before[i + 1]!;
      way += Math.sqrt(dx * dx + dy * dy);
    }
    // Not a number where a joint is behind the camera.
    if (way > most) most = way;
  }
  return most;
}

/** Pixels at which the joints and a point of the background are, `[25, 2]`. */
function places(stage: Pick<Stage, "look" | "shift">, tUs: number): Float64Array {
  const { camera, truth } = stage.look(tUs);
  const joints = projectPoints(cameraAtOrigin(camera), truth.joints).pixels;
  const out = new Float64Array(joints.length + 2);
  out.set(joints);
  out.set(stage.shift(tUs), joints.length);
  return out;
}
