/** What is the same in Node and in a browser: every transform and representation of seeded events. */
import { hashName, Random } from "../../src/core/index.ts";
import {
  bilinearVoxelGrid,
  binaryVoxelGrid,
  countFrames,
  cutMix,
  eventMix,
  type Events,
  type EventStream,
  stackedHistogram,
  TimeSurface,
  toFrame,
  toreVolume,
  transforms,
} from "../../src/events/index.ts";
import { OPTIONS, SENSOR as sensor } from "../events/transform-options.ts";

/** A hash of each result, by name. */
export async function hashes(): Promise<Record<string, number>> {
  const events = seeded(new Random("events"), 3000);
  const results: Record<string, number> = {};
  for (const [name, { apply }] of Object.entries(transforms)) {
    const result = apply(streamOf(events), OPTIONS[name]!, new Random(name));
    const parts: string[] = [];
    for await (const { t, x, y, on } of result) parts.push([t, x, y, on].join(";"));
    results[name] = hashName(parts.join("|"));
  }
  const recording = { sensor, events };
  const other = { sensor, events: seeded(new Random("other"), 2000) };
  for (const [name, mix] of Object.entries({ cutMix, eventMix })) {
    const { events: mixed, ratio } = mix(recording, other, {}, new Random("mix"));
    results[name] = hashName([mixed.t, mixed.x, ratio].join(";"));
  }
  const grid = { sensor, timeSteps: 4, durationUs: 30_000 };
  const surface = new TimeSurface({ sensor, tauUs: 5000 });
  surface.add(events);
  const arrays = {
    bilinear: bilinearVoxelGrid(events, { sensor, bins: 5 }),
    binary: binaryVoxelGrid(events, { ...grid, threshold: 2 }),
    counts: countFrames(events, grid),
    frames: toFrame(events, { sensor, windowUs: 7000 }).values,
    stack: stackedHistogram(events, { sensor, bins: 7 }),
    surface: surface.read(),
    tore: toreVolume(events, { sensor }),
  };
  for (const [name, values] of Object.entries(arrays)) results[name] = hashName(values.join());
  return results;
}

function seeded(random: Random, count: number): Events {
  let time = 0;
  return {
    t: Float64Array.from({ length: count }, () => (time += random.integer(0, 25))),
    x: Uint16Array.from({ length: count }, () => random.integer(0, sensor.width)),
    y: Uint16Array.from({ length: count }, () => random.integer(0, sensor.height)),
    on: Uint8Array.from({ length: count }, () => random.integer(0, 2)),
  };
}

function streamOf(events: Events): EventStream {
  return {
    format: "test",
    sensor,
    async *[Symbol.asyncIterator]() {
      yield events;
    },
  };
}
