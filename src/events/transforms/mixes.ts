/** Two recordings mixed to one, and how much of the label each of them keeps. */
import { ArgumentError, type Random } from "../../core/index.ts";
import type { Events } from "../columns.ts";
import { emptyEvents, sliceEvents } from "../join.ts";
import { mergeEvents } from "./reorder.ts";
import type { EventBatch } from "./transform.ts";

/** A mix of two recordings. */
export type MixedEvents = EventBatch & {
  /** Part of the label that is the first recording's: its events among all that were kept; 1 if there are none. */
  readonly ratio: number;
};

/** Options of {@link cutMix} and {@link eventMix}. */
export type MixOptions = {
  /** Part of the volume that the first recording keeps, 0 to 1; drawn uniformly by default. */
  readonly keep?: number;
};

/**
 * The first recording, with the events of the second in a box of space that is drawn, for all of the time [Yun2019]. The
 * box has √(1 − keep) of both sides. The second recording starts with the first one.
 *
 * @throws ArgumentError if the sensors differ in size, or `keep` is out of its range
 */
export function cutMix(a: EventBatch, b: EventBatch, options: MixOptions, random: Random): MixedEvents {
  const keep = checked("cutMix", a, b, options, random);
  const { width, height } = a.sensor;
  const side = Math.sqrt(1 - keep);
  const columns = Math.floor(width * side);
  const rows = Math.floor(height * side);
  const left = random.integer(0, width - columns + 1);
  const top = random.integer(0, height - rows + 1);
  return mix(a, b, (x, y) => x < left || x >= left + columns || y < top || y >= top + rows);
}

/** Points along each axis on which the mask of {@link eventMix} is measured. */
const SAMPLES = 16;

/**
 * Mixes two recordings by a mask in space and time [Shen2023]: with x, y and t from 0 to 1 over the sensor and the first
 * recording's time, a sum of Gaussian bells
 *
 *   m(x, y, t) = Σ_i exp(−½ Σ_d ((x_d − μ_id) / σ_id)²)
 *
 * with centres μ drawn from 0 to 1 and widths σ from 0.1 to 0.5. The first recording keeps its events where m is above
 * the threshold that leaves `keep` of the volume above it, as measured on 16³ points; the second one gives those in the
 * rest, with its start moved to the first's.
 *
 * The ratio of labels is by number of events, the first of the paper's two ways.
 *
 * @param options - `components`: number of bells, 1 to 64, 3 by default
 * @throws ArgumentError if the sensors differ in size, or an option is out of its range
 */
export function eventMix(
  a: EventBatch,
  b: EventBatch,
  { components = 3, ...options }: MixOptions & { readonly components?: number },
  random: Random,
): MixedEvents {
  if (!(Number.isInteger(components) && components >= 1 && components <= 64)) {
    throw new ArgumentError(`eventMix: expected components of 1 to 64, got ${components}`);
  }
  const keep = checked("eventMix", a, b, options, random);
  const bells = Array.from({ length: components }, () =>
    Array.from({ length: 3 }, () => ({ centre: random.uniform(), width: random.uniform(0.1, 0.5) })),
  );
  const height = (...point: readonly [number, number, number]) =>
    bells.reduce((sum, bell) => {
      const squares = bell.map(({ centre, width }, d) => ((point[d]! - centre) / width) ** 2);
      return sum + Math.exp(-(squares[0]! + squares[1]! + squares[2]!) / 2);
    }, 0);
  const threshold = quantile(height, 1 - keep);
  const first = a.events.t[0] ?? 0;
  const span = Math.max(1, (a.events.t[a.events.t.length - 1] ?? 0) - first);
  const { sensor } = a;
  return mix(a, b, (x, y, t) => {
    const above = height((x + 0.5) / sensor.width, (y + 0.5) / sensor.height, (t - first) / span) > threshold;
    return keep >= 1 || (keep > 0 && above);
  });
}

/** The value below which a part of the samples of a function on the unit cube lies. */
function quantile(f: (x: number, y: number, t: number) => number, part: number): number {
  const at = (i: number) => (i + 0.5) / SAMPLES;
  const values = Float64Array.from({ length: SAMPLES ** 3 }, (_, i) =>
    f(at(i % SAMPLES), at(Math.floor(i / SAMPLES) % SAMPLES), at(Math.floor(i / SAMPLES ** 2))),
  ).sort();
  return values[Math.min(values.length - 1, Math.floor(part * values.length))]!;
}

function checked(where: string, a: EventBatch, b: EventBatch, { keep }: MixOptions, random: Random): number {
  const [sizeA, sizeB] = [a, b].map(({ sensor }) => `${sensor.width}x${sensor.height}`);
  if (sizeA !== sizeB) {
    throw new ArgumentError(`${where}: expected sensors of one size, got ${sizeA} and ${sizeB}`);
  }
  const part = keep ?? random.uniform();
  if (!(part >= 0 && part <= 1)) {
    throw new ArgumentError(`${where}: expected keep to be a number from 0 to 1, got ${part}`);
  }
  return part;
}

function mix(
  a: EventBatch,
  b: EventBatch,
  ofFirst: (x: number, y: number, t: number) => boolean,
): MixedEvents {
  const shift = (a.events.t[0] ?? b.events.t[0] ?? 0) - (b.events.t[0] ?? 0);
  const fromA = select(a.events, 0, (t, x, y) => ofFirst(x, y, t));
  const fromB = select(b.events, shift, (t, x, y) => !ofFirst(x, y, t));
  const count = fromA.t.length + fromB.t.length;
  return {
    sensor: a.sensor,
    events: mergeEvents(fromA, fromB),
    ratio: count === 0 ? 1 : fromA.t.length / count,
  };
}

function select(
  { t, x, y, on }: Events,
  shift: number,
  keep: (t: number, x: number, y: number) => boolean,
): Events {
  const part = emptyEvents(t.length);
  let n = 0;
  for (let i = 0; i < t.length; i++) {
    const time = t[i]! + shift;
    if (!keep(time, x[i]!, y[i]!)) continue;
    part.t[n] = time;
    part.x[n] = x[i]!;
    part.y[n] = y[i]!;
    part.on[n] = on[i]!;
    n++;
  }
  return sliceEvents(part, 0, n);
}
