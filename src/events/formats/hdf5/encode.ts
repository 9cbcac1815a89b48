/** Writing HDF5 in the layout of DSEC (see layout.ts). */
import { ArgumentError } from "../../../core/index.ts";
import { type ChunkedColumn, Hdf5Writer } from "../../../io/index.ts";
import { checkEvents } from "../../check.ts";
import type { Events, SensorSize } from "../../columns.ts";
import type { FilePiece } from "../../write.ts";

/** Elements of a chunk. */
const CHUNK = 1 << 14;
/** The longest silence, ms: a day, which makes 86 million entries in `ms_to_idx`. */
const MAX_SILENCE_MS = 86_400_000;

/**
 * Writes events as HDF5 in the layout of DSEC: `events/x` and `events/y` (uint16), `events/p` (uint8) and `events/t`
 * (int64, µs from the first event, whose time is `t_offset`), and `ms_to_idx`: for each millisecond from there on the index
 * of the first event in it or after it. The size of the sensor is in the attributes `width` and `height` of the root group.
 * Times have 64 bits where DSEC itself has 32, so that recordings may be longer than 71 minutes.
 *
 * @param sensor - size of the sensor, at most 65,536 pixels a side
 * @param batches - events in order of time
 * @param options - `compression` of the chunks, `"deflate"` (after a byte shuffle) by default
 * @returns the file, piece by piece; the last is a patch of its start
 * @throws ArgumentError if the sensor has no such size, an event lies outside it, time goes back, or there is no event
 *   for a day
 */
export async function* encodeHdf5(
  sensor: SensorSize,
  batches: AsyncIterable<Events> | Iterable<Events>,
  { compression = "deflate" }: { readonly compression?: "none" | "deflate" } = {},
): AsyncGenerator<FilePiece> {
  const fits = (n: number) => Number.isInteger(n) && n >= 1 && n <= 65536;
  if (!fits(sensor.width) || !fits(sensor.height)) {
    throw new ArgumentError(
      `encodeHdf5: expected 1 to 65536 pixels a side, got ${sensor.width}x${sensor.height}`,
    );
  }
  const writer = new Hdf5Writer();
  const deflate = compression === "deflate";
  const [x, y, p] = [2, 2, 1].map((bytes) => new ColumnBuffer(writer, bytes as 1 | 2, deflate)) as [
    ColumnBuffer,
    ColumnBuffer,
    ColumnBuffer,
  ];
  const t = new ColumnBuffer(writer, 8, deflate);
  const index = new ColumnBuffer(writer, 8, deflate);
  let first: number | undefined;
  let last = 0;
  let count = 0;
  for await (const events of batches) {
    const before = last;
    last = checkEvents("encodeHdf5", sensor, events, last);
    first ??= events.t[0];
    if (first === undefined) continue;
    for (let i = 0; i < events.t.length; i++) {
      const time = events.t[i]! - first;
      if (time >= (index.length + MAX_SILENCE_MS) * 1000) {
        throw new ArgumentError(
          `encodeHdf5: expected a time within a day of ${i === 0 ? before : events.t[i - 1]} µs, got ${events.t[i]}`,
        );
      }
      while (index.length * 1000 <= time) {
        index.add(count);
        // A long silence makes many entries.
        if (index.length % CHUNK === 0) yield* writer.take();
      }
      x.add(events.x[i]!);
      y.add(events.y[i]!);
      t.add(time);
      p.add(events.on[i]!);
      if (++count % CHUNK === 0) yield* writer.take();
    }
  }
  const columns = writer.group({ x: x.finish(), y: y.finish(), t: t.finish(), p: p.finish() });
  const root = writer.group(
    {
      events: columns,
      ms_to_idx: index.finish(),
      t_offset: writer.scalar(BigInt(first ?? 0), { bytes: 8, signed: true }),
    },
    { width: sensor.width, height: sensor.height },
  );
  yield* writer.take();
  yield { at: 0, bytes: writer.finish(root) };
}

/** A column and the chunk that is being filled. */
class ColumnBuffer {
  length = 0;
  readonly #writer: Hdf5Writer;
  readonly #column: ChunkedColumn;
  #view = new DataView(new ArrayBuffer(0));

  constructor(writer: Hdf5Writer, bytes: 1 | 2 | 8, deflate: boolean) {
    this.#writer = writer;
    this.#column = { type: { bytes, signed: bytes === 8 }, chunk: CHUNK, deflate, chunks: [] };
    this.#clear();
  }

  add(value: number): void {
    const { bytes } = this.#column.type;
    const at = (this.length % CHUNK) * bytes;
    if (bytes === 1) this.#view.setUint8(at, value);
    else if (bytes === 2) this.#view.setUint16(at, value, true);
    else {
      this.#view.setUint32(at, value % 2 ** 32, true);
      this.#view.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
    }
    if (++this.length % CHUNK === 0) this.#flush();
  }

  /** Writes the last chunk, filled up with zeros, and what describes the column; returns the address of that. */
  finish(): number {
    if (this.length % CHUNK !== 0) this.#flush();
    return this.#writer.column(this.#column, this.length);
  }

  #flush(): void {
    this.#writer.addChunk(this.#column, new Uint8Array(this.#view.buffer));
    this.#clear();
  }

  #clear(): void {
    // The chunk before may still be on its way to the file.
    this.#view = new DataView(new ArrayBuffer(CHUNK * this.#column.type.bytes));
  }
}
