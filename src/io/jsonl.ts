/** JSON lines (jsonlines.org): one JSON value a line. */
import { ArgumentError } from "../core/index.ts";

/**
 * One value as a line with its line feed, to be appended to a log.
 *
 * @throws ArgumentError if the value holds NaN or an infinity, which JSON would turn to null, or is no JSON at all
 */
export function jsonLine(value: unknown): string {
  const text: string | undefined = JSON.stringify(value, (key, item: unknown) => {
    if (typeof item === "number" && !Number.isFinite(item)) {
      throw new ArgumentError(`jsonLine: expected finite numbers, got ${item} in ${key || "the value"}`);
    }
    return item;
  });
  if (text === undefined) throw new ArgumentError(`jsonLine: expected a JSON value, got ${typeof value}`);
  return `${text}\n`;
}
