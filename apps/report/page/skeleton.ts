/** The pose in three dimensions: a jointed figure for the prediction, bones for the truth, on a ground grid. */
import type { ReportData, ReportStep } from "../data.ts";
import { PARENTS } from "./body.ts";
import { painted } from "./canvas.ts";
import { byId, html, toggle } from "./dom.ts";
import { bones, figure, type Scene, shadow } from "./figure.ts";
import { key, poseKeys } from "./frames.ts";
import { quantile } from "./metrics.ts";
import { homeOrbit, orbitGestures, type Point, projector } from "./orbit.ts";
import type { Player } from "./player.ts";
import { css } from "./theme.ts";

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

  const draw = painted(canvas, canvas.parentElement!, (c, palette, width, height) => {
    const step = player.step();
    const target = targets[step]!;
    const project = projector(orbit, target, width, height);
    const scene: Scene = { c, project, palette, ground };
    const truth = truths[step];
    grid(scene, target);
    shadow(scene, poses[step]!);
    if (shown.trails) trails(scene, poses, step);
    figure(scene, poses[step]!);
    if (shown.truth && truth !== undefined) bones(scene, truth);
  });
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
