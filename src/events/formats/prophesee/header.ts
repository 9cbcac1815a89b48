/** The text header of Prophesee's files (docs.prophesee.ai, "RAW file format"): lines `% key value`, then binary data. */
import type { SensorSize } from "../../columns.ts";

/** A header: its fields by lower-case key, and how many bytes it takes. */
export type PropheseeHeader = { readonly fields: ReadonlyMap<string, string>; readonly bytes: number };

/** Bytes that a header may have; the largest seen is a kilobyte. */
export const MAX_HEADER_BYTES = 1 << 16;

const PERCENT = 0x25;
const BLANK = 0x20;
const NEWLINE = 0x0a;

/**
 * Parses the header at the start of a file. It ends after the line `% end`, or before the first line that does not start
 * with `% `.
 *
 * @param head - the first {@link MAX_HEADER_BYTES} of the file, or all of it
 * @returns the header, or the offset of the line that does not end
 */
export function parseHeader(head: Uint8Array): PropheseeHeader | { readonly endless: number } {
  const fields = new Map<string, string>();
  let at = 0;
  while (head[at] === PERCENT && head[at + 1] === BLANK) {
    const newline = head.indexOf(NEWLINE, at);
    if (newline < 0) return { endless: at };
    const [key, value] = cut(new TextDecoder("latin1").decode(head.subarray(at + 2, newline)).trim(), " ");
    at = newline + 1;
    if (key.toLowerCase() === "end") break;
    fields.set(key.toLowerCase(), value);
  }
  return { fields, bytes: at };
}

/**
 * Name of the encoding, such as `EVT3` or `EVT2`, from the lines `% format EVT3;…` or `% evt 3.0`; `DAT` for the header
 * of a DAT file; empty if the header does not say.
 */
export function encodingOf({ fields }: PropheseeHeader): string {
  const format = fields.get("format");
  if (format !== undefined) return cut(format, ";")[0].toUpperCase();
  const version = fields.get("evt");
  if (version !== undefined) return `EVT${version.replace(".0", "").replace(".", "")}`;
  const dat = fields.has("version") || (fields.get("data") ?? "").startsWith("file containing");
  return dat ? "DAT" : "";
}

/**
 * Size of the sensor from `% geometry 1280x720`, or from `width` and `height` in `% format`, or as separate lines. Files
 * written before 2022 have none of these: then from the sensor generation that they name.
 *
 * @returns the size; undefined if the header gives none
 */
export function geometryOf({ fields }: PropheseeHeader): SensorSize | undefined {
  const options = new Map((fields.get("format") ?? "").split(";").map((option) => cut(option, "=")));
  const [width, height] = cut(fields.get("geometry") ?? "", "x");
  const stated = [
    [width, height],
    [options.get("width"), options.get("height")],
    [fields.get("width"), fields.get("height")],
  ].find(([w, h]) => w !== undefined && h !== undefined && w !== "");
  if (stated !== undefined) return { width: Number(stated[0]), height: Number(stated[1]) };
  const named = `${fields.get("plugin_name") ?? ""} ${fields.get("sensor_name") ?? ""} gen${fields.get("sensor_generation") ?? ""}`;
  return GENERATIONS.find(([pattern]) => pattern.test(named))?.[1];
}

const GENERATIONS: readonly (readonly [RegExp, SensorSize])[] = [
  [/gen4|imx636/i, { width: 1280, height: 720 }],
  [/gen3/i, { width: 640, height: 480 }],
  [/genx320/i, { width: 320, height: 320 }],
];

/** The two sides of the first separator; the second is empty if there is none. */
function cut(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + separator.length).trim()];
}
