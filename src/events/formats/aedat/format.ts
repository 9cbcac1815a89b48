/** AEDAT 1 to 3: one kind of text header, several encodings. AEDAT 4 shares no more than its first bytes with them. */
import { FormatError, latin1, UnsupportedError } from "../../../core/index.ts";
import { openAedat2 } from "../aedat2/decode.ts";
import { openAedat3 } from "../aedat3/decode.ts";
import { type EventFormat, startsWith } from "../format.ts";

const VERSION = "#!AER-DAT";
/** What jAER wrote in the first line of AEDAT 1.0, which has no version line. */
const UNVERSIONED = "# This is a raw AE data file";

/** The formats with a header of lines `#…`. */
export const AEDAT: EventFormat = {
  names: ["aedat2", "aedat3"],
  matches: (head) => startsWith(head, VERSION) || startsWith(head, UNVERSIONED),
  open: async (source, options) => {
    const line = latin1(await source.peek(VERSION.length + 3));
    const where = options.file ?? "openEvents";
    if (line.startsWith(`${VERSION}2.0`)) return openAedat2(source, options);
    if (line.startsWith(`${VERSION}3.0`) || line.startsWith(`${VERSION}3.1`))
      return openAedat3(source, options);
    if (line.startsWith("# ")) {
      throw new UnsupportedError(
        `${where}: expected AEDAT 2.0, 3.0, 3.1 or 4.0, got aedat 1.0 (no version line)`,
      );
    }
    if (/^#!AER-DAT(?!4\.0)\d\.\d$/.test(line)) {
      throw new UnsupportedError(`${where}: expected AEDAT 2.0, 3.0, 3.1 or 4.0, got aedat ${line.slice(9)}`);
    }
    const got = JSON.stringify(line);
    throw new FormatError(
      "aedat",
      0,
      `expected a version line such as ${VERSION}2.0, got ${got}`,
      options.file,
    );
  },
};
