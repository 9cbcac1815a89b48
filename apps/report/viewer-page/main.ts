/** The page of `saccade events view`: events in space and time beside the frame of one moment. */
import { byId } from "../page/dom.ts";
import { count } from "../page/format.ts";
import { masthead } from "../page/masthead.ts";
import { themeButton } from "../page/theme.ts";
import type { ViewerData } from "../viewer-data.ts";
import { unpack } from "./points.ts";
import { frames, space } from "./space.ts";
import { createStore, fromHash, type Store, toHash, type ViewState } from "./state.ts";
import { timeText } from "./ticks.ts";
import { timeline } from "./timeline.ts";
import { keyboard, tools } from "./tools.ts";

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
  const fit = fromHash(location.hash).distance === undefined;
  tools(store, space(store, data, points, fit));
  frames(store, data, points);
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
