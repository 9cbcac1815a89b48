/** Turns events into one self-contained HTML page that shows them in space and time. */
import { deflateSync } from "node:zlib";
import { fill } from "./fill.ts";
import { template } from "./generated/viewer-template.ts";
import type { ViewerData, ViewerPoints } from "./viewer-data.ts";

/** What a page is made from; the times of `points` are absolute. */
export type ViewerInput = Omit<ViewerData, "count" | "firstUs" | "unitUs" | "packed"> & {
  readonly points: ViewerPoints;
};

/** The page as the text of an HTML file that opens without a network. */
export function renderViewer({ points, ...about }: ViewerInput): string {
  const { t, x, y, on } = points;
  const count = t.length;
  const firstUs = count === 0 ? 0 : t[0]!;
  const unitUs = Math.max(1, Math.ceil((count === 0 ? 0 : t[count - 1]! - firstUs) / 2 ** 32));
  const planes = Buffer.alloc(9 * count);
  let last = 0;
  for (let i = 0; i < count; i++) {
    const at = Math.floor((t[i]! - firstUs) / unitUs);
    const gap = at - last;
    last = at;
    for (let k = 0; k < 4; k++) planes[k * count + i] = Math.floor(gap / 256 ** k) & 255;
    planes[4 * count + i] = x[i]! & 255;
    planes[5 * count + i] = x[i]! >> 8;
    planes[6 * count + i] = y[i]! & 255;
    planes[7 * count + i] = y[i]! >> 8;
    planes[8 * count + i] = on[i]!;
  }
  const packed = deflateSync(planes, { level: 9 }).toString("base64");
  const data: ViewerData = { ...about, count, firstUs, unitUs, packed };
  return fill(template, about.name, data);
}
