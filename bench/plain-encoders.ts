/**
 * Files of the formats that the library reads and does not write, so that reading them can be measured: no checks, and
 * the number of events is known before. Layouts as in `src/events/formats/FORMAT/layout.ts`.
 */
import type { Events } from "../src/events/index.ts";

/** Batches that can be gone through more than once. */
export type Batches = Iterable<Events>;

/** Writes one record of each event. */
type Put = (view: DataView, at: number, events: Events, i: number) => void;

/** AEDAT 2.0 of a DAVIS346. */
export function* plainAedat2(batches: Batches): Generator<Uint8Array> {
  yield ascii("#!AER-DAT2.0\r\n# AEChip: eu.seebetter.ini.chips.davis.Davis346red\r\n");
  for (const events of batches) {
    yield records(events, 8, (view, at, { t, x, y, on }, i) => {
      view.setUint32(at, (y[i]! << 22) | (x[i]! << 12) | (on[i]! << 11));
      view.setUint32(at + 4, t[i]!);
    });
  }
}

/** AEDAT 3.1 of a DAVIS346, a packet a batch. */
export function* plainAedat3(batches: Batches): Generator<Uint8Array> {
  yield ascii("#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: DAVIS346\r\n#!END-HEADER\r\n");
  for (const events of batches) {
    const count = events.t.length;
    const head = new DataView(new ArrayBuffer(28));
    head.setInt16(0, 1, true);
    head.setInt16(2, 1, true);
    [8, 4, 0, count, count, count].forEach((value, i) => head.setInt32(4 + 4 * i, value, true));
    yield new Uint8Array(head.buffer);
    yield records(events, 8, (view, at, { t, x, y, on }, i) => {
      view.setUint32(at, (x[i]! << 17) | (y[i]! << 2) | (on[i]! << 1) | 1, true);
      view.setUint32(at + 4, t[i]!, true);
    });
  }
}

/** N-MNIST: times of 23 bits, so no more than 8 s; rows below 240. */
export function* plainNmnist(batches: Batches): Generator<Uint8Array> {
  for (const events of batches) {
    yield records(events, 5, (view, at, { t, x, y, on }, i) => {
      view.setUint8(at, x[i]!);
      view.setUint8(at + 1, y[i]!);
      view.setUint8(at + 2, (on[i]! << 7) | (t[i]! >> 16));
      view.setUint16(at + 3, t[i]! & 0xffff);
    });
  }
}

/** SLAYER's .bs3: times of 24 bits, so no more than 16 s. */
export function* plainBs3(batches: Batches): Generator<Uint8Array> {
  for (const events of batches) {
    yield records(events, 7, (view, at, { t, x, y, on }, i) => {
      view.setUint8(at, x[i]! >> 4);
      view.setUint16(at + 1, ((x[i]! & 15) << 12) | y[i]!);
      view.setUint8(at + 3, on[i]!);
      view.setUint8(at + 4, t[i]! >> 16);
      view.setUint16(at + 5, t[i]! & 0xffff);
    });
  }
}

/** A MAT-file of four columns of doubles, not compressed, coordinates from 1 on. */
export function* plainMat(batches: Batches): Generator<Uint8Array> {
  const head = new Uint8Array(128).fill(0x20);
  head.set(ascii("MATLAB 5.0 MAT-file"));
  head.set([0, 1, 0x49, 0x4d], 124);
  yield head;
  let count = 0;
  for (const { t } of batches) count += t.length;
  const columns: [string, Put][] = [
    ["t", (view, at, { t }, i) => view.setFloat64(at, t[i]!, true)],
    ["x", (view, at, { x }, i) => view.setFloat64(at, x[i]! + 1, true)],
    ["y", (view, at, { y }, i) => view.setFloat64(at, y[i]! + 1, true)],
    ["p", (view, at, { on }, i) => view.setFloat64(at, on[i]! + 1, true)],
  ];
  for (const [name, put] of columns) {
    // Matrix; flags: double; size; name, a small element; numbers.
    const words = [14, 48 + 8 * count, 6, 8, 6, 0, 5, 8, 1, count, 0x10001, name.charCodeAt(0), 9, 8 * count];
    yield new Uint8Array(Uint32Array.from(words).buffer);
    for (const events of batches) yield records(events, 8, put);
  }
}

function records(events: Events, bytes: number, put: Put): Uint8Array {
  const view = new DataView(new ArrayBuffer(bytes * events.t.length));
  for (let i = 0; i < events.t.length; i++) put(view, i * bytes, events, i);
  return new Uint8Array(view.buffer);
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
