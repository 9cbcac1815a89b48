/** Colours that tell classes apart, the same for the same class always. */
import type { Rgba } from "../../report/png.ts";

/** Turns between the hues of neighbours: the golden section, so that any first few classes are far apart. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;
/** Lightness and saturation in turn, so that classes of like hue differ in them. */
const SHADES = [
  [0.52, 0.72],
  [0.36, 0.62],
  [0.68, 0.6],
] as const;

/** Colours of the first classes. @param alpha - opacity, 0 to 255 */
export function classColours(classes: number, alpha = 255): Rgba[] {
  return Array.from({ length: classes }, (_, k) => {
    const [lightness, saturation] = SHADES[k % SHADES.length]!;
    return [...colourOf((0.58 + k * GOLDEN) % 1, saturation, lightness), alpha] as const;
  });
}

/** Red, green and blue of hue, saturation and lightness, all in 0 … 1. */
function colourOf(hue: number, saturation: number, lightness: number): readonly [number, number, number] {
  const reach = saturation * Math.min(lightness, 1 - lightness);
  const channel = (n: number) => {
    const k = (n + 12 * hue) % 12;
    return Math.round(255 * (lightness - reach * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return [channel(0), channel(8), channel(4)];
}
