/** Small good recordings of every format, from which malformed ones are made. */
import { readFileSync } from "node:fs";
import { Random } from "../../src/core/index.ts";
import { assemble, encodeEvents, type Events, writeFormats } from "../../src/events/index.ts";
import {
  aedat2,
  aedat3,
  davisEvent,
  davisImu,
  davisReading,
  packed,
  packet3,
  polarity3,
} from "../events/aedat-files.ts";
import { bs3Of, nmnistOf } from "../events/flat-files.ts";
import { randomEvents } from "../events/support.ts";
import { MatFile, npyOf, numbersOf } from "../events/tables.ts";

/** HDF5 files that no writer of ours makes; `README.md` beside them says how they were made. */
const HDF5 = new URL("../fixtures/hdf5/", import.meta.url);
/** Those that hold events: one of each layout, and of each way to store chunks. */
const HDF5_RECORDINGS = [
  "dsec-v0.h5",
  "dsec-v1.h5",
  "dsec-v2-lzf.h5",
  "dsec-v3.h5",
  "e2vid.h5",
  "matlab.mat",
  "mvsec.h5",
  "plain-root.h5",
  "prophesee-ecf.h5",
  "structured.h5",
];

const SENSOR = { width: 64, height: 48 };

/** The recordings by name: that of their format, and a word for the kind of it where there are several. */
export async function seedFiles(): Promise<ReadonlyMap<string, Uint8Array>> {
  const events = randomEvents(new Random("fuzz"), 120, SENSOR, 300);
  const later: Events = { ...events, t: events.t.map((t) => t + 1e6) };
  const files = new Map<string, Uint8Array>();
  for (const format of writeFormats) {
    files.set(format, await assemble(encodeEvents(format, SENSOR, [events, later])));
  }
  const plain = encodeEvents("aedat4", SENSOR, [events, later], { compression: "none" });
  files.set("aedat4-none", await assemble(plain));
  files.set("nmnist", nmnistOf(events));
  files.set("bs3", bs3Of(events));
  files.set("aedat2", davis());
  files.set("aedat3", threeKinds());
  files.set("npy-rows", rows(events));
  files.set("mat", matlab(events, { compress: false, big: false }));
  files.set("mat-compressed", matlab(events, { compress: true, big: true }));
  for (const name of HDF5_RECORDINGS) {
    files.set(`hdf5-${name}`, new Uint8Array(readFileSync(new URL(name, HDF5))));
  }
  return files;
}

/** An AEDAT 2 recording of a DAVIS: events, a sample of its IMU, parts of a frame. */
function davis(): Uint8Array {
  return aedat2(
    ["# AEChip: eu.seebetter.ini.chips.davis.Davis128"],
    [
      ...davisImu([1, 2, 3, 4, 5, 6, 7]).map((word) => [word, 1] as const),
      ...Array.from({ length: 60 }, (_, i) => [davisEvent(i, i, i & 1), i] as const),
      ...Array.from({ length: 60 }, (_, i) => [davisReading(i % 20, 3, i < 20 ? 0 : 1, i), 60] as const),
    ],
  );
}

/** An AEDAT 3 recording with packets of every kind that is read. */
function threeKinds(): Uint8Array {
  const polarities = (from: number) =>
    packet3(
      1,
      Array.from({ length: 60 }, (_, i) => polarity3(from + i, i, i, i & 1)),
    );
  return aedat3([
    polarities(0),
    packet3(2, [new Uint8Array([...packed("i", [3, 1, 2, 3, 4, 4, 4, 0, 0]), ...new Uint8Array(32)])]),
    packet3(0, [packed("i", [5, 60])]),
    packet3(3, [packed("iif", [1, 60, 1, 2, 3, 4, 5, 6, 7])]),
    polarities(60),
  ]);
}

/** A NumPy array of rows `t x y p`. */
function rows({ t, x, y, on }: Events): Uint8Array {
  const numbers = Array.from(t, (time, i) => [time, x[i]!, y[i]!, on[i]!]).flat();
  return npyOf("'<i4'", `(${t.length}, 4)`, numbersOf("<i4", numbers));
}

/** A MAT-file of level 5 with the struct of the N-MNIST toolbox. */
function matlab({ t, x, y, on }: Events, { compress, big }: { compress: boolean; big: boolean }): Uint8Array {
  const mat = new MatFile(big);
  const struct = mat.struct("TD", {
    x: mat.numbers("", "u1", [...x]),
    y: mat.numbers("", "f8", [...y]),
    p: mat.numbers("", "u1", [...on]),
    ts: mat.numbers("", "u4", [...t]),
  });
  const other = mat.numbers("other", "f8", [1, 2, 3]);
  return mat.file(other, compress ? mat.compressed(struct) : struct);
}
