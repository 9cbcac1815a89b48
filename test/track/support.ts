/** What the tests of tracking share: a small random model, and synthetic recordings. */
import { setBackend } from "../../src/backend/index.ts";
import { createWasmBackend } from "../../src/backend/wasm/node.ts";
import { Random } from "../../src/core/index.ts";
import { type Events, type EventStream, sliceEvents } from "../../src/events/index.ts";
import { presets, SpikeVideoFormer } from "../../src/models/index.ts";
import { encodePoseModel, parsePoseModel, type PoseModel } from "../../src/track/index.ts";
import { randomEvents } from "../events/support.ts";

const SMALL = {
  ...presets.nano,
  embedDims: [8, 8, 16, 16],
  depths: [1, 1, 1, 1, 1],
  heads: 2,
} as const;

/** Runs with a backend of some threads in place. */
export async function withThreads<T>(threads: number, run: () => T | Promise<T>): Promise<T> {
  const backend = await createWasmBackend({ threads });
  const previous = setBackend(backend);
  try {
    return await run();
  } finally {
    setBackend(previous);
    backend.dispose();
  }
}

/** The file of a small random model whose neurons fire and whose body stands 3 m away. Needs a backend. */
export function smallModelFile(seed = 1): Uint8Array {
  const model = new SpikeVideoFormer(SMALL, new Random(seed));
  const random = new Random(seed).fork("fill");
  for (const [name, { data }] of model.namedTensors()) {
    if (/norm\d?\.bias$/.test(name)) data.set(Array.from(data, () => random.uniform(0, 1.5)));
    if (/^head\..*\.weight$/.test(name)) data.set(Array.from(data, () => random.normal(0, 0.03)));
    if (name === "head.translation.bias") data.set([0, 0, 3]);
    if (name === "head.pose.bias") {
      for (let joint = 0; joint < 24; joint++) data.set([1, 0, 0, 0, joint === 0 ? -1 : 1, 0], 6 * joint);
    }
  }
  const meanJoints = Float64Array.from({ length: 72 }, (_, i) => (i % 3 === 2 ? 3 : 0));
  return encodePoseModel(model, meanJoints, undefined);
}

/** The model of {@link smallModelFile}. */
export function smallModel(seed = 1): PoseModel {
  return parsePoseModel(smallModelFile(seed));
}

/** A stream of the events, in batches of a size. */
export function streamOf(events: Events, sensor: EventStream["sensor"], batch = 1000): EventStream {
  async function* batches(): AsyncGenerator<Events> {
    for (let at = 0; at < events.t.length; at += batch) {
      yield sliceEvents(events, at, Math.min(at + batch, events.t.length));
    }
  }
  return { format: "synthetic", sensor, [Symbol.asyncIterator]: batches };
}

/** Seeded events over some seconds, the last one exactly at the end. */
export function eventsFor(seconds: number, sensor: EventStream["sensor"], seed = 1, startUs = 0): Events {
  const count = Math.round(seconds * 4000);
  const events = randomEvents(new Random(seed), count, sensor, 500, startUs);
  const scale = (seconds * 1e6) / (events.t[count - 1]! - events.t[0]!);
  const t = events.t.map((time) => startUs + Math.round((time - events.t[0]!) * scale));
  return { ...events, t };
}
