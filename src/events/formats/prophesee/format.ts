/** Prophesee's files: one kind of text header, several encodings. */
import { FormatError, UnsupportedError } from "../../../core/index.ts";
import type { ReaderOptions, Recording } from "../../recording.ts";
import type { ByteSource } from "../../source.ts";
import { openDat } from "../dat/decode.ts";
import { openEvt2 } from "../evt2/decode.ts";
import { openEvt21 } from "../evt21/decode.ts";
import { openEvt3 } from "../evt3/decode.ts";
import { type EventFormat, startsWith } from "../format.ts";
import { encodingOf, readHeader } from "./header.ts";

/** The encodings that are read, by the name that `encodingOf` gives. */
const READERS: Readonly<Record<string, (source: ByteSource, options: ReaderOptions) => Promise<Recording>>> =
  {
    EVT2: openEvt2,
    EVT21: openEvt21,
    EVT3: openEvt3,
    DAT: openDat,
  };

/** The formats with a header of lines `% key value`. */
export const PROPHESEE: EventFormat = {
  names: Object.keys(READERS).map((name) => name.toLowerCase()),
  matches: (head) => startsWith(head, "% "),
  open: async (source, options) => {
    const header = await readHeader(source, "events", options.file);
    const encoding = encodingOf(header);
    const open = READERS[encoding];
    if (open !== undefined) return open(source, options);
    if (encoding !== "") {
      const known = Object.keys(READERS).join(", ");
      throw new UnsupportedError(
        `${options.file ?? "openEvents"}: expected one of ${known}, got ${encoding.toLowerCase()}`,
      );
    }
    throw new FormatError(
      "events",
      header.bytes,
      "expected a line `% evt …` or `% format …`, got none",
      options.file,
    );
  },
};
