/** What the numbers of a file mean, where its layout does not say: units of time, polarities, the first pixel. */
import { FormatError } from "../../../core/index.ts";
import type { EventLayout } from "./layout.ts";
import { readRows } from "./rows.ts";

/** What the numbers of a file mean. */
export type Conventions = {
  /** Factor from the times of the file to µs. */
  readonly timeScale: number;
  readonly timeOffset: number;
  /** Number of the first column and row. */
  readonly origin: number;
  /** The polarity that means brighter; any of `off`, the whole numbers just below, means darker. */
  readonly on: number;
  readonly off: readonly number[];
};

/** Rows that are looked at. */
const SAMPLE = 1 << 16;
/** A recording in seconds that lasts longer than a day is one in µs. */
const DAY = 86_400;

/**
 * Tells the conventions of a file by its first 65,536 events and its last.
 *
 * Integer times are µs. Times in floats are seconds, unless all of the sample are whole numbers, or the recording would
 * last longer than a day: then they are µs. Polarities are 1 for on, and 0 or -1 for off. In files of MATLAB pixels count
 * from 1 unless a coordinate of the sample is 0, and polarities of 1 and 2 are off and on (the toolbox of N-MNIST).
 */
export async function conventionsOf(layout: EventLayout, matlab: boolean): Promise<Conventions> {
  const { columns, count, timeOffset } = layout;
  const usual = { timeScale: 1, timeOffset: 0, origin: 0, on: 1, off: [0, -1] };
  const floats = columns.t.type.kind === "float";
  const seconds = layout.seconds ?? (floats && !matlab && (await isSeconds(layout)));
  const time = { timeScale: seconds ? 1e6 : 1, timeOffset: floats ? 0 : timeOffset };
  if (!matlab || count === 0) return { ...usual, ...time };
  const { x, y, p } = await sample(layout);
  const origin = x.some((value) => value === 0) || y.some((value) => value === 0) ? 0 : 1;
  const hasTwo = p.some((value) => value === 2) && p.every((value) => value === 1 || value === 2);
  return { ...usual, ...time, origin, ...(hasTwo && { on: 2, off: [1] }) };
}

async function isSeconds(layout: EventLayout): Promise<boolean> {
  if (layout.count === 0) return true;
  const { t } = await sample(layout);
  if (t.every((value) => Number.isInteger(value) || !Number.isFinite(value))) return false;
  const last = await readRows(layout, layout.count - 1, 1, ["t"]).catch(orNone);
  return !((last?.t[0] ?? 0) - (t[0] ?? 0) > DAY);
}

/** The first rows; none if they cannot be read, which is a fault that is met where they count. */
async function sample(layout: EventLayout) {
  const rows = await readRows(layout, 0, Math.min(SAMPLE, layout.count)).catch(orNone);
  return rows ?? { x: [] as number[], y: [] as number[], t: [] as number[], p: [] as number[] };
}

function orNone(error: unknown): undefined {
  if (!(error instanceof FormatError)) throw error;
}
