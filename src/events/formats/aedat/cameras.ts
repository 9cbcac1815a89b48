/** The cameras that AEDAT 2 and 3 name, and the sizes of their sensors. */
import type { SensorSize } from "../../columns.ts";

/** How AEDAT 2.0 packs an event of a camera into an address: as the DVS128 does, or as the DAVIS family does. */
export type Addressing = "dvs128" | "davis";

/** A kind of camera. */
export type Camera = { readonly addressing: Addressing; readonly sensor: SensorSize };

const davis = (width: number, height: number): Camera => ({ addressing: "davis", sensor: { width, height } });

/** The sensors of the DAVIS family that are common, the smallest first. */
export const DAVIS_SENSORS: readonly SensorSize[] = [
  { width: 240, height: 180 },
  { width: 346, height: 260 },
  { width: 640, height: 480 },
];

/** Cameras by their name, of which jAER gives the class (`…chips.davis.Davis346red`) and cAER the model (`DAVIS240C`). */
const CAMERAS: readonly (readonly [RegExp, Camera])[] = [
  [/\b(dvs128|tmpdiff128)/i, { addressing: "dvs128", sensor: { width: 128, height: 128 } }],
  [/\b(davis240|dvs240|sbret)/i, davis(240, 180)],
  [/\bdavis346/i, davis(346, 260)],
  [/\bdavis640/i, davis(640, 480)],
  [/\bdavis208/i, davis(208, 192)],
  [/\bdavis128/i, davis(128, 128)],
  [/\bdvs132/i, davis(132, 104)],
  [/\bdvxplorer_lite/i, davis(320, 240)],
  [/\bdvxplorer/i, davis(640, 480)],
];

/** The camera of this name, if it is known. */
export function cameraNamed(name: string): Camera | undefined {
  return CAMERAS.find(([pattern]) => pattern.test(name))?.[1];
}
