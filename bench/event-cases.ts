/** What `bench/events.ts` measures: formats of events, how they are written and who else reads them. */
import {
  encodeEvents,
  type Events,
  type FilePiece,
  type SensorSize,
  type WriteFormat,
} from "../src/events/index.ts";
import { plainDat, plainEventStream, plainEvt2, plainEvt21, plainEvt3 } from "./plain-decoders.ts";
import { type Batches, plainAedat2, plainAedat3, plainBs3, plainMat, plainNmnist } from "./plain-encoders.ts";

/** How the library writes a format. */
export type Writer = { readonly format: WriteFormat; readonly options?: object };

/** A format to measure. */
export type EventCase = {
  readonly name: string;
  /** Its name for `openEvents`. */
  readonly format: string;
  /** The library's writer, or one for files that the library only reads. */
  readonly writer: Writer | ((batches: Batches) => Iterable<Uint8Array>);
  /** The largest sensor that fits it; larger coordinates are divided. */
  readonly most?: SensorSize;
  /** A plain decoder that counts its events. */
  readonly plain?: (bytes: Uint8Array) => number;
  /** What of `plain-decoders.py` reads it, if anything. */
  readonly python?: "NumPy" | "h5py" | "SciPy";
};

const DAVIS346 = { width: 346, height: 260 };
const NMNIST = { width: 256, height: 240 };

export const CASES: readonly EventCase[] = [
  { ...own("evt3"), plain: plainEvt3 },
  { ...own("evt3", { vectors: false }), name: "evt3, no vectors", plain: plainEvt3 },
  { ...own("evt2"), plain: plainEvt2, python: "NumPy" },
  { ...own("evt21"), plain: plainEvt21, python: "NumPy" },
  { ...own("dat"), plain: plainDat, python: "NumPy" },
  { ...own("es"), plain: plainEventStream },
  { ...own("aedat4"), name: "aedat4, LZ4" },
  { ...own("aedat4", { compression: "none" }), name: "aedat4, none" },
  { name: "aedat3", format: "aedat3", writer: plainAedat3, most: DAVIS346, python: "NumPy" },
  { name: "aedat2", format: "aedat2", writer: plainAedat2, most: DAVIS346, python: "NumPy" },
  { ...own("npy"), python: "NumPy" },
  { ...own("npz"), python: "NumPy" },
  { ...own("hdf5", { compression: "none" }), name: "hdf5, none", python: "h5py" },
  { ...own("hdf5"), name: "hdf5, deflate", python: "h5py" },
  { name: "mat", format: "mat", writer: plainMat, python: "SciPy" },
  { name: "nmnist", format: "nmnist", writer: plainNmnist, most: NMNIST, python: "NumPy" },
  { name: "bs3", format: "bs3", writer: plainBs3, python: "NumPy" },
  { ...own("csv"), python: "NumPy" },
  { ...own("txt"), python: "NumPy" },
];

function own(format: WriteFormat, options: object = {}) {
  return { name: format, format, writer: { format, options } };
}

/** Writes a file of a case. */
export function encoded(
  { writer }: EventCase,
  sensor: SensorSize,
  batches: Batches,
): AsyncIterable<FilePiece> | Iterable<FilePiece> {
  return typeof writer === "function"
    ? writer(batches)
    : encodeEvents(writer.format, sensor, batches, writer.options);
}

/** Events on a sensor. */
export type Subject = { readonly events: Events; readonly sensor: SensorSize };

/** The same events on a sensor that fits a case: coordinates are divided by a whole number. */
export function fitted({ events, sensor }: Subject, { most }: EventCase): Subject {
  if (most === undefined) return { events, sensor };
  const by = Math.ceil(Math.max(sensor.width / most.width, sensor.height / most.height));
  const divided = (coordinates: Uint16Array) => coordinates.map((value) => Math.floor(value / by));
  return {
    events: { ...events, x: divided(events.x), y: divided(events.y) },
    sensor: { width: Math.ceil(sensor.width / by), height: Math.ceil(sensor.height / by) },
  };
}
