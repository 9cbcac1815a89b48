/** A plot over time in the page's shared columns: gutter, plot, margin; with a playhead and a tip. */
import { html } from "./dom.ts";
import { drag, type Player } from "./player.ts";

/** The parts of a lane, to be filled. */
export type Lane = {
  readonly element: HTMLElement;
  readonly gutter: HTMLElement;
  readonly plot: HTMLElement;
  readonly margin: HTMLElement;
};

/** What a lane shows. */
export type LaneOptions = {
  /** Height of the plot, CSS pixels. */
  readonly height: number;
  /** Columns of the plot. As many as the player has steps, or a multiple: the lane shows and moves the playhead. */
  readonly columns: number;
  /** What is under the pointer; `down` is in [0, 1). */
  readonly tip: (column: number, down: number) => string;
  /** Described to those who do not see it. */
  readonly label: string;
};

/** Makes an empty lane. */
export function lane(player: Player, options: LaneOptions): Lane {
  const plot = plotBox(options);
  const gutter = html("div", { class: "gutter" });
  const margin = html("div", { class: "margin" });
  if (follows(player, options.columns)) {
    const head = html("div", { class: "playhead" });
    plot.append(head);
    drag(plot, (share) => player.seek(Math.floor(share * player.steps)));
    player.onChange((step) => (head.style.left = `${((step + 0.5) / player.steps) * 100}%`));
  }
  return { element: html("div", { class: "lane" }, gutter, plot, margin), gutter, plot, margin };
}

/** An empty plot that tells what is under the pointer. */
export function plotBox({ height, columns, tip, label }: LaneOptions): HTMLElement {
  const plot = html("div", { class: "plot", role: "img", "aria-label": label, style: `height: ${height}px` });
  const note = html("div", { class: "tip", hidden: "" });
  plot.append(note);
  plot.addEventListener("pointermove", (event) => {
    const box = plot.getBoundingClientRect();
    const [across, down] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    note.hidden = across < 0 || across >= 1 || down < 0 || down >= 1;
    if (note.hidden) return;
    note.textContent = tip(Math.floor(across * columns), down);
    // The tip stays within the plot: its own share of width is left of the pointer.
    note.style.left = `${across * 100}%`;
    note.style.transform = `translateX(${-across * 100}%)`;
  });
  plot.addEventListener("pointerleave", () => (note.hidden = true));
  return plot;
}

/** Whether a plot of so many columns lies on the player's time axis. */
export function follows(player: Player, columns: number): boolean {
  return columns > 0 && columns % player.steps === 0;
}

/** The labels below a lane on the player's time axis: round times, in seconds from the first step. */
export function timeAxis(times: readonly number[]): HTMLElement {
  const span = times.at(-1)! - times[0]!;
  const ticks = span === 0 ? [0] : roundTicks(span / 1e6, 7).filter((second) => second * 1e6 <= span);
  // A step fills a column; its time is the column's middle.
  return axis(
    ticks.map((second) => {
      const step = span === 0 ? 0 : ((second * 1e6) / span) * (times.length - 1);
      return [`${second} s`, (step + 0.5) / times.length];
    }),
  );
}

/** Labels below a lane, each at its share of the width. */
export function axis(labels: readonly (readonly [text: string, at: number])[]): HTMLElement {
  const spans = labels.map(([text, at]) => html("span", { style: `left: ${at * 100}%` }, text));
  return html("div", { class: "lane" }, html("div", { class: "axis" }, ...spans));
}

/** The axis of columns that are not on the player's time axis: their numbers, from 1. */
export function columnAxis(columns: number): HTMLElement {
  return axis([...new Set([1, columns])].map((column) => [`step ${column}`, (column - 0.5) / columns]));
}

/** Round values from 0 to at least `most`, about `about` of them. */
export function roundTicks(most: number, about: number): number[] {
  const rough = Math.max(most, 1e-9) / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999)!;
  return Array.from({ length: Math.ceil(most / step - 1e-9) + 1 }, (_, i) =>
    Number((i * step).toPrecision(6)),
  );
}

/** The left part of a section: what it is and how to read it. */
export function about(title: string, ...paragraphs: (string | Node)[]): HTMLElement {
  return html(
    "div",
    { class: "about" },
    html("h2", {}, title),
    ...paragraphs.map((text) => (typeof text === "string" ? html("p", {}, text) : text)),
  );
}
