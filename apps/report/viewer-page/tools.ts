/** Buttons, sliders and keys. */
import { byId, choice, html, toggle } from "../page/dom.ts";
import { DIRECTIONS, type Direction, type Store } from "./state.ts";
import { timeText } from "./ticks.ts";

/** Sizes of points by name, CSS pixels. */
const SIZES = [
  ["S", 1],
  ["M", 1.5],
  ["L", 3],
] as const;

/**
 * Fills the heads of the panels.
 *
 * @param look - turns the eye
 */
export function tools(store: Store, look: (direction: Direction) => void): void {
  const directions = Object.entries(DIRECTIONS) as [string, Direction][];
  const views = choice("View", directions, DIRECTIONS.Space as Direction, look);
  const sizes = choice("Size of points", SIZES, store.state.size, (size) => store.set({ size }));
  byId("space-tools").append(views, sizes);
  const on = toggle("ON", true, (shown) => store.set({ on: shown }));
  const off = toggle("OFF", true, (shown) => store.set({ off: shown }));
  on.classList.add("on");
  off.classList.add("off");
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

/** Keys for time; the space has its own while it has the focus. */
export function keyboard(store: Store, player: { toggle(): void }): void {
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
