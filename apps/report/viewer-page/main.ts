/** The page of `saccade events view`: events in space and time beside the frame of one moment. */
import { byId, choice, html, onResize, toggle } from "../page/dom.ts";
import { count } from "../page/format.ts";
import { masthead } from "../page/masthead.ts";
import { onTheme, type Palette, themeButton } from "../page/theme.ts";
import type { ViewerData, ViewerPoints } from "../viewer-data.ts";
import { drawBack, drawFront } from "./axes.ts";
import { cloudOn } from "./cloud.ts";
import { drawFrame } from "./frame.ts";
import { gestures } from "./gestures.ts";
import { unpack } from "./points.ts";
import { fittingEye } from "./projection.ts";
import { createStore, DIRECTIONS, fromHash, type Store, toHash, type ViewState } from "./state.ts";
import { timeText } from "./ticks.ts";
import { timeline } from "./timeline.ts";

declare global {
  interface Window {
    /** The page for scripts: `set` changes what is shown, `get` tells it, `ready` is kept once it is drawn. */
    viewer: {
      set(change: Partial<ViewState>): void;
      get(): ViewState;
      readonly ready: Promise<void>;
    };
  }
}

/** Sizes of points by name, CSS pixels. */
const SIZES = [
  ["S", 1],
  ["M", 1.5],
  ["L", 3],
] as const;

const data = JSON.parse(byId("data").textContent) as ViewerData;
const duration = { seconds: 1e-6 };
let store: Store | undefined;

window.viewer = {
  set: (change) => store?.set(change),
  get: () => ({ ...store!.state }),
  ready: start(),
};

async function start(): Promise<void> {
  const points = await unpack(data);
  duration.seconds = Math.max(1e-6, (points.t.at(-1) ?? 0) / 1e6);
  store = createStore(duration.seconds);
  store.set(fromHash(location.hash));
  addEventListener("hashchange", () => store!.set(fromHash(location.hash)));
  header();
  themeButton();
  tools(store, space(store, points));
  frames(store, points);
  const player = timeline(byId("transport"), store, points);
  keyboard(store, player);
  remember(store, player);
  // A frame for the size of the page to be known, one for the eye to be set, one to draw.
  for (let i = 0; i < 3; i++) await new Promise((drawn) => requestAnimationFrame(drawn));
}

function header(): void {
  const { name, format, sensor, events, every } = data;
  masthead(
    name,
    [
      ["Format", format],
      ["Sensor", `${sensor.width} × ${sensor.height}`],
      ["Events", count(events)],
      ["Duration", timeText(duration.seconds)],
      ["Rate", `${count(events / duration.seconds)}/s`],
    ],
    every === 1 ? [] : [`Shown here is one event in ${every}: ${count(data.count)} of ${count(events)}.`],
  );
}

function tools(
  store: Store,
  look: (direction: { readonly yaw: number; readonly pitch: number }) => void,
): void {
  type Direction = { readonly yaw: number; readonly pitch: number };
  const directions = Object.entries(DIRECTIONS) as [string, Direction][];
  const views = choice("View", directions, DIRECTIONS.Space as Direction, look);
  const sizes = choice("Size of points", SIZES, store.state.size, (size) => store.set({ size }));
  byId("space-tools").append(views, sizes);
  const on = toggle("ON", true, (shown) => store.set({ on: shown }));
  const off = toggle("OFF", true, (shown) => store.set({ off: shown }));
  byId("frame-tools").append(on, off);
  // Addresses, scripts and the pointer change what the buttons say, too.
  store.onChange(() => {
    const { state } = store;
    const isSeen = ({ yaw, pitch }: Direction) => yaw === state.yaw && pitch === state.pitch;
    press(
      views,
      directions.map(([, direction]) => isSeen(direction)),
    );
    press(
      sizes,
      SIZES.map(([, size]) => size === state.size),
    );
    on.setAttribute("aria-pressed", String(state.on));
    off.setAttribute("aria-pressed", String(state.off));
  });
  // Logarithmic: from a ten-thousandth of the recording to all of it, and from a fifth of the sensor to twenty.
  slider("Frame", "frame", store.duration / 1e4, store.duration, timeText);
  slider("Time axis", "stretch", 0.2, 20, (stretch) => `${stretch.toPrecision(2)}×`);

  function slider(
    name: string,
    key: "frame" | "stretch",
    low: number,
    high: number,
    text: (value: number) => string,
  ): void {
    const input = html("input", { type: "range", min: 0, max: 100, step: 0.5, id: key });
    const output = html("output", { for: key });
    input.addEventListener("input", () =>
      store.set({ [key]: low * (high / low) ** (Number(input.value) / 100) }),
    );
    byId("sliders").append(html("label", { for: key }, name), input, output);
    store.onChange(() => {
      const value = store.state[key];
      input.value = String((100 * Math.log(value / low)) / Math.log(high / low));
      input.setAttribute("aria-valuetext", text(value));
      output.textContent = text(value);
    });
  }
}

function press(group: HTMLElement, pressed: readonly boolean[]): void {
  pressed.forEach((is, i) => group.children[i]!.setAttribute("aria-pressed", String(is)));
}

/** @returns a function that looks at the whole of the space from a direction */
function space(
  store: Store,
  points: ViewerPoints,
): (direction: { readonly yaw: number; readonly pitch: number }) => void {
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
    drawBack(fresh(back, width, height), store.state, palette, data.sensor, view);
    drawCloud(store.state, palette, width, height, devicePixelRatio);
    drawFront(fresh(front, width, height), store.state, palette, data.sensor, view);
  };
  onTheme((colours) => {
    palette = colours;
    draw();
  });
  const look = (direction: { readonly yaw: number; readonly pitch: number }) =>
    store.set(fittingEye({ ...store.state, ...direction }, data.sensor, width, height));
  onResize(front.parentElement!, (w, h) => {
    const first = width === 0;
    [width, height] = [w, h];
    if (first && fromHash(location.hash).distance === undefined) look(store.state);
    draw();
  });
  gestures(front, store, () => look(DIRECTIONS.Space));
  store.onChange(draw);
  return look;
}

function fresh(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D {
  const [w, h] = [Math.round(width * devicePixelRatio), Math.round(height * devicePixelRatio)];
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
  const c = canvas.getContext("2d")!;
  c.reset();
  c.scale(devicePixelRatio, devicePixelRatio);
  return c;
}

function frames(store: Store, points: ViewerPoints): void {
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

/** Keys for time; the space has its own while it has the focus. */
function keyboard(store: Store, player: { toggle(): void }): void {
  document.addEventListener("keydown", (event) => {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest("input")) return;
    if (event.key === " " && target.closest("button")) return;
    const { time, frame } = store.state;
    const act = {
      " ": () => player.toggle(),
      ArrowLeft: () => store.set({ time: time - frame * (event.shiftKey ? 10 : 1) }),
      ArrowRight: () => store.set({ time: time + frame * (event.shiftKey ? 10 : 1) }),
      Home: () => store.set({ time: store.state.from }),
      End: () => store.set({ time: store.state.to }),
      "[": () => store.set({ frame: frame / 1.25 }),
      "]": () => store.set({ frame: frame * 1.25 }),
    }[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  });
  byId("keys").append(
    ...[
      ["Space", "play"],
      ["← →", "frame by frame"],
      ["[ ]", "length of the frame"],
      ["Drag", "turn"],
      ["Shift drag", "move"],
      ["Wheel", "zoom"],
      ["Double click", "reset"],
    ].map(([key, what]) => html("span", {}, html("kbd", {}, key!), what!)),
  );
}

/** Keeps the state in the address, so that a reload or a link shows the same. */
function remember(store: Store, player: { playing(): boolean }): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let first = true;
  store.onChange(() => {
    if (first) return void (first = false);
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (!player.playing()) history.replaceState(null, "", toHash(store.state));
    }, 300);
  });
}
