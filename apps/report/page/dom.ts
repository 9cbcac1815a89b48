/** Short ways to make elements. Text always goes in as text, never as markup. */

type Attributes = Readonly<Record<string, string | number>>;
type Child = Node | string;

/** An HTML element with attributes and children. */
export function html<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  return fill(document.createElement(tag), attributes, children);
}

/** An SVG element with attributes and children. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

/** The element of the page with an id that body.html is known to hold. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

/** Calls `draw` with an element's size in CSS pixels now and whenever it changes. */
export function onResize(element: Element, draw: (width: number, height: number) => void): void {
  new ResizeObserver(([entry]) => {
    const { width, height } = entry!.contentRect;
    if (width > 0 && height > 0) draw(width, height);
  }).observe(element);
}

/** A button that is on or off. */
export function toggle(label: string, on: boolean, change: (on: boolean) => void): HTMLButtonElement {
  const button = html("button", { type: "button", class: "toggle", "aria-pressed": String(on) }, label);
  button.addEventListener("click", () => {
    const now = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(now));
    change(now);
  });
  return button;
}

/** A row of buttons of which one is chosen. */
export function choice<T>(
  label: string,
  options: readonly (readonly [name: string, value: T])[],
  chosen: T,
  change: (value: T) => void,
): HTMLElement {
  const buttons = options.map(([name, value]) => {
    const button = html("button", { type: "button", "aria-pressed": String(value === chosen) }, name);
    button.addEventListener("click", () => {
      for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
      change(value);
    });
    return button;
  });
  return html("div", { class: "choice", role: "group", "aria-label": label }, ...buttons);
}

function fill<T extends Element>(element: T, attributes: Attributes, children: readonly Child[]): T {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}
