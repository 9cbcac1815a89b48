/** The formats that are read, in the order in which they are tried, and those that are written. */
import { isZip, NPY_MAGIC } from "../../io/index.ts";
import { AEDAT } from "./aedat/format.ts";
import { openAedat4 } from "./aedat4/decode.ts";
import { encodeAedat4 } from "./aedat4/encode.ts";
import { VERSION_LINE } from "./aedat4/layout.ts";
import { looksLikeBs3, openBs3 } from "./bs3/decode.ts";
import { encodeDat } from "./dat/encode.ts";
import { openEventStream } from "./event-stream/decode.ts";
import { encodeEventStream } from "./event-stream/encode.ts";
import { SIGNATURE } from "./event-stream/layout.ts";
import { encodeEvt2 } from "./evt2/encode.ts";
import { encodeEvt21 } from "./evt21/encode.ts";
import { encodeEvt3 } from "./evt3/encode.ts";
import { encodeHdf5 } from "./hdf5/encode.ts";
import { HDF5_SIGNATURE, MATLAB_TEXT } from "./hdf5/signature.ts";
import { type EventFormat, startsWith } from "./format.ts";
import { openMat } from "./mat/decode.ts";
import { MAT_SIGNATURE } from "./mat/layout.ts";
import { encodeNpyEvents } from "./npy/encode.ts";
import { openNpy } from "./npy/decode.ts";
import { encodeNpz } from "./npz/encode.ts";
import { openNpz } from "./npz/decode.ts";
import { looksLikeNmnist, openNmnist } from "./nmnist/decode.ts";
import { PROPHESEE } from "./prophesee/format.ts";
import { HEAD_BYTES } from "./recognition.ts";
import { isEventText, openText, TEXT_HEAD_BYTES } from "./text/decode.ts";
import { encodeCsv, encodeTxt } from "./text/encode.ts";
import type { Encoder } from "../write.ts";

/** Readers, in the order in which they are tried: those with a signature first. */
export const FORMATS: readonly EventFormat[] = [
  { names: ["aedat4"], matches: (head) => startsWith(head, VERSION_LINE), open: openAedat4 },
  AEDAT,
  {
    names: ["hdf5"],
    matches: (head) => startsWith(head, HDF5_SIGNATURE) || startsWith(head, MATLAB_TEXT),
    // Large, and needed by few.
    open: async (source, options) => (await import("./hdf5/decode.ts")).openHdf5(source, options),
  },
  PROPHESEE,
  { names: ["es"], matches: (head) => startsWith(head, SIGNATURE), open: openEventStream },
  { names: ["npy"], matches: (head) => startsWith(head, NPY_MAGIC), open: openNpy },
  { names: ["npz"], matches: isZip, open: openNpz },
  { names: ["mat"], matches: (head) => startsWith(head, MAT_SIGNATURE), open: openMat },
  { names: ["csv", "txt"], headBytes: TEXT_HEAD_BYTES, matches: isEventText, open: openText },
  { names: ["bs3"], headBytes: HEAD_BYTES, matches: looksLikeBs3, open: openBs3 },
  { names: ["nmnist"], headBytes: HEAD_BYTES, matches: looksLikeNmnist, open: openNmnist },
];

/** Writers by the name of their format, with the ending of their files. */
export const ENCODERS = {
  aedat4: { extension: ".aedat4", encode: encodeAedat4, inFiles: { table: true } },
  es: { extension: ".es", encode: encodeEventStream },
  dat: { extension: ".dat", encode: encodeDat },
  evt2: { extension: ".raw", encode: encodeEvt2 },
  evt21: { extension: ".raw", encode: encodeEvt21 },
  hdf5: { extension: ".h5", encode: encodeHdf5 },
  evt3: { extension: ".raw", encode: encodeEvt3 },
  npy: { extension: ".npy", encode: encodeNpyEvents },
  npz: { extension: ".npz", encode: encodeNpz },
  csv: { extension: ".csv", encode: encodeCsv },
  txt: { extension: ".txt", encode: encodeTxt },
} as const satisfies Record<string, Encoder>;
