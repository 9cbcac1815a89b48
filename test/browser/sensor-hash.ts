/** Hashes of what sensors make of a film of arithmetic alone, to be equal in every engine. */
import { Random } from "../../src/core/index.ts";
import { EventSensor, sensorPresets, type SensorPhysics } from "../../src/simulate/index.ts";

const SIZE = { width: 48, height: 32 } as const;

/** FNV-1a of the columns of all events. */
function hash(physics: SensorPhysics, asCodes: boolean): string {
  const random = new Random(11);
  const camera = new EventSensor({ sensor: SIZE, random: new Random(7), transfer: "srgb", ...physics });
  const pixels = SIZE.width * SIZE.height;
  let [sum, count] = [0x811c9dc5, 0];
  const add = (value: number) => (sum = Math.imul(sum ^ value, 0x01000193));
  for (let f = 0; f < 120; f++) {
    const codes = Uint8Array.from({ length: pixels }, (_, i) => {
      const [x, y] = [i % SIZE.width, Math.floor(i / SIZE.width)];
      const ball = (x - 0.4 * f) ** 2 + (y - 16) ** 2 < 60;
      return ball ? 200 + random.integer(0, 20) : 4 * x + (y > 20 ? random.integer(0, 3) : 0);
    });
    const frame = asCodes ? codes : Float32Array.from(codes, (code) => (code * code) / 65025);
    const { t, x, y, on } = camera.push(frame, f * 7919);
    for (let k = 0; k < t.length; k++) [t[k]!, x[k]!, y[k]!, on[k]!].forEach(add);
    count += t.length;
  }
  return `${count} ${(sum >>> 0).toString(16)}`;
}

/** Number and hash of the events of each preset, for 8-bit frames and for linear ones. */
export function presetHashes(): Record<string, readonly [codes: string, linear: string]> {
  return Object.fromEntries(
    Object.entries(sensorPresets).map(([name, physics]) => [
      name,
      [hash(physics, true), hash(physics, false)] as const,
    ]),
  );
}
