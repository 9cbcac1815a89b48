/**
 * What one writes first: a DataView, a case a word, an object an event. No checks. Rivals of the decoders in
 * `bench/events.ts`; each returns the number of events.
 */

type PlainEvent = { t: number; x: number; y: number; on: boolean };

/** EVT 3.0, without wraparounds of time. */
export function plainEvt3(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const events: PlainEvent[] = [];
  let [high, low, y, base, on] = [0, 0, 0, 0, false];
  for (let at = headerBytes(bytes); at + 2 <= bytes.length; at += 2) {
    const word = view.getUint16(at, true);
    const type = word >> 12;
    if (type === 0x0) y = word & 0x7ff;
    else if (type === 0x2)
      events.push({ t: high * 4096 + low, x: word & 0x7ff, y, on: (word & 0x800) !== 0 });
    else if (type === 0x3) [base, on] = [word & 0x7ff, (word & 0x800) !== 0];
    else if (type === 0x4 || type === 0x5) {
      const length = type === 0x4 ? 12 : 8;
      for (let i = 0; i < length; i++) {
        if ((word >> i) & 1) events.push({ t: high * 4096 + low, x: base + i, y, on });
      }
      base += length;
    } else if (type === 0x6) low = word & 0xfff;
    else if (type === 0x8) high = word & 0xfff;
  }
  return events.length;
}

/** EVT 2.0. */
export function plainEvt2(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const events: PlainEvent[] = [];
  let high = 0;
  for (let at = headerBytes(bytes); at + 4 <= bytes.length; at += 4) {
    const word = view.getUint32(at, true);
    const type = word >>> 28;
    if (type === 0x8) high = word & 0xfffffff;
    else if (type <= 0x1) {
      const t = high * 64 + ((word >>> 22) & 63);
      events.push({ t, x: (word >>> 11) & 0x7ff, y: word & 0x7ff, on: type === 1 });
    }
  }
  return events.length;
}

/** EVT 2.1. */
export function plainEvt21(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const events: PlainEvent[] = [];
  let high = 0;
  for (let at = headerBytes(bytes); at + 8 <= bytes.length; at += 8) {
    const mask = view.getUint32(at, true);
    const word = view.getUint32(at + 4, true);
    const type = word >>> 28;
    if (type === 0x8) high = word & 0xfffffff;
    else if (type <= 0x1) {
      const t = high * 64 + ((word >>> 22) & 63);
      for (let i = 0; i < 32; i++) {
        if ((mask >>> i) & 1) {
          events.push({ t, x: ((word >>> 11) & 0x7ff) + i, y: word & 0x7ff, on: type === 1 });
        }
      }
    }
  }
  return events.length;
}

/** DAT, version 2. */
export function plainDat(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const events: PlainEvent[] = [];
  for (let at = headerBytes(bytes) + 2; at + 8 <= bytes.length; at += 8) {
    const word = view.getUint32(at + 4, true);
    const t = view.getUint32(at, true);
    events.push({ t, x: word & 0x3fff, y: (word >>> 14) & 0x3fff, on: word >>> 28 === 1 });
  }
  return events.length;
}

/** Event Stream 2, type DVS. */
export function plainEventStream(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const events: PlainEvent[] = [];
  let t = 0;
  for (let at = 20; at < bytes.length;) {
    const first = view.getUint8(at);
    if (first >= 0xfe) {
      if (first === 0xff) t += 127;
      at++;
    } else {
      t += first >> 1;
      events.push({
        t,
        x: view.getUint16(at + 1, true),
        y: view.getUint16(at + 3, true),
        on: (first & 1) === 1,
      });
      at += 5;
    }
  }
  return events.length;
}

function headerBytes(bytes: Uint8Array): number {
  let at = 0;
  while (bytes[at] === 0x25 && bytes[at + 1] === 0x20) at = bytes.indexOf(0x0a, at) + 1;
  return at;
}
