/** The pose in three dimensions: a jointed figure for the prediction, bones for the truth, on a ground grid. */
import type { ReportData, ReportStep } from "../data.ts";
import { HEAD, PARENTS, VOLUMES } from "./body.ts";
import { byId, fitCanvas, html, onResize, toggle } from "./dom.ts";
import { key, poseKeys } from "./frames.ts";
import { quantile } from "./metrics.ts";
import { homeOrbit, orbitGestures, type Point, type Projected, projector } from "./orbit.ts";
import type { Player } from "./player.ts";
import { css, mix, onTheme, type Palette, type Rgb } from "./theme.ts";

type Project = (point: Point) => Projected | undefined;
type Scene = {
  readonly c: CanvasRenderingContext2D;
  readonly project: Project;
  readonly palette: Palette;
  /** Height of the ground, metres. */
  readonly ground: number;
};

/** Wrists and ankles leave trails this many steps long. */
const TRAILED = [20, 21, 7, 8];
const TRAIL = 24;
/** The view's middle lies this high above the ground, metres. */
const EYE_LEVEL = 0.86;
const GRID_RADIUS = 3;
const GRID_STEP = 0.5;

/** Draws the pose of the player's step on the canvas `#pose`. */
export function poseView(data: ReportData, player: Player): void {
  const canvas = byId<HTMLCanvasElement>("pose");
  const poses = data.steps.map(({ joints }) => upright(joints));
  const truths = data.steps.map(({ truth }) => (truth === undefined ? undefined : upright(truth)));
  const known = truths.some((truth) => truth !== undefined);
  const ground = groundHeight(data.steps);
  const targets = followed(poses, ground + EYE_LEVEL);
  const orbit = homeOrbit();
  const shown = { truth: true, trails: true };
  let palette: Palette | undefined;
  let size: readonly [number, number] = [0, 0];

  const draw = () => {
    if (palette === undefined || size[0] === 0) return;
    const step = player.step();
    const c = fitCanvas(canvas, size[0], size[1]);
    const target = targets[step]!;
    const project = projector(orbit, target, size[0], size[1]);
    const scene: Scene = { c, project, palette, ground };
    const truth = truths[step];
    grid(scene, target);
    shadow(scene, poses[step]!);
    if (shown.trails) trails(scene, poses, step);
    figure(scene, poses[step]!);
    if (shown.truth && truth !== undefined) bones(scene, truth);
  };
  // Several moves of the pointer within one frame are drawn once.
  let due = false;
  const later = () => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => {
      due = false;
      draw();
    });
  };

  const tools = [toggle("Trails", true, (on) => ((shown.trails = on), draw()))];
  if (known) tools.push(toggle("Truth", true, (on) => ((shown.truth = on), draw())));
  byId("pose-tools").append(...tools);
  byId("pose-legend").append(
    key("net-left", "Left"),
    key("net-right", "Right"),
    ...poseKeys(known).slice(1),
    html("span", { class: "end" }, "Grid 0.5 m"),
  );
  orbitGestures(canvas, orbit, later);
  onResize(canvas.parentElement!, (w, h) => {
    size = [w, h];
    draw();
  });
  onTheme((colours) => {
    palette = colours;
    draw();
  });
  player.onChange(draw);
}

/** Camera coordinates (y down, z away) to the view's world (y up, z towards the sensor). */
function upright(joints: ArrayLike<number>): Point[] {
  return PARENTS.map((_, j) => [joints[3 * j]!, -joints[3 * j + 1]!, -joints[3 * j + 2]!]);
}

/** The ground lies a sole below the lowest joints (all but the lowest twentieth of the steps, which may be errors). */
function groundHeight(steps: readonly ReportStep[]): number {
  const lowest = steps.map(({ joints, truth = joints }) =>
    Math.min(...PARENTS.map((_, j) => -truth[3 * j + 1]!)),
  );
  return quantile(lowest, 0.05) - 0.03;
}

/** The point to look at in each step: the pelvis, smoothed over time, at a constant height. */
function followed(poses: readonly Point[][], height: number): Point[] {
  const reach = 12;
  return poses.map((_, step) => {
    const near = poses.slice(Math.max(0, step - reach), step + reach + 1);
    const average = (k: number) => near.reduce((sum, pose) => sum + pose[0]![k]!, 0) / near.length;
    return [average(0), height, average(2)];
  });
}

function grid({ c, project, palette, ground }: Scene, target: Point): void {
  const lines = Math.round(GRID_RADIUS / GRID_STEP);
  const [cx, cz] = [0, 2].map((k) => Math.round(target[k]! / GRID_STEP) * GRID_STEP) as [number, number];
  const segment = GRID_STEP / 2;
  c.lineWidth = 1;
  for (let i = -lines; i <= lines; i++) {
    for (let j = -lines * 2; j < lines * 2; j++) {
      for (const across of [true, false]) {
        const a: Point = across
          ? [cx + j * segment, ground, cz + i * GRID_STEP]
          : [cx + i * GRID_STEP, ground, cz + j * segment];
        const b: Point = across ? [a[0] + segment, ground, a[2]] : [a[0], ground, a[2] + segment];
        const away = Math.hypot((a[0] + b[0]) / 2 - target[0], (a[2] + b[2]) / 2 - target[2]) / GRID_RADIUS;
        const [p, q] = [project(a), project(b)];
        if (away >= 1 || p === undefined || q === undefined) continue;
        c.strokeStyle = css(palette["ink-3"], 0.42 * (1 - away) ** 1.2);
        c.beginPath();
        c.moveTo(p.x, p.y);
        c.lineTo(q.x, q.y);
        c.stroke();
      }
    }
  }
}

/** The figure's shadow under a light from straight above. */
function shadow({ c, project, palette, ground }: Scene, pose: readonly Point[]): void {
  const path = new Path2D();
  for (const { a, b, radii } of volumes(pose)) {
    const [p, q] = [project([a[0], ground, a[2]]), project([b[0], ground, b[2]])];
    if (p !== undefined && q !== undefined)
      capsule(path, p, q, radii[0] * p.scale * 0.8, radii[1] * q.scale * 0.8);
  }
  c.save();
  c.fillStyle = css(mix(palette.ink, palette.stage, palette.stage[0] > 128 ? 0.86 : 1), 0.7);
  if (palette.stage[0] <= 128) c.fillStyle = "rgb(0 0 0 / 0.45)";
  c.filter = "blur(3px)";
  c.fill(path);
  c.restore();
}

function trails({ c, project, palette }: Scene, poses: readonly Point[][], step: number): void {
  c.lineCap = "round";
  for (const joint of TRAILED) {
    for (let age = Math.min(TRAIL, step) - 1; age >= 0; age--) {
      const [p, q] = [project(poses[step - age - 1]![joint]!), project(poses[step - age]![joint]!)];
      if (p === undefined || q === undefined) continue;
      const fade = 1 - age / TRAIL;
      c.strokeStyle = css(palette.net, 0.5 * fade ** 1.5);
      c.lineWidth = 0.5 + 1.75 * fade;
      c.beginPath();
      c.moveTo(p.x, p.y);
      c.lineTo(q.x, q.y);
      c.stroke();
    }
  }
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
function figure({ c, project, palette }: Scene, pose: readonly Point[]): void {
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
function bones({ c, project, palette }: Scene, pose: readonly Point[]): void {
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
