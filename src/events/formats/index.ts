/** The formats that are read, in the order in which they are tried, and those that are written. */
import { AEDAT } from "./aedat/format.ts";
import { openAedat4 } from "./aedat4/decode.ts";
import { encodeAedat4File } from "./aedat4/encode.ts";
import { VERSION_LINE } from "./aedat4/layout.ts";
import { encodeEvt3 } from "./evt3/encode.ts";
import { type EventFormat, startsWith } from "./format.ts";
import { PROPHESEE } from "./prophesee/format.ts";
import type { Encoder } from "../write.ts";

/** Readers, in the order in which they are tried: those with a signature first. */
export const FORMATS: readonly EventFormat[] = [
  { names: ["aedat4"], matches: (head) => startsWith(head, VERSION_LINE), open: openAedat4 },
  AEDAT,
  PROPHESEE,
];

/** Writers by the name of their format, with the ending of their files. */
export const ENCODERS = {
  aedat4: { extension: ".aedat4", encode: encodeAedat4File },
  evt3: { extension: ".raw", encode: encodeEvt3 },
} as const satisfies Record<string, Encoder>;
