/** The text header of Prophesee's files (docs.prophesee.ai, "RAW file format"): lines `% key value`, then binary data. */
import { FormatError, latin1 } from "../../../core/index.ts";
import type { SensorSize } from "../../columns.ts";
import type { ByteSource } from "../../source.ts";

/** A header: its fields by lower-case key, and how many bytes it takes. */
export type PropheseeHeader = { readonly fields: ReadonlyMap<string, string>; readonly bytes: number };

/** Bytes that a header may have; the largest seen is a kilobyte. */
const MAX_HEADER_BYTES = 1 << 16;

const PERCENT = 0x25;
const BLANK = 0x20;
const NEWLINE = 0x0a;

/**
 * Reads the header at the start of a source, without consuming it. It ends after the line `% end`, or before the first
 * line that does not start with `% `. Waits for no byte that it does not need: a live source may be silent for long after
 * its header.
 *
 * @param format - for errors
 * @param file - for errors
 * @throws FormatError if a line does not end, within 64 KiB
 */
export async function readHeader(
  source: ByteSource,
  format: string,
  file: string | undefined,
): Promise<PropheseeHeader> {
  const fields = new Map<string, string>();
  let at = 0;
  let head: Uint8Array = new Uint8Array(0);
  let ended = false;
  const seeMore = async () => {
    const wanted = Math.min(Math.max(head.length + 1, source.held), MAX_HEADER_BYTES);
    ended = wanted === head.length;
    if (ended) return;
    head = await source.peek(wanted);
    ended = head.length < wanted;
  };
  for (;;) {
    // The first byte tells most binary data from a line.
    if (head.length === at) await seeMore();
    if (head[at] !== PERCENT) break;
    if (head.length === at + 1) await seeMore();
    if (head[at + 1] !== BLANK) break;
    let newline = head.indexOf(NEWLINE, at);
    while (newline < 0 && !ended) {
      const seen = head.length;
      await seeMore();
      newline = head.indexOf(NEWLINE, seen);
    }
    if (newline < 0) throw new FormatError(format, at, "expected a header line that ends, got none", file);
    const line = latin1(head.subarray(at + 2, newline));
    const [key, value] = cut(line.trim(), " ");
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

/** Order of bytes, from `% format …;endianness=…` or `% endianness …`; `little` unless the header says otherwise. */
export function endiannessOf({ fields }: PropheseeHeader): string {
  return (optionsOf(fields).get("endianness") ?? fields.get("endianness") ?? "little").toLowerCase();
}

/**
 * Size of the sensor from `% geometry 1280x720`, or from `width` and `height` in `% format`, or as separate lines. Files
 * written before 2022 have none of these: then from the sensor generation that they name.
 *
 * @returns the size; undefined if the header gives none
 */
export function geometryOf({ fields }: PropheseeHeader): SensorSize | undefined {
  const options = optionsOf(fields);
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

function optionsOf(fields: ReadonlyMap<string, string>): Map<string, string> {
  return new Map((fields.get("format") ?? "").split(";").map((option) => cut(option, "=")));
}

/** The two sides of the first separator; the second is empty if there is none. */
function cut(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + separator.length).trim()];
}
