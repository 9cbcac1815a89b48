/** The box about the cloud: its edges, the axes with their ticks, and the place of the frame. */
import { css, type Palette } from "../page/theme.ts";
import { focalOf, halves, type Point, type Projected, projector } from "./projection.ts";
import type { ViewState } from "./state.ts";
import { spanText, ticks, timeUnit } from "./ticks.ts";

type Size = { readonly width: number; readonly height: number };
type Project = (point: Point) => Projected | undefined;

/** An edge of the box along one axis: the signs of the two others. */
type Edge = { readonly from: Projected; readonly to: Projected; readonly depth: number };

/** Draws behind the cloud: the sides of the box that are turned away from the eye, with their grid. */
export function drawBack(
  c: CanvasRenderingContext2D,
  state: Readonly<ViewState>,
  palette: Palette,
  sensor: Size,
  view: Size,
): void {
  const project = projector(state, view.width, view.height);
  const half = halves(state, sensor.width, sensor.height);
  c.lineWidth = 1;
  for (const axis of [0, 1, 2] as const) {
    // Of two opposite sides the one farther from the eye.
    const centre = (sign: number) => project(placed(axis, sign * half[axis], 0, 0))?.depth ?? 0;
    const sign = centre(1) > centre(-1) ? 1 : -1;
    const [u, v] = others(axis);
    for (const [along, across] of [
      [u, v],
      [v, u],
    ] as const) {
      const divisions = along === 0 ? 8 : 4;
      for (let i = 0; i <= divisions; i++) {
        const at = half[along] * ((2 * i) / divisions - 1);
        const end = (side: number) => {
          const point: [number, number, number] = [0, 0, 0];
          point[axis] = sign * half[axis];
          point[along] = at;
          point[across] = side * half[across];
          return project(point);
        };
        c.strokeStyle = css(palette.rule, i === 0 || i === divisions ? 1 : 0.55);
        line(c, end(-1), end(1));
      }
    }
  }
}

/** Draws before the cloud: the plane of the frame, ticks and their labels. */
export function drawFront(
  c: CanvasRenderingContext2D,
  state: Readonly<ViewState>,
  palette: Palette,
  sensor: Size,
  view: Size,
): void {
  const project = projector(state, view.width, view.height);
  const half = halves(state, sensor.width, sensor.height);
  plane(c, state, palette, project, half);
  const centre = project([0, 0, 0]) ?? { x: view.width / 2, y: view.height / 2, depth: 1 };
  const taken: DOMRect[] = [];
  const { unit, factor } = timeUnit(state.to - state.from);
  const scales = [
    { axis: 0, low: state.from * factor, high: state.to * factor, name: `time, ${unit}`, most: 8 },
    { axis: 2, low: 0, high: sensor.width, name: "x, pixels", most: 5 },
    { axis: 1, low: sensor.height, high: 0, name: "y, pixels", most: 5 },
  ] as const;
  for (const { axis, low, high, name, most } of scales) {
    const edge = outerEdge(axis, half, project, centre);
    const length = Math.hypot(edge.to.x - edge.from.x, edge.to.y - edge.from.y);
    // An axis that points at the eye has no room for its labels.
    const upright =
      (2 * half[axis] * focalOf(view.width, view.height)) / ((edge.from.depth + edge.to.depth) / 2);
    if (length < 48 || length < 0.45 * upright) continue;
    c.strokeStyle = css(palette["ink-3"]);
    c.lineWidth = 1;
    line(c, edge.from, edge.to);
    // Outward: at right angles to the edge, away from the middle of the box.
    let [nx, ny] = [-(edge.to.y - edge.from.y) / length, (edge.to.x - edge.from.x) / length];
    const [mx, my] = [(edge.from.x + edge.to.x) / 2, (edge.from.y + edge.to.y) / 2];
    if (nx * (mx - centre.x) + ny * (my - centre.y) < 0) [nx, ny] = [-nx, -ny];
    const at = (value: number) => along(edge, (value - low) / (high - low));
    const values = ticks(
      Math.min(low, high),
      Math.max(low, high),
      Math.max(2, Math.min(most, Math.floor(length / 56))),
    );
    c.font = "11px system-ui, sans-serif";
    for (const value of values) {
      const p = at(value);
      line(c, p, { ...p, x: p.x + 5 * nx, y: p.y + 5 * ny });
      label(c, spanText(value), p.x + 9 * nx, p.y + 9 * ny, nx, ny, taken, css(palette["ink-2"]), view);
    }
    c.font = "600 11px system-ui, sans-serif";
    const reach = 30 + 14 * Math.abs(nx);
    label(c, name, mx + reach * nx, my + reach * ny, nx, ny, taken, css(palette.ink), view);
  }
}

/** The outline of the frame's time in the box. */
function plane(
  c: CanvasRenderingContext2D,
  { from, to, time }: Readonly<ViewState>,
  palette: Palette,
  project: Project,
  half: Point,
): void {
  if (time < from || time > to) return;
  const x = half[0] * ((2 * (time - from)) / (to - from) - 1);
  const corners = [
    [-1, -1],
    [1, -1],
    [1, 1],
    [-1, 1],
  ].map(([y, z]) => project([x, y! * half[1], z! * half[2]]));
  if (corners.includes(undefined)) return;
  c.beginPath();
  corners.forEach((corner, i) => (i === 0 ? c.moveTo(corner!.x, corner!.y) : c.lineTo(corner!.x, corner!.y)));
  c.closePath();
  c.fillStyle = css(palette.ink, 0.06);
  c.fill();
  c.strokeStyle = css(palette.ink, 0.75);
  c.lineWidth = 1.25;
  c.stroke();
}

/** Of the four edges along an axis that which lies farthest out, below or to the left. */
function outerEdge(axis: 0 | 1 | 2, half: Point, project: Project, centre: Projected): Edge {
  const [u, v] = others(axis);
  const edges: (Edge & { readonly score: number })[] = [];
  for (const su of [-1, 1]) {
    for (const sv of [-1, 1]) {
      const end = (side: number) => {
        const point: [number, number, number] = [0, 0, 0];
        point[axis] = side * half[axis];
        point[u] = su * half[u];
        point[v] = sv * half[v];
        return project(point);
      };
      const [from, to] = [end(-1), end(1)];
      if (from === undefined || to === undefined) continue;
      const [dx, dy] = [(from.x + to.x) / 2 - centre.x, (from.y + to.y) / 2 - centre.y];
      // The axis of heights stands to the side, the others lie below.
      edges.push({
        from,
        to,
        depth: (from.depth + to.depth) / 2,
        score: axis === 1 ? -dx + 0.1 * dy : dy - 0.05 * dx,
      });
    }
  }
  edges.sort((a, b) => b.score - a.score || a.depth - b.depth);
  return edges[0] ?? { from: centre, to: centre, depth: 1 };
}

/** The point of the screen at a part of the way along an edge; perspective brings the farther end closer. */
function along({ from, to }: Edge, part: number): Projected {
  const far = (part * to.depth) / from.depth;
  const weight = far / (1 - part + far);
  return { x: from.x + (to.x - from.x) * weight, y: from.y + (to.y - from.y) * weight, depth: from.depth };
}

function label(
  c: CanvasRenderingContext2D,
  text: string,
  x: number,
  y: number,
  nx: number,
  ny: number,
  taken: DOMRect[],
  colour: string,
  view: Size,
): void {
  const width = c.measureText(text).width;
  // The nearest point of the text lies at (x, y).
  const left = Math.max(4, Math.min(view.width - width - 4, x + (width / 2) * (nx - 1)));
  const top = y + 7 * (ny - 1);
  const box = new DOMRect(left - 3, top - 1, width + 6, 16);
  const inside = box.left >= 0 && box.right <= view.width && box.top >= 0 && box.bottom <= view.height;
  const clear = taken.every(
    (o) => box.right < o.left || box.left > o.right || box.bottom < o.top || box.top > o.bottom,
  );
  if (!inside || !clear) return;
  taken.push(box);
  c.fillStyle = colour;
  c.textBaseline = "middle";
  c.fillText(text, left, top + 7);
}

function line(c: CanvasRenderingContext2D, from: Projected | undefined, to: Projected | undefined): void {
  if (from === undefined || to === undefined) return;
  c.beginPath();
  c.moveTo(from.x, from.y);
  c.lineTo(to.x, to.y);
  c.stroke();
}

function others(axis: 0 | 1 | 2): readonly [0 | 1 | 2, 0 | 1 | 2] {
  return axis === 0 ? [1, 2] : axis === 1 ? [0, 2] : [0, 1];
}

function placed(axis: 0 | 1 | 2, value: number, u: number, v: number): Point {
  return axis === 0 ? [value, u, v] : axis === 1 ? [u, value, v] : [u, v, value];
}
