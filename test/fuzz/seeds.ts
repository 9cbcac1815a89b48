/** Small good recordings of every format, from which malformed ones are made. */
import { readdirSync, readFileSync } from "node:fs";
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

/** Recordings that no writer of ours makes; `README.md` beside them says how they were made. */
export const RECORDINGS = new URL("../fixtures/recordings/", import.meta.url);

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
  for (const name of readdirSync(RECORDINGS).sort()) {
    if (!name.endsWith(".md")) files.set(name, new Uint8Array(readFileSync(new URL(name, RECORDINGS))));
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
