/** The events of a short time, as the sensor saw them. */
import type { Palette } from "../page/theme.ts";
import type { ViewerData, ViewerPoints } from "../viewer-data.ts";
import { indexAt } from "./points.ts";
import type { ViewState } from "./state.ts";

/** Columns of the picture at most: more than there is room for, and single events would vanish. */
const MAX_COLUMNS = 480;

/**
 * Paints the frame at the state's time; later events lie over earlier ones.
 *
 * @returns the number of events in it
 */
export function drawFrame(
  canvas: HTMLCanvasElement,
  { sensor }: ViewerData,
  { t, x, y, on }: ViewerPoints,
  { time, frame, on: showOn, off: showOff }: Readonly<ViewState>,
  palette: Palette,
): number {
  const step = Math.ceil(sensor.width / MAX_COLUMNS);
  const [width, height] = [Math.ceil(sensor.width / step), Math.ceil(sensor.height / step)];
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const c = canvas.getContext("2d")!;
  const picture = c.createImageData(width, height);
  const end = indexAt(t, time * 1e6 + 1);
  let count = 0;
  for (let i = indexAt(t, (time - frame) * 1e6); i < end; i++) {
    if (!(on[i] === 1 ? showOn : showOff)) continue;
    const pixel = 4 * (Math.floor(y[i]! / step) * width + Math.floor(x[i]! / step));
    picture.data.set(on[i] === 1 ? palette.on : palette.off, pixel);
    picture.data[pixel + 3] = 255;
    count++;
  }
  c.putImageData(picture, 0, 0);
  return count;
}
