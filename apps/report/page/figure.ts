/** The figure of a pose: shaded solids for the prediction, bones for the truth, a shadow on the ground. */
import { HEAD, PARENTS, VOLUMES } from "./body.ts";
import type { Point, Projected } from "./orbit.ts";
import { css, mix, type Palette, type Rgb } from "./theme.ts";

type Project = (point: Point) => Projected | undefined;
/** Where and how to draw. */
export type Scene = {
  readonly c: CanvasRenderingContext2D;
  readonly project: Project;
  readonly palette: Palette;
  /** Height of the ground, metres. */
  readonly ground: number;
};

/** The figure's shadow under a light from straight above. */
export function shadow({ c, project, palette, ground }: Scene, pose: readonly Point[]): void {
  const path = new Path2D();
  for (const { a, b, radii } of volumes(pose)) {
    const [p, q] = [project([a[0], ground, a[2]]), project([b[0], ground, b[2]])];
    if (p !== undefined && q !== undefined)
      capsule(path, p, q, radii[0] * p.scale * 0.8, radii[1] * q.scale * 0.8);
  }
  c.save();
  c.fillStyle = palette.stage[0] > 128 ? css(palette.ink, 0.1) : "rgb(0 0 0 / 0.45)";
  c.filter = "blur(3px)";
  c.fill(path);
  c.restore();
}

/** A volume of the figure in place. */
type Solid = {
  readonly a: Point;
  readonly b: Point;
  readonly radii: readonly [number, number];
  readonly side: string;
};

function volumes(pose: readonly Point[]): Solid[] {
  const solids = VOLUMES.map(({ from, to, radii, beyond, side }): Solid => {
    const a = pose[from]!;
    return { a, b: beyond === 0 ? pose[to]! : extended(a, pose[to]!, beyond), radii, side };
  });
  // The head stands on the line from the chest, for the joint itself lies before the spine.
  const [chest, head] = [pose[9]!, pose[15]!];
  return [
    ...solids,
    {
      a: extended(chest, head, HEAD.above - 0.035),
      b: extended(chest, head, HEAD.above + 0.035),
      radii: [HEAD.radius * 0.82, HEAD.radius],
      side: "",
    },
  ];
}

/** The point `by` metres past `b` on the way from `a`. */
function extended(a: Point, b: Point, by: number): Point {
  const length = Math.hypot(b[0] - a[0], b[1] - a[1], b[2] - a[2]);
  const share = length > 1e-6 ? by / length : 0;
  return [b[0] + (b[0] - a[0]) * share, b[1] + (b[1] - a[1]) * share, b[2] + (b[2] - a[2]) * share];
}

/** The prediction: solids from far to near, lit from the upper left. */
export function figure({ c, project, palette }: Scene, pose: readonly Point[]): void {
  const drawn = volumes(pose).flatMap(({ a, b, radii, side }) => {
    const [p, q] = [project(a), project(b)];
    if (p === undefined || q === undefined) return [];
    const colour =
      side === "left" ? palette["net-left"] : side === "right" ? palette["net-right"] : palette.net;
    return [{ p, q, ra: radii[0] * p.scale, rb: radii[1] * q.scale, colour, depth: (p.depth + q.depth) / 2 }];
  });
  drawn.sort((one, other) => other.depth - one.depth);
  for (const { p, q, ra, rb, colour } of drawn) {
    const path = new Path2D();
    capsule(path, p, q, ra, rb);
    c.fillStyle = lit(c, p, q, Math.max(ra, rb), colour);
    c.fill(path);
    c.strokeStyle = css(palette.stage, 0.55);
    c.lineWidth = 1;
    c.stroke(path);
  }
}

/** A gradient across a limb, brighter on the side of the light. */
function lit(
  c: CanvasRenderingContext2D,
  p: Projected,
  q: Projected,
  radius: number,
  colour: Rgb,
): CanvasGradient {
  const length = Math.hypot(q.x - p.x, q.y - p.y);
  // Across the limb if it is seen from the side, down the light's direction if it is seen end on.
  let [nx, ny] = length > radius * 0.5 ? [-(q.y - p.y) / length, (q.x - p.x) / length] : [-0.6, -0.8];
  if (nx * -0.6 + ny * -0.8 < 0) [nx, ny] = [-nx, -ny];
  const [mx, my] = [(p.x + q.x) / 2, (p.y + q.y) / 2];
  const gradient = c.createLinearGradient(
    mx + nx * radius,
    my + ny * radius,
    mx - nx * radius,
    my - ny * radius,
  );
  gradient.addColorStop(0, css(mix(colour, [255, 255, 255], 0.28)));
  gradient.addColorStop(0.4, css(colour));
  gradient.addColorStop(1, css(mix(colour, [20, 10, 30], 0.38)));
  return gradient;
}

/** The truth: thin bones, drawn over the figure as if it were clear. */
export function bones({ c, project, palette }: Scene, pose: readonly Point[]): void {
  const points = pose.map(project);
  c.strokeStyle = css(palette.ink, 0.85);
  c.lineWidth = 1.25;
  c.setLineDash([3, 3]);
  c.beginPath();
  PARENTS.forEach((parent, j) => {
    const [p, q] = [points[parent], points[j]];
    if (p === undefined || q === undefined) return;
    c.moveTo(p.x, p.y);
    c.lineTo(q.x, q.y);
  });
  c.stroke();
  c.setLineDash([]);
  c.fillStyle = css(palette.ink);
  for (const point of points) {
    if (point === undefined) continue;
    c.beginPath();
    c.arc(point.x, point.y, 1.9, 0, 7);
    c.fill();
  }
}

/** Adds the outline of two discs and all between them, clockwise, so that several make a union. */
function capsule(path: Path2D, p: Projected, q: Projected, ra: number, rb: number): void {
  const length = Math.hypot(q.x - p.x, q.y - p.y);
  if (length <= Math.abs(ra - rb)) {
    const [disc, radius] = ra > rb ? [p, ra] : [q, rb];
    path.moveTo(disc.x + radius, disc.y);
    path.arc(disc.x, disc.y, radius, 0, 2 * Math.PI);
    return;
  }
  const angle = Math.atan2(q.y - p.y, q.x - p.x);
  const half = Math.acos((ra - rb) / length);
  path.moveTo(p.x + ra * Math.cos(angle + half), p.y + ra * Math.sin(angle + half));
  path.arc(p.x, p.y, ra, angle + half, angle - half + 2 * Math.PI);
  path.arc(q.x, q.y, rb, angle - half, angle + half);
  path.closePath();
}
