/** Numbers of events by pixel, as a picture. */
import { encodePng } from "./png.ts";

/** Longest side of the picture; larger sensors are thinned out. */
const MAX_SIDE = 1280;

/** Colours from none to most: black, blue, orange, white. */
const STOPS = [
  [12, 15, 19],
  [29, 95, 224],
  [255, 125, 60],
  [255, 250, 240],
] as const;

/**
 * The picture as a data URL. Brightness grows with the logarithm of the number.
 *
 * @param counts - events of each pixel, row by row
 */
export function pixelMap(counts: Uint32Array, width: number, height: number): string {
  const step = Math.ceil(Math.max(width, height) / MAX_SIDE);
  const [w, h] = [Math.ceil(width / step), Math.ceil(height / step)];
  const binned = new Float64Array(w * h);
  counts.forEach((n, i) => {
    binned[Math.floor(Math.floor(i / width) / step) * w + Math.floor((i % width) / step)]! += n;
  });
  const most = Math.log1p(binned.reduce((a, b) => Math.max(a, b), 1));
  const rgb = new Uint8Array(3 * w * h);
  binned.forEach((n, i) => {
    const at = (Math.log1p(n) / most) * (STOPS.length - 1);
    const stop = Math.min(STOPS.length - 2, Math.floor(at));
    for (let k = 0; k < 3; k++) {
      const [a, b] = [STOPS[stop]![k]!, STOPS[stop + 1]![k]!];
      rgb[3 * i + k] = Math.round(a + (b - a) * (at - stop));
    }
  });
  return `data:image/png;base64,${Buffer.from(encodePng(w, h, rgb)).toString("base64")}`;
}
