import { extname } from "node:path";
import { writeEndingOf, type WriteFormat, writeFormatOf, writeFormats } from "../../../src/events/index.ts";
import { InputError } from "../faults.ts";

/**
 * The format of a recording that is to be written: the one asked for, else by the ending of its name; AEDAT 4 for a name
 * without one.
 *
 * @throws InputError for an ending of no format or of several
 */
export function recordingFormat(out: string, format?: WriteFormat): WriteFormat {
  const found = format ?? writeFormatOf(out) ?? (extname(out) === "" ? "aedat4" : undefined);
  if (found !== undefined) return found;
  const endings = [...new Set(writeFormats.map(writeEndingOf))].join(", ");
  throw new InputError(out, `expected a name that ends in one of ${endings}, or --format`);
}
