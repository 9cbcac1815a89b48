/** The events of the page, unpacked. */
import type { ViewerData, ViewerPoints } from "../viewer-data.ts";

/** Unpacks the events. */
export async function unpack({ packed, count, unitUs }: ViewerData): Promise<ViewerPoints> {
  const binary = atob(packed);
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const planes = new Uint8Array(await new Response(stream).arrayBuffer());
  const points = {
    t: new Float64Array(count),
    x: new Uint16Array(count),
    y: new Uint16Array(count),
    on: planes.slice(8 * count, 9 * count),
  };
  let at = 0;
  for (let i = 0; i < count; i++) {
    for (let k = 3, gap = 0; k >= 0; k--) {
      gap = gap * 256 + planes[k * count + i]!;
      if (k === 0) at += gap;
    }
    points.t[i] = at * unitUs;
    points.x[i] = planes[4 * count + i]! | (planes[5 * count + i]! << 8);
    points.y[i] = planes[6 * count + i]! | (planes[7 * count + i]! << 8);
  }
  return points;
}

/** Index of the first event at `us` or later. */
export function indexAt(t: Float64Array, us: number): number {
  let [low, high] = [0, t.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (t[middle]! < us) low = middle + 1;
    else high = middle;
  }
  return low;
}
