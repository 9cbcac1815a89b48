/** Data into pages. */

/**
 * A page with its title and data. Whatever the strings in the data hold, none can leave the data: they are embedded as
 * JSON without `<`, and the page writes them as text.
 *
 * @param template - a page with the marks `title` and `data`
 */
export function fill(template: string, name: string, data: unknown): string {
  const title = `${name} · Saccade`.replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`);
  // Split rather than replace: a replacement text would give `$&` and its kind a meaning.
  const [head, body, tail] = template.split(/<!--(?:title|data)-->/);
  return `${head}${title}${body}${embed(data)}${tail}`;
}

function embed(data: unknown): string {
  return JSON.stringify(data, plain).replaceAll("<", "\\u003c");
}

/** Typed arrays become lists, and fractions keep six digits: a micrometre, for poses within ten metres. */
function plain(_key: string, value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return Array.from(value as Float64Array);
  if (typeof value === "number" && !Number.isInteger(value)) return Number(value.toPrecision(6));
  return value;
}
