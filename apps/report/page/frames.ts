/** The event frames, with the projected skeletons over them. */
import { type ReportCamera, type ReportData, unpackBits } from "../data.ts";
import { NAMES, PARENTS } from "./body.ts";
import { painted } from "./canvas.ts";
import { byId, choice, html, toggle } from "./dom.ts";
import { count } from "./format.ts";
import type { Player } from "./player.ts";
import { css, type Palette, type Rgb } from "./theme.ts";

/** The bits of each step's frame, unpacked when first asked for. */
type Frames = (step: number) => { readonly on: Uint8Array; readonly off: Uint8Array };

/** Opacity of a frame one step old; older ones follow in powers, until they no longer show. */
const PERSISTENCE = [
  ["1 step", 0],
  ["Short", 0.5],
  ["Long", 0.8],
] as const;
const FAINTEST = 0.05;

/** Draws the frame of the player's step on the canvas `#events`. */
export function eventFrames(data: ReportData, player: Player, events: readonly number[]): void {
  const canvas = byId<HTMLCanvasElement>("events");
  const { width, height } = data.frames;
  const frames = unpacker(data);
  const small = html("canvas", { width, height });
  const pixels = small.getContext("2d")!;
  const image = pixels.createImageData(width, height);
  let persistence: number = PERSISTENCE[1][1];
  let showPrediction = true;
  let showTruth = true;
  const known = data.steps.some((step) => step.truth !== undefined);

  const draw = painted(canvas, canvas.parentElement!, (context, palette, w, h) => {
    const step = player.step();
    paint(image.data, frames, step, persistence, palette);
    pixels.putImageData(image, 0, 0);
    const scale = fittingScale([w, h], width, height);
    const left = (w - width * scale) / 2;
    const top = (h - height * scale) / 2;
    context.imageSmoothingEnabled = false;
    context.drawImage(small, left, top, width * scale, height * scale);
    corners(context, left, top, width * scale, height * scale, css(palette["ink-3"]));
    const { camera } = data;
    const { joints, truth } = data.steps[step]!;
    if (camera === undefined) return;
    const project = (points: ArrayLike<number>) => projected(points, camera, left, top, scale);
    if (showPrediction) skeleton(context, project(joints), palette);
    if (showTruth && truth !== undefined) bones(context, project(truth), palette);
  });

  const { camera } = data;
  const tools = [
    choice("Persistence of events", PERSISTENCE, persistence, (value) => {
      persistence = value;
      draw();
    }),
  ];
  if (camera !== undefined) {
    tools.push(toggle("Prediction", true, (on) => ((showPrediction = on), draw())));
    if (known) tools.push(toggle("Truth", true, (on) => ((showTruth = on), draw())));
  }
  byId("event-tools").append(...tools);
  const now = html("span", { class: "end" });
  byId("event-legend").append(
    key("on", "Brighter"),
    key("off", "Darker"),
    ...(camera === undefined ? [] : poseKeys(known)),
    now,
  );
  player.onChange((step) => {
    now.textContent = `${count(events[step]!)} events`;
    draw();
  });
}

/** An entry of a legend. */
export function key(colour: string, text: string, style = ""): HTMLElement {
  return html("span", {}, html("i", { class: `key ${style}`, style: `--colour: var(--${colour})` }), text);
}

/** The legend of the two skeletons. */
export function poseKeys(known: boolean): HTMLElement[] {
  return known
    ? [key("net", "Prediction", "line"), key("ink", "Truth", "dash")]
    : [key("net", "Prediction", "line")];
}

/** Number of set bits of both polarities of each step: what stands in for the number of events. */
export function countPixels(data: ReportData): number[] {
  const ones = (text: string) => {
    let sum = 0;
    for (const character of atob(text)) for (let b = character.charCodeAt(0); b !== 0; b &= b - 1) sum++;
    return sum;
  };
  return data.frames.on.map((on, step) => ones(on) + ones(data.frames.off[step]!));
}

function unpacker({ frames, steps }: ReportData): Frames {
  const size = frames.width * frames.height;
  const done: ReturnType<Frames>[] = new Array(steps.length);
  return (step) =>
    (done[step] ??= { on: unpackBits(frames.on[step]!, size), off: unpackBits(frames.off[step]!, size) });
}

/** Newest events last, each step older fainter; a pixel shows its newest event. */
function paint(
  rgba: Uint8ClampedArray,
  frames: Frames,
  step: number,
  persistence: number,
  palette: Palette,
): void {
  rgba.fill(0);
  const depth = persistence === 0 ? 0 : Math.floor(Math.log(FAINTEST) / Math.log(persistence));
  for (let age = Math.min(depth, step); age >= 0; age--) {
    const { on, off } = frames(step - age);
    const opacity = age === 0 ? 255 : 255 * persistence ** age;
    for (let i = 0; i < on.length; i++) {
      if (on[i] === 1) dot(rgba, i, palette.on, opacity);
      else if (off[i] === 1) dot(rgba, i, palette.off, opacity);
    }
  }
}

function dot(rgba: Uint8ClampedArray, pixel: number, colour: Rgb, opacity: number): void {
  rgba[4 * pixel] = colour[0];
  rgba[4 * pixel + 1] = colour[1];
  rgba[4 * pixel + 2] = colour[2];
  rgba[4 * pixel + 3] = opacity;
}

/** The largest scale that fits; from two screen pixels a sensor pixel on a whole number of them, so that all are alike. */
function fittingScale(size: readonly [number, number], width: number, height: number): number {
  const scale = Math.min(size[0] / width, size[1] / height) * devicePixelRatio;
  return (scale >= 2 ? Math.floor(scale) : scale) / devicePixelRatio;
}

function corners(
  c: CanvasRenderingContext2D,
  x: number,
  y: number,
  w: number,
  h: number,
  colour: string,
): void {
  const arm = 9;
  c.strokeStyle = colour;
  c.lineWidth = 1;
  c.beginPath();
  for (const [cx, cy, dx, dy] of [
    [x + 0.5, y + 0.5, arm, arm],
    [x + w - 0.5, y + 0.5, -arm, arm],
    [x + 0.5, y + h - 0.5, arm, -arm],
    [x + w - 0.5, y + h - 0.5, -arm, -arm],
  ] as const) {
    c.moveTo(cx + dx, cy);
    c.lineTo(cx, cy);
    c.lineTo(cx, cy + dy);
  }
  c.stroke();
}

/** Screen points of the joints; undefined behind the camera. */
type Points = readonly (readonly [number, number] | undefined)[];

function projected(
  points: ArrayLike<number>,
  camera: ReportCamera,
  left: number,
  top: number,
  scale: number,
): Points {
  return NAMES.map((_, j) => {
    const z = points[3 * j + 2]!;
    if (z <= 0.05) return undefined;
    const u = (camera.fx * points[3 * j]!) / z + camera.cx;
    const v = (camera.fy * points[3 * j + 1]!) / z + camera.cy;
    return [left + u * scale, top + v * scale] as const;
  });
}

function limbs(
  points: Points,
  draw: (a: readonly [number, number], b: readonly [number, number], j: number) => void,
) {
  PARENTS.forEach((parent, j) => {
    const [a, b] = [points[parent], points[j]];
    if (a !== undefined && b !== undefined) draw(a, b, j);
  });
}

function skeleton(c: CanvasRenderingContext2D, points: Points, palette: Palette): void {
  c.lineCap = "round";
  for (const halo of [true, false]) {
    limbs(points, (a, b, j) => {
      const side = NAMES[j]![1];
      c.strokeStyle = halo
        ? css(palette.stage, 0.8)
        : css(side === "" ? palette.net : palette[`net-${side}`]);
      c.lineWidth = halo ? 7 : 3.25;
      c.beginPath();
      c.moveTo(a[0], a[1]);
      c.lineTo(b[0], b[1]);
      c.stroke();
    });
  }
  c.fillStyle = css(palette.net);
  c.strokeStyle = css(palette.stage);
  c.lineWidth = 1.25;
  for (const point of points) {
    if (point === undefined) continue;
    c.beginPath();
    c.arc(point[0], point[1], 3.6, 0, 7);
    c.fill();
    c.stroke();
  }
}

/** The truth: thin dashes. */
function bones(c: CanvasRenderingContext2D, points: Points, palette: Palette): void {
  c.strokeStyle = css(palette.ink);
  c.lineWidth = 1.25;
  c.setLineDash([3, 3]);
  c.beginPath();
  limbs(points, (a, b) => {
    c.moveTo(a[0], a[1]);
    c.lineTo(b[0], b[1]);
  });
  c.stroke();
  c.setLineDash([]);
}
