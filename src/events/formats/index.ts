/** The formats that are read, in the order in which they are tried, and those that are written. */
import { openAedat4 } from "./aedat4/decode.ts";
import { encodeAedat4 } from "./aedat4/encode.ts";
import { VERSION_LINE } from "./aedat4/layout.ts";
import { encodeEvt3 } from "./evt3/encode.ts";
import { encodeHdf5 } from "./hdf5/encode.ts";
import { HDF5_SIGNATURE, MATLAB_TEXT } from "./hdf5/signature.ts";
import { type EventFormat, startsWith } from "./format.ts";
import { PROPHESEE } from "./prophesee/format.ts";
import type { Encoder } from "../write.ts";

/** Readers, in the order in which they are tried: those with a signature first. */
export const FORMATS: readonly EventFormat[] = [
  { names: ["aedat4"], matches: (head) => startsWith(head, VERSION_LINE), open: openAedat4 },
  {
    names: ["hdf5"],
    matches: (head) => startsWith(head, HDF5_SIGNATURE) || startsWith(head, MATLAB_TEXT),
    // Large, and needed by few.
    open: async (source, options) => (await import("./hdf5/decode.ts")).openHdf5(source, options),
  },
  PROPHESEE,
];

/** Writers by the name of their format, with the ending of their files. */
export const ENCODERS = {
  aedat4: { extension: ".aedat4", encode: encodeAedat4 },
  hdf5: { extension: ".h5", encode: encodeHdf5 },
  evt3: { extension: ".raw", encode: encodeEvt3 },
} as const satisfies Record<string, Encoder>;
