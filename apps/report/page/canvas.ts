/** Canvases that stay painted through changes of size and of colours. */
import { onResize } from "./dom.ts";
import { onTheme, type Palette } from "./theme.ts";

/** Paints on a clear context, in CSS pixels. */
export type Paint = (c: CanvasRenderingContext2D, palette: Palette, width: number, height: number) => void;

/** Paints a canvas that fills `frame`, now and when size or colours change; the function returned paints it again. */
export function painted(canvas: HTMLCanvasElement, frame: HTMLElement, paint: Paint): () => void {
  let palette: Palette | undefined;
  let [width, height] = [0, 0];
  const again = () => {
    if (palette !== undefined && width > 0) paint(fitted(canvas, width, height), palette, width, height);
  };
  onTheme((colours) => {
    palette = colours;
    again();
  });
  onResize(frame, (w, h) => {
    [width, height] = [w, h];
    again();
  });
  return again;
}

/** Fits a canvas to its size on the screen and clears it; its context is fresh but for a scale to CSS pixels. */
export function fitted(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D {
  const ratio = devicePixelRatio;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
  const context = canvas.getContext("2d")!;
  context.reset();
  context.scale(ratio, ratio);
  return context;
}
