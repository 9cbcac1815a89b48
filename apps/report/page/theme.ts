/** The palette of style.css as canvases need it, in the scheme (light or dark) that is on. */
import { byId } from "./dom.ts";

/** Red, green and blue, 0 to 255. */
export type Rgb = readonly [number, number, number];

const COLOURS = [
  "paper",
  "stage",
  "ink",
  "ink-2",
  "ink-3",
  "rule",
  "on",
  "off",
  "net",
  "net-left",
  "net-right",
] as const;

/** The colours of the page by their names in style.css. */
export type Palette = Readonly<Record<(typeof COLOURS)[number], Rgb>>;

/** Reads the palette now, and calls `draw` with it now and after each change of scheme. */
export function onTheme(draw: (palette: Palette) => void): void {
  const update = () => draw(read());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", update);
  document.addEventListener("themechange", update);
  update();
}

/** Makes the header's button switch between light and dark. */
export function themeButton(): void {
  byId("theme").addEventListener("click", () => {
    const [red, green, blue] = read().paper;
    document.documentElement.dataset["theme"] = red + green + blue > 384 ? "dark" : "light";
    document.dispatchEvent(new Event("themechange"));
  });
}

/** A colour as CSS, with an opacity in [0, 1]. */
export function css([red, green, blue]: Rgb, opacity = 1): string {
  return `rgb(${red} ${green} ${blue} / ${opacity})`;
}

/** The colour between two, `share` of the way to the second. */
export function mix(a: Rgb, b: Rgb, share: number): Rgb {
  const at = (k: 0 | 1 | 2) => Math.round(a[k] + (b[k] - a[k]) * share);
  return [at(0), at(1), at(2)];
}

function read(): Palette {
  const probe = document.createElement("i");
  document.body.append(probe);
  const style = getComputedStyle(probe);
  const entries = COLOURS.map((name) => {
    probe.style.color = `var(--${name})`;
    return [name, (style.color.match(/\d+/g) ?? []).slice(0, 3).map(Number)];
  });
  probe.remove();
  return Object.fromEntries(entries) as Palette;
}
