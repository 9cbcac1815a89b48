/** The two pictures: events in space and time, and the frame of one moment. */
import { fitted } from "../page/canvas.ts";
import { byId, onResize } from "../page/dom.ts";
import { count } from "../page/format.ts";
import { onTheme, type Palette } from "../page/theme.ts";
import type { ViewerData, ViewerPoints } from "../viewer-data.ts";
import { drawBack, drawFront } from "./axes.ts";
import { cloudOn } from "./cloud.ts";
import { drawFrame } from "./frame.ts";
import { gestures } from "./gestures.ts";
import { fittingEye } from "./projection.ts";
import { DIRECTIONS, type Direction, type Store } from "./state.ts";
import { timeText } from "./ticks.ts";

/**
 * Draws the space, now and when anything changes.
 *
 * @param fit - whether the eye is to see all of it at first
 * @returns a function that looks at the whole of it from a direction
 */
export function space(
  store: Store,
  data: ViewerData,
  points: ViewerPoints,
  fit: boolean,
): (direction: Direction) => void {
  const [back, cloud, front] = ["back", "cloud", "front"].map((id) => byId<HTMLCanvasElement>(id)) as [
    HTMLCanvasElement,
    HTMLCanvasElement,
    HTMLCanvasElement,
  ];
  const drawCloud = cloudOn(cloud, data, points);
  let palette: Palette | undefined;
  let [width, height] = [0, 0];
  const draw = () => {
    if (palette === undefined || width === 0) return;
    const view = { width, height };
    drawBack(fitted(back, width, height), store.state, palette, data.sensor, view);
    drawCloud(store.state, palette, width, height, devicePixelRatio);
    drawFront(fitted(front, width, height), store.state, palette, data.sensor, view);
  };
  onTheme((colours) => {
    palette = colours;
    draw();
  });
  const look = (direction: Direction) =>
    store.set(fittingEye({ ...store.state, ...direction }, data.sensor, width, height));
  onResize(front.parentElement!, (w, h) => {
    const first = width === 0;
    [width, height] = [w, h];
    if (first && fit) look(store.state);
    draw();
  });
  gestures(front, store, () => look(DIRECTIONS.Space));
  store.onChange(draw);
  return look;
}

/** Paints the frame, now and when anything changes. */
export function frames(store: Store, data: ViewerData, points: ViewerPoints): void {
  const canvas = byId<HTMLCanvasElement>("frame");
  canvas.style.aspectRatio = `${data.sensor.width} / ${data.sensor.height}`;
  const about = byId("frame-about");
  let palette: Palette | undefined;
  const draw = () => {
    if (palette === undefined) return;
    const shown = drawFrame(canvas, data, points, store.state, palette);
    const { time, frame } = store.state;
    about.textContent = `${count(shown)} events in the ${timeText(frame)} up to ${timeText(time)}`;
  };
  onTheme((colours) => {
    palette = colours;
    draw();
  });
  store.onChange(draw);
}
