/** The transport: play, the range of times that the space shows, and the time of the frame. */
import { choice, html, svg } from "../page/dom.ts";
import { drag } from "../page/player.ts";
import type { ViewerPoints } from "../viewer-data.ts";
import type { Store } from "./state.ts";
import { spanText, ticks, timeText, timeUnit } from "./ticks.ts";

const PLAY = "M4 2.5v11l9.5-5.5z";
const PAUSE = "M4 2.5h3v11H4zM9 2.5h3v11H9z";
/** Bars of the histogram. */
const BARS = 240;
/** Seconds that playing it all takes at least, at the speed that the page begins with. */
const SHORTEST_PLAY = 4;
const SPEEDS = [1, 0.1, 0.01, 0.001] as const;

/** Fills the transport. */
export function timeline(
  root: HTMLElement,
  store: Store,
  { t }: ViewerPoints,
): { toggle(): void; playing(): boolean } {
  const { duration } = store;
  const first = SPEEDS.find((speed) => duration / speed >= SHORTEST_PLAY) ?? SPEEDS[SPEEDS.length - 1]!;
  let speed: number = first;
  let playing = false;
  let before = 0;
  const icon = svg("path", { d: PLAY });
  const button = html(
    "button",
    { type: "button", class: "icon play", "aria-label": "Play" },
    svg("svg", { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" }, icon),
  );
  const show = () => {
    icon.setAttribute("d", playing ? PAUSE : PLAY);
    button.setAttribute("aria-label", playing ? "Pause" : "Play");
  };
  const tick = (now: number) => {
    if (!playing) return;
    const { time, from, to } = store.state;
    // A page that was in the background goes on where it was.
    const next = time + (Math.min(now - before, 250) / 1000) * speed;
    before = now;
    store.set({ time: next > to || next < from ? from : next });
    requestAnimationFrame(tick);
  };
  const toggle = () => {
    playing = !playing;
    before = performance.now();
    show();
    if (playing) requestAnimationFrame(tick);
  };
  button.addEventListener("click", toggle);
  const clock = html("p", { class: "clock" });
  const speeds = choice(
    "Speed",
    SPEEDS.map((value) => [value === 1 ? "1×" : `1/${Math.round(1 / value)}×`, value] as const),
    first,
    (value) => (speed = value),
  );
  root.append(
    html("div", { class: "buttons" }, button, clock),
    html("div", { class: "lane" }, strip(store, t), html("div", { class: "margin" }, speeds)),
  );
  store.onChange(() => {
    const { unit, factor } = timeUnit(duration);
    const digits = Math.max(0, 3 - Math.floor(Math.log10(Math.max(1, duration * factor))));
    clock.replaceChildren(
      (store.state.time * factor).toFixed(digits),
      html("small", {}, ` / ${spanText(Number((duration * factor).toPrecision(4)))} ${unit}`),
    );
  });
  return { toggle, playing: () => playing };
}

function strip(store: Store, t: Float64Array): HTMLElement {
  const { duration } = store;
  const counts = new Float64Array(BARS);
  t.forEach((us) => counts[Math.min(BARS - 1, Math.floor((us / 1e6 / duration) * BARS))]!++);
  const most = counts.reduce((a, b) => Math.max(a, b), 1);
  let path = "M0 40";
  counts.forEach((n, i) => (path += `H${i}V${(40 - (38 * n) / most).toFixed(1)}H${i + 1}`));
  const clip = svg("rect", { x: 0, y: 0, width: BARS, height: 40 });
  const playhead = html("div", {
    class: "playhead",
    role: "slider",
    tabindex: 0,
    "aria-label": "Time of the frame",
    "aria-valuemin": 0,
    "aria-valuemax": Math.round(duration * 1e6),
  });
  const ends = (["from", "to"] as const).map((name) => {
    const handle = html("div", {
      class: `end ${name}`,
      role: "slider",
      tabindex: 0,
      "aria-label": name === "from" ? "Start of the space" : "End of the space",
      "aria-valuemin": 0,
      "aria-valuemax": Math.round(duration * 1e6),
    });
    drag(handle, () => undefined);
    const move = (event: PointerEvent) => {
      if (!handle.hasPointerCapture(event.pointerId)) return;
      const box = bar.getBoundingClientRect();
      to(name, ((event.clientX - box.left) / box.width) * duration);
    };
    handle.addEventListener("pointermove", move);
    handle.addEventListener("pointerdown", (event) => event.stopPropagation());
    handle.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (by === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      to(name, store.state[name] + (by * duration) / 100);
    });
    return handle;
  });
  const to = (name: "from" | "to", value: number) => {
    const { from, to: end } = store.state;
    const least = duration / 500;
    store.set(
      name === "from" ? { from: Math.min(value, end - least) } : { to: Math.max(value, from + least) },
    );
  };
  const bar = html(
    "div",
    { class: "scrubber" },
    svg(
      "svg",
      { viewBox: `0 0 ${BARS} 40`, preserveAspectRatio: "none", "aria-hidden": "true" },
      svg("clipPath", { id: "chosen" }, clip),
      svg("path", { d: `${path}V40Z`, class: "rate" }),
      svg("path", { d: `${path}V40Z`, class: "played", "clip-path": "url(#chosen)" }),
    ),
    playhead,
    ...ends,
  );
  drag(bar, (share) => store.set({ time: share * duration }));
  const { unit, factor } = timeUnit(duration);
  const axis = html(
    "div",
    { class: "axis" },
    ...ticks(0, duration * factor, 8).map((value, i) =>
      html(
        "span",
        { style: `left: ${(100 * value) / (duration * factor)}%` },
        i === 0 ? `${spanText(value)} ${unit}` : spanText(value),
      ),
    ),
  );
  store.onChange(() => {
    const { from, to: end, time } = store.state;
    const part = (value: number) => `${(100 * value) / duration}%`;
    clip.setAttribute("x", String((BARS * from) / duration));
    clip.setAttribute("width", String((BARS * (end - from)) / duration));
    for (const [element, value] of [
      [playhead, time],
      [ends[0]!, from],
      [ends[1]!, end],
    ] as const) {
      element.style.left = part(value);
      element.setAttribute("aria-valuenow", String(Math.round(value * 1e6)));
      element.setAttribute("aria-valuetext", timeText(value));
    }
  });
  return html("div", { class: "strip" }, bar, axis);
}
