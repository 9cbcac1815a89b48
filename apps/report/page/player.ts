/** The clock of the page, and its controls. */
import { choice, html, svg } from "./dom.ts";
import { seconds } from "./format.ts";

/** What is shown now, and how to show something else. */
export type Player = {
  readonly steps: number;
  step(): number;
  playing(): boolean;
  /** Goes to a step; out of range means the first or the last. */
  seek(step: number): void;
  toggle(playing?: boolean): void;
  setSpeed(speed: number): void;
  /** Calls `show` now and after each change of step or of playing. */
  onChange(show: (step: number, playing: boolean) => void): void;
};

/** A player over the times of the steps (microseconds, increasing). It starts over at the end. */
export function createPlayer(times: readonly number[]): Player {
  const listeners: ((step: number, playing: boolean) => void)[] = [];
  const start = times[0]!;
  const last = times.length - 1;
  const gap = last > 0 ? (times[last]! - start) / last : 1;
  const end = times[last]! + gap;
  let position = start;
  let current = 0;
  let playing = false;
  let speed = 1;
  let before = 0;

  const tell = () => listeners.forEach((show) => show(current, playing));
  const tick = (now: number) => {
    if (!playing) return;
    // A page that was in the background goes on where it was.
    position += Math.min(now - before, 250) * 1000 * speed;
    before = now;
    if (position >= end) position = start;
    const was = current;
    if (times[current]! > position) current = 0;
    while (current < last && times[current + 1]! <= position) current++;
    if (current !== was) tell();
    requestAnimationFrame(tick);
  };

  return {
    steps: times.length,
    step: () => current,
    playing: () => playing,
    seek(step) {
      current = Math.max(0, Math.min(last, Math.round(step)));
      position = times[current]!;
      tell();
    },
    toggle(on = !playing) {
      if (on === playing) return;
      playing = on;
      tell();
      before = performance.now();
      if (playing) requestAnimationFrame(tick);
    },
    setSpeed(value) {
      speed = value;
    },
    onChange(show) {
      listeners.push(show);
      show(current, playing);
    },
  };
}

const ICONS = {
  play: "M5 2.8v10.4L13.4 8z",
  pause: "M4 3h2.8v10H4zM9.2 3H12v10H9.2z",
  back: "M10.8 3.4v9.2L4.4 8zM3 3.4h1.6v9.2H3z",
  forward: "M5.2 3.4v9.2L11.6 8zM11.4 3.4H13v9.2h-1.6z",
};

/** Fills the transport bar: buttons, clock, speed, and a scrubber drawn over the rate of events per step. */
export function transport(
  root: HTMLElement,
  player: Player,
  times: readonly number[],
  rates: readonly number[],
): void {
  const icon = (path: string) =>
    svg(
      "svg",
      { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" },
      svg("path", { d: path }),
    );
  const button = (label: string, path: string, act: () => void, style = "") => {
    const made = html("button", { type: "button", class: `icon ${style}`, "aria-label": label }, icon(path));
    made.addEventListener("click", act);
    return made;
  };
  const play = button("Play", ICONS.play, () => player.toggle(), "play");
  const now = html("span");
  const buttons = html(
    "div",
    { class: "buttons" },
    button("Step back", ICONS.back, () => stepBy(player, -1)),
    play,
    button("Step forward", ICONS.forward, () => stepBy(player, 1)),
    html("p", { class: "clock" }, now, html("small", {}, ` / ${seconds(times.at(-1)! - times[0]!)} s`)),
  );
  const bar = scrubber(player, times, rates);
  const speed = choice(
    "Speed",
    [
      ["¼×", 0.25],
      ["½×", 0.5],
      ["1×", 1],
      ["2×", 2],
    ],
    1,
    (value) => player.setSpeed(value),
  );
  root.append(
    buttons,
    html(
      "div",
      { class: "lane" },
      html("div", { class: "gutter" }, "Events"),
      bar,
      html("div", { class: "margin" }, speed),
    ),
  );
  player.onChange((step, playing) => {
    now.textContent = seconds(times[step]! - times[0]!);
    play.setAttribute("aria-label", playing ? "Pause" : "Play");
    play.querySelector("path")!.setAttribute("d", playing ? ICONS.pause : ICONS.play);
  });
}

/** Space, arrows, home and end, wherever the focus is, but for the widgets that need these keys themselves. */
export function keyboard(player: Player): void {
  // A button that was clicked with the pointer lets go of the keyboard, so that space means play again.
  document.addEventListener("click", (event) => {
    if (event.detail > 0) (event.target as HTMLElement).closest("button")?.blur();
  });
  document.addEventListener("keydown", (event) => {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest("select")) return;
    if (event.key === " " && target.closest("button")) return;
    const act = {
      " ": () => player.toggle(),
      ArrowLeft: () => stepBy(player, event.shiftKey ? -10 : -1),
      ArrowRight: () => stepBy(player, event.shiftKey ? 10 : 1),
      Home: () => player.seek(0),
      End: () => player.seek(player.steps - 1),
    }[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  });
}

function stepBy(player: Player, steps: number): void {
  player.toggle(false);
  player.seek(player.step() + steps);
}

function scrubber(player: Player, times: readonly number[], rates: readonly number[]): HTMLElement {
  const n = rates.length;
  const most = Math.max(1, ...rates);
  let path = "M0 42";
  rates.forEach((rate, i) => {
    const y = (42 - 40 * (rate / most)).toFixed(1);
    path += `H${i}V${y}H${i + 1}`;
  });
  path += "V42Z";
  const played = svg("rect", { x: 0, y: 0, width: 0, height: 42 });
  const head = html("div", { class: "playhead" });
  const bar = html(
    "div",
    {
      class: "scrubber",
      role: "slider",
      tabindex: 0,
      "aria-label": "Position",
      "aria-valuemin": 0,
      "aria-valuemax": n - 1,
    },
    svg(
      "svg",
      { viewBox: `0 0 ${n} 42`, preserveAspectRatio: "none", "aria-hidden": "true" },
      svg("clipPath", { id: "played" }, played),
      svg("path", { d: path, class: "rate" }),
      svg("path", { d: path, class: "played", "clip-path": "url(#played)" }),
    ),
    head,
  );
  drag(bar, (share) => player.seek(Math.floor(share * n)));
  player.onChange((step) => {
    played.setAttribute("width", String(step + 0.5));
    head.style.left = `${((step + 0.5) / n) * 100}%`;
    bar.setAttribute("aria-valuenow", String(step));
    bar.setAttribute("aria-valuetext", `${seconds(times[step]! - times[0]!)} s, step ${step + 1} of ${n}`);
  });
  return bar;
}

/** Reports how far across an element the pointer is, in [0, 1], while it is held down. */
export function drag(element: HTMLElement, move: (share: number) => void): void {
  const at = (event: PointerEvent) => {
    const box = element.getBoundingClientRect();
    move(Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)));
  };
  element.addEventListener("pointerdown", (event) => {
    element.setPointerCapture(event.pointerId);
    at(event);
  });
  element.addEventListener("pointermove", (event) => {
    if (element.hasPointerCapture(event.pointerId)) at(event);
  });
}
