/** A recording as it is read: counted, and with faults that name its file. */
import type { EventStream, Recording } from "../../../src/events/index.ts";
import { reading } from "../faults.ts";

/** Looks on as a recording is read: how many events, from when to when. */
export class WatchedStream implements EventStream {
  readonly format: string;
  readonly sensor: EventStream["sensor"];
  /** Events read so far. */
  events = 0;
  /** Times of the first and the last of them, µs. */
  startUs = NaN;
  endUs = NaN;
  readonly #source: Recording;

  constructor(source: Recording) {
    this.#source = source;
    this.format = source.format;
    this.sensor = source.sensor;
  }

  /** Bytes read so far. */
  get offset(): number {
    return this.#source.offset;
  }

  async *[Symbol.asyncIterator]() {
    for await (const batch of this.#source) {
      const count = batch.t.length;
      if (count > 0) {
        if (this.events === 0) this.startUs = batch.t[0]!;
        this.endUs = batch.t[count - 1]!;
        this.events += count;
      }
      yield batch;
    }
  }
}

/** Faults of what is iterated over name the file; those of the loop's body pass unchanged. */
export async function* readingAll<T>(file: string, items: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await reading(file, () => iterator.next());
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}
