/** Small good recordings of every format, from which malformed ones are made. */
import { readdirSync, readFileSync } from "node:fs";
import { Random } from "../../src/core/index.ts";
import { assemble, encodeEvents, type Events, writeFormats } from "../../src/events/index.ts";
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
  for (const name of readdirSync(RECORDINGS).sort()) {
    if (!name.endsWith(".md")) files.set(name, new Uint8Array(readFileSync(new URL(name, RECORDINGS))));
  }
  return files;
}
