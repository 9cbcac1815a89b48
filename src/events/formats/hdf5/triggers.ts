/** Triggers of a file of Prophesee: the dataset `EXT_TRIGGER/events` of fields p (1 for a rising edge), t (µs) and id. */
import { FormatError, UnsupportedError } from "../../../core/index.ts";
import { type Field, Hdf5Dataset, type Hdf5File, numbersOf } from "../../../io/index.ts";
import type { Faults } from "../../faults.ts";
import type { Trigger } from "../../samples.ts";

/** Rows that are read at once. */
const BATCH = 1 << 12;

/** Hands on triggers in step with the events. */
export type TriggerFeed = {
  /** Hands on all triggers before a time, µs. */
  until(timeUs: number): Promise<void>;
};

/**
 * The triggers of a file; nothing is handed on if it has none.
 *
 * @param onTrigger - called with each trigger; none are read without it
 * @param faults - meets what cannot be read, after which no trigger comes
 */
export async function triggerFeed(
  hdf5: Hdf5File,
  onTrigger: ((trigger: Trigger) => void) | undefined,
  faults: Faults,
): Promise<TriggerFeed> {
  const found = onTrigger === undefined ? undefined : await find(hdf5);
  if (onTrigger === undefined || found === undefined) return { until: () => Promise.resolve() };
  const triggers = read(found, faults);
  let next: Trigger | undefined;
  let ended = false;
  return {
    async until(timeUs) {
      while (!ended) {
        if (next === undefined) {
          const { done, value } = await triggers.next();
          ended = done === true;
          if (done === true) return;
          next = value;
        }
        if (next.tUs >= timeUs) return;
        onTrigger(next);
        next = undefined;
      }
    },
  };
}

type Found = { readonly dataset: Hdf5Dataset; readonly p: Field; readonly t: Field; readonly id: Field };

async function find(hdf5: Hdf5File): Promise<Found | undefined> {
  let dataset;
  try {
    dataset = await hdf5.root.get("EXT_TRIGGER/events");
  } catch (error) {
    // Events are what a recording is opened for: triggers in a form that is not known do not stop them.
    if (error instanceof UnsupportedError) return undefined;
    throw error;
  }
  if (!(dataset instanceof Hdf5Dataset) || dataset.type.kind !== "compound" || dataset.shape.length !== 1) {
    return undefined;
  }
  const { fields } = dataset.type;
  const [p, t, id] = ["p", "t", "id"].map((name) =>
    fields.find((field) => field.name === name && field.type.kind === "integer"),
  );
  if (p === undefined || t === undefined || id === undefined) return undefined;
  return { dataset, p, t, id };
}

async function* read({ dataset, p, t, id }: Found, faults: Faults): AsyncGenerator<Trigger> {
  const rows = dataset.shape[0]!;
  for (let start = 0; start < rows; start += BATCH) {
    const count = Math.min(BATCH, rows - start);
    let bytes;
    try {
      bytes = await dataset.readBytes([start], [count], { written: true });
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      return faults.meet(error.offset, `${error.what} (triggers)`);
    }
    const column = ({ type, offset }: Field) =>
      numbersOf(type, bytes, { count, stride: dataset.type.size, offset });
    const [edges, times, channels] = [column(p), column(t), column(id)];
    for (let i = 0; i < count; i++) {
      const kind = edges[i] === 1 ? "external-rising" : "external-falling";
      yield { tUs: times[i]!, kind, channel: channels[i]! };
    }
  }
}
