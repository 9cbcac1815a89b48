/** Files of truth: where everyone truly was. */
import { stat } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { parseTruth, type TruthFrame, type TruthHeader } from "../../../src/simulate/index.ts";
import { readFileBounded } from "../../../src/core/node.ts";
import type { SensorSize } from "../../../src/events/index.ts";
import { InputError, reading } from "../faults.ts";

/** Bound of a file of truth: half an hour. What an engine holds as one text is not much more. */
const MAX_TRUTH_BYTES = 5e8;

/** A file of truth. */
export type Truth = {
  readonly file: string;
  readonly header: TruthHeader;
  readonly frames: readonly TruthFrame[];
};

/** The truth that was named, or that lies beside the recording under its name. */
export async function readTruth(recording: string, named: string | undefined): Promise<Truth | undefined> {
  const stem = basename(recording, extname(recording));
  const path = named ?? join(dirname(recording), `${stem}.truth.jsonl`);
  if (named === undefined && (recording === "-" || !(await isThere(path)))) return undefined;
  return reading(path, async () => {
    const bytes = await readFileBounded(path, { maxBytes: MAX_TRUTH_BYTES });
    return { file: path, ...parseTruth(new TextDecoder().decode(bytes)) };
  });
}

/** @throws InputError when the truth tells of another sensor than the recording's */
export function checkSensor({ file, header: { sensor } }: Truth, recorded: SensorSize): void {
  if (sensor.width === recorded.width && sensor.height === recorded.height) return;
  const [expected, got] = [recorded, sensor].map(({ width, height }) => `${width}×${height}`);
  throw new InputError(file, `expected the truth of a sensor of ${expected}, as the recording's, got ${got}`);
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** True joints at a time, `[24, 3]` metres, linear between the frames; undefined outside of them. */
export function truthAt(frames: readonly TruthFrame[], tUs: number): Float64Array | undefined {
  let low = 0;
  let high = frames.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (frames[middle]!.tUs < tUs) low = middle + 1;
    else high = middle;
  }
  const after = frames[low];
  if (after === undefined) return undefined;
  if (after.tUs === tUs) return after.joints;
  const before = frames[low - 1];
  if (before === undefined) return undefined;
  const part = (tUs - before.tUs) / (after.tUs - before.tUs);
  return before.joints.map((value, i) => value + part * (after.joints[i]! - value));
}
