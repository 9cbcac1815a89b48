/** Runs in Node and in a page: what comes of reading recordings, as text that can be compared. */
import { openEvents, type ReadMode } from "../../src/events/index.ts";

/** Reads a recording: format, sensor, a hash of its events, faults, and the error that ended it. */
export async function digest(bytes: Uint8Array<ArrayBuffer>, mode: ReadMode): Promise<string> {
  let hash = 0x811c9dc5;
  const mix = (value: number) => {
    hash = Math.imul(hash ^ (value % 4294967296), 0x01000193);
    hash ^= hash >>> 13;
  };
  let count = 0;
  const parts: string[] = [];
  try {
    const recording = await openEvents(new Blob([bytes]), { mode });
    parts.push(recording.format, `${recording.sensor.width}x${recording.sensor.height}`);
    try {
      for await (const { t, x, y, on } of recording) {
        count += t.length;
        for (let i = 0; i < t.length; i++) {
          mix(t[i]!);
          mix(Math.floor(t[i]! / 4294967296));
          mix((x[i]! << 16) | (y[i]! << 1) | on[i]!);
        }
      }
    } finally {
      parts.push(...recording.report.faults.map(({ offset, what }) => `${offset}: ${what}`));
    }
  } catch (error) {
    parts.push(String(error));
  }
  return `${count} events ${hash >>> 0}, ${parts.join(", ")}`;
}

/** The same for many recordings, given in base64. */
export async function digests(files: readonly string[], mode: ReadMode): Promise<string[]> {
  const found: string[] = [];
  for (const file of files) {
    found.push(
      await digest(
        Uint8Array.from(atob(file), (c) => c.charCodeAt(0)),
        mode,
      ),
    );
  }
  return found;
}
