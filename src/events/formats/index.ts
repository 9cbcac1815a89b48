/** The formats that are read, in the order in which they are tried, and those that are written. */
import { openAedat4 } from "./aedat4/decode.ts";
import { encodeAedat4 } from "./aedat4/encode.ts";
import { VERSION_LINE } from "./aedat4/layout.ts";
import { encodeDat } from "./dat/encode.ts";
import { encodeEvt2 } from "./evt2/encode.ts";
import { encodeEvt21 } from "./evt21/encode.ts";
import { encodeEvt3 } from "./evt3/encode.ts";
import { type EventFormat, startsWith } from "./format.ts";
import { PROPHESEE } from "./prophesee/format.ts";
import type { Encoder } from "../write.ts";

/** Readers, in the order in which they are tried: those with a signature first. */
export const FORMATS: readonly EventFormat[] = [
  { names: ["aedat4"], matches: (head) => startsWith(head, VERSION_LINE), open: openAedat4 },
  PROPHESEE,
];

/** Writers by the name of their format, with the ending of their files. */
export const ENCODERS = {
  aedat4: { extension: ".aedat4", encode: encodeAedat4 },
  dat: { extension: ".dat", encode: encodeDat },
  evt2: { extension: ".raw", encode: encodeEvt2 },
  evt21: { extension: ".raw", encode: encodeEvt21 },
  evt3: { extension: ".raw", encode: encodeEvt3 },
} as const satisfies Record<string, Encoder>;
