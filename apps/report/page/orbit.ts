/** A camera that orbits a point, and the pointer gestures that move it. */

/** A point in the view's world: metres, x right, y up, z towards the sensor. */
export type Point = readonly [number, number, number];

/** A projected point: pixels, pixels per metre at its depth, and its distance from the eye in metres. */
export type Projected = {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
  readonly depth: number;
};

/** Angles in radians, distance in metres. */
export type Orbit = { yaw: number; pitch: number; distance: number };

const HOME: Readonly<Orbit> = { yaw: 0.62, pitch: 0.2, distance: 4.3 };
/** Nearest that anything is drawn to the eye, metres. */
const NEAR = 0.2;
/** Focal length as a multiple of the view's height: a field of view of 28 degrees. */
const FOCAL = 2;

/** The view that the page opens with. */
export function homeOrbit(): Orbit {
  return { ...HOME };
}

/** Projects world points to a view of a size in pixels; the eye looks at `target`. Undefined behind the eye. */
export function projector(
  { yaw, pitch, distance }: Orbit,
  target: Point,
  width: number,
  height: number,
): (point: Point) => Projected | undefined {
  const [cy, sy, cp, sp] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
  const focal = FOCAL * Math.min(width * 1.15, height);
  return ([px, py, pz]) => {
    const [dx, dy, dz] = [px - target[0], py - target[1], pz - target[2]];
    const right = cy * dx - sy * dz;
    const ahead = sy * dx + cy * dz;
    const depth = distance - (sp * dy + cp * ahead);
    if (depth < NEAR) return undefined;
    const scale = focal / depth;
    return { x: width / 2 + right * scale, y: height / 2 - (cp * dy - sp * ahead) * scale, scale, depth };
  };
}

/** Drag to orbit, wheel or pinch to zoom, double-click to reset, arrows with shift are left to the player. */
export function orbitGestures(canvas: HTMLCanvasElement, orbit: Orbit, draw: () => void): void {
  const held = new Map<number, PointerEvent>();
  const zoom = (factor: number) => {
    orbit.distance = Math.max(1.2, Math.min(14, orbit.distance * factor));
    draw();
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    held.set(event.pointerId, event);
    canvas.classList.add("held");
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = held.get(event.pointerId);
    if (before === undefined) return;
    held.set(event.pointerId, event);
    if (held.size === 1) {
      orbit.yaw -= (event.clientX - before.clientX) * 0.008;
      orbit.pitch = Math.max(-0.2, Math.min(1.5, orbit.pitch + (event.clientY - before.clientY) * 0.006));
      draw();
      return;
    }
    const other = [...held.values()].find((one) => one.pointerId !== event.pointerId)!;
    const span = (one: PointerEvent) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
    zoom(span(before) / Math.max(1, span(event)));
  });
  const release = (event: PointerEvent) => {
    held.delete(event.pointerId);
    if (held.size === 0) canvas.classList.remove("held");
  };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      zoom(Math.exp(Math.max(-60, Math.min(60, event.deltaY)) * 0.003));
    },
    { passive: false },
  );
  canvas.addEventListener("dblclick", () => {
    Object.assign(orbit, HOME);
    draw();
  });
}
