/** The cloud of events: by WebGL 2, or without it pixel by pixel. */
import type { Palette, Rgb } from "../page/theme.ts";
import type { ViewerData, ViewerPoints } from "../viewer-data.ts";
import { indexAt } from "./points.ts";
import { focalOf, halves, projector } from "./projection.ts";
import type { ViewState } from "./state.ts";

/** Draws the cloud of a state in a size in CSS pixels. */
export type DrawCloud = (
  state: Readonly<ViewState>,
  palette: Palette,
  width: number,
  height: number,
  ratio: number,
) => void;

const VERTEX = `#version 300 es
precision highp float;
in float t; in vec2 xy; in float on;
uniform vec2 range; uniform vec2 slice; uniform vec3 box; uniform vec2 sensor; uniform vec4 turn;
uniform vec4 view; uniform vec4 screen; uniform float size; uniform vec2 shown;
uniform vec3 onColour; uniform vec3 offColour; uniform vec3 ground;
out vec3 colour;
void main() {
  vec3 p = box * vec3(2.0 * (t - range.x) / (range.y - range.x) - 1.0, 1.0 - 2.0 * (xy.y + 0.5) / sensor.y, 2.0 * (xy.x + 0.5) / sensor.x - 1.0);
  float ahead = turn.y * p.x + turn.x * p.z;
  float depth = view.x - (turn.w * p.y + turn.z * ahead);
  vec2 at = vec2(turn.x * p.x - turn.y * p.z, turn.z * p.y - turn.w * ahead) * view.y * 2.0 / screen.xy;
  float near = 0.05; float far = 60.0;
  gl_Position = vec4(at + vec2(2.0 * view.z * screen.y / screen.x, -2.0 * view.w) * depth, (depth * (far + near) - 2.0 * far * near) / (far - near), depth);
  float seen = mix(shown.y, shown.x, on);
  if (seen < 0.5 || depth < near) gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
  bool now = t >= slice.x && t <= slice.y;
  float reach = length(box) + 0.001;
  float fog = clamp((depth - view.x + reach) / (2.0 * reach), 0.0, 1.0);
  vec3 own = mix(offColour, onColour, on);
  colour = now ? own : mix(own, ground, 0.12 + 0.58 * fog);
  gl_PointSize = clamp(size * screen.z * view.x / depth * (now ? 1.5 : 1.0), 1.0, 24.0);
}`;

const FRAGMENT = `#version 300 es
precision mediump float;
in vec3 colour; out vec4 pixel;
void main() {
  vec2 d = gl_PointCoord - 0.5;
  if (dot(d, d) > 0.25) discard;
  pixel = vec4(colour, 1.0);
}`;

/** A function that draws the events of the page on a canvas. */
export function cloudOn(canvas: HTMLCanvasElement, data: ViewerData, points: ViewerPoints): DrawCloud {
  const gl = canvas.getContext("webgl2", { antialias: true, preserveDrawingBuffer: true });
  return gl === null ? plainCloud(canvas, data, points) : shadedCloud(canvas, gl, data, points);
}

function shadedCloud(
  canvas: HTMLCanvasElement,
  gl: WebGL2RenderingContext,
  { sensor }: ViewerData,
  { t, x, y, on }: ViewerPoints,
): DrawCloud {
  const program = gl.createProgram();
  for (const [kind, source] of [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, FRAGMENT],
  ] as const) {
    const shader = gl.createShader(kind)!;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program) ?? "");
  gl.useProgram(program);
  const xy = new Uint16Array(2 * t.length);
  x.forEach((column, i) => {
    xy[2 * i] = column;
    xy[2 * i + 1] = y[i]!;
  });
  const attribute = (name: string, values: BufferSource, size: number, type: number) => {
    const place = gl.getAttribLocation(program, name);
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, values, gl.STATIC_DRAW);
    gl.enableVertexAttribArray(place);
    gl.vertexAttribPointer(place, size, type, false, 0, 0);
  };
  attribute(
    "t",
    Float32Array.from(t, (us) => us / 1e6),
    1,
    gl.FLOAT,
  );
  attribute("xy", xy, 2, gl.UNSIGNED_SHORT);
  attribute("on", Uint8Array.from(on), 1, gl.UNSIGNED_BYTE);
  gl.enable(gl.DEPTH_TEST);
  const set = (name: string, ...values: number[]) => {
    const place = gl.getUniformLocation(program, name);
    if (values.length === 1) gl.uniform1f(place, values[0]!);
    else if (values.length === 2) gl.uniform2f(place, values[0]!, values[1]!);
    else if (values.length === 3) gl.uniform3f(place, values[0]!, values[1]!, values[2]!);
    else gl.uniform4f(place, values[0]!, values[1]!, values[2]!, values[3]!);
  };
  const colour = (name: string, rgb: Rgb) => set(name, rgb[0] / 255, rgb[1] / 255, rgb[2] / 255);
  return (state, palette, width, height, ratio) => {
    fit(canvas, width, height, ratio);
    gl.viewport(0, 0, canvas.width, canvas.height);
    const { yaw, pitch, distance, panX, panY, from, to, time, frame } = state;
    set("range", from, to);
    set("slice", time - frame, time);
    set("box", ...halves(state, sensor.width, sensor.height));
    set("sensor", sensor.width, sensor.height);
    set("turn", Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch));
    set("view", distance, focalOf(width, height), panX, panY);
    set("screen", width, height, ratio, 0);
    set("size", state.size);
    set("shown", Number(state.on), Number(state.off));
    colour("onColour", palette.on);
    colour("offColour", palette.off);
    colour("ground", palette.stage);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    const start = indexAt(t, from * 1e6);
    gl.drawArrays(gl.POINTS, start, indexAt(t, to * 1e6 + 1) - start);
  };
}

/** Where there is no WebGL 2: nearest points win, one by one. */
function plainCloud(
  canvas: HTMLCanvasElement,
  { sensor }: ViewerData,
  { t, x, y, on }: ViewerPoints,
): DrawCloud {
  return (state, palette, width, height, ratio) => {
    fit(canvas, width, height, ratio);
    const c = canvas.getContext("2d")!;
    const picture = c.createImageData(canvas.width, canvas.height);
    const depths = new Float32Array(canvas.width * canvas.height).fill(Infinity);
    const project = projector(state, width, height);
    const [hx, hy, hz] = halves(state, sensor.width, sensor.height);
    const { from, to, time, frame } = state;
    const reach = Math.hypot(hx, hy, hz);
    const end = indexAt(t, to * 1e6 + 1);
    const side = Math.max(1, Math.round(state.size * ratio));
    for (let i = indexAt(t, from * 1e6); i < end; i++) {
      if (!(on[i] === 1 ? state.on : state.off)) continue;
      const at = t[i]! / 1e6;
      const seen = project([
        hx * ((2 * (at - from)) / (to - from) - 1),
        hy * (1 - (2 * (y[i]! + 0.5)) / sensor.height),
        hz * ((2 * (x[i]! + 0.5)) / sensor.width - 1),
      ]);
      if (seen === undefined) continue;
      const now = at >= time - frame && at <= time;
      const fog = now
        ? 0
        : 0.12 + 0.58 * Math.max(0, Math.min(1, (seen.depth - state.distance + reach) / (2 * reach)));
      const own = on[i] === 1 ? palette.on : palette.off;
      const [left, top] = [Math.round(seen.x * ratio - side / 2), Math.round(seen.y * ratio - side / 2)];
      for (let py = Math.max(0, top); py < Math.min(canvas.height, top + side); py++) {
        for (let px = Math.max(0, left); px < Math.min(canvas.width, left + side); px++) {
          const pixel = py * canvas.width + px;
          if (depths[pixel]! <= seen.depth) continue;
          depths[pixel] = seen.depth;
          for (let k = 0; k < 3; k++)
            picture.data[4 * pixel + k] = own[k]! + (palette.stage[k]! - own[k]!) * fog;
          picture.data[4 * pixel + 3] = 255;
        }
      }
    }
    c.putImageData(picture, 0, 0);
  };
}

function fit(canvas: HTMLCanvasElement, width: number, height: number, ratio: number): void {
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
}
