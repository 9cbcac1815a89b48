/** How a transform is made: one step for streams and batches alike. */
import { ArgumentError, type Random } from "../../core/index.ts";
import type { Events, EventStream, SensorSize } from "../columns.ts";
import { emptyEvents, joinEvents, sliceEvents } from "../join.ts";
import { type CheckedOptions, checkOptions, type OptionsOf } from "./options.ts";
import type { EventBatch, OptionSpecs, OptionValues, Transform } from "./transform.ts";

/** A transform under way: it takes batches in order of time, and hands out batches in order of time. */
export type Step = {
  /** Takes the next batch; returns what is ready. */
  add(events: Events): Iterable<Events>;
  /** What is left when there are no more. */
  end?(): Iterable<Events>;
};

/** What a transform is made of. */
export type Definition<S extends OptionSpecs> = {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  readonly options: S;
  /** Whether it holds the whole recording; false by default. */
  readonly wholeRecording?: boolean;
  /** Size of the result's sensor, that of the input by default. Throws where options do not fit together. */
  size?(sensor: SensorSize, options: CheckedOptions<S>): SensorSize;
  /** Begins; `random` is asked for where numbers are drawn. */
  start(sensor: SensorSize, options: CheckedOptions<S>, random: () => Random): Step;
};

/** Arguments after the recording: options may be left out if all of them may. */
type Rest<S extends OptionSpecs> =
  Partial<OptionsOf<S>> extends OptionsOf<S>
    ? [options?: OptionsOf<S>, random?: Random]
    : [options: OptionsOf<S>, random?: Random];

/**
 * A transform: a function of a stream, with the same for a batch. Both give the same events, and so does any way to cut
 * a recording into batches. Options are checked at once; what is drawn comes from `random` alone.
 */
export type TransformFunction<S extends OptionSpecs> = {
  /** @throws ArgumentError that names the option, or if numbers are drawn and no `random` is given */
  (stream: EventStream, ...rest: Rest<S>): EventStream;
  /** The same for a whole recording at once. */
  readonly batch: (recording: EventBatch, ...rest: Rest<S>) => EventBatch;
  /** The same with options by name, for lists of transforms. */
  readonly entry: Transform;
};

/** Makes a transform of its parts. */
export function defineTransform<const S extends OptionSpecs>(
  definition: Definition<S>,
): TransformFunction<S> {
  const { name, summary, options: specs, wholeRecording = false } = definition;
  const prepare = (sensor: SensorSize, options: OptionValues, random: Random | undefined) => {
    const checked = checkOptions(name, specs, options);
    const needed = () => {
      if (random !== undefined) return random;
      throw new ArgumentError(`${name}: expected random numbers to draw from, got none`);
    };
    return {
      sensor: definition.size?.(sensor, checked) ?? sensor,
      start: () => definition.start(sensor, checked, needed),
    };
  };
  function onStream(stream: EventStream, options: OptionValues = {}, random?: Random): EventStream {
    const { sensor, start } = prepare(stream.sensor, options, random);
    async function* parts(): AsyncGenerator<Events> {
      const step = start();
      for await (const events of stream) yield* filled(step.add(events));
      if (step.end !== undefined) yield* filled(step.end());
    }
    return { format: stream.format, sensor, [Symbol.asyncIterator]: parts };
  }
  function onBatch(recording: EventBatch, options: OptionValues = {}, random?: Random): EventBatch {
    const { sensor, start } = prepare(recording.sensor, options, random);
    const step = start();
    const ready = [...filled(step.add(recording.events)), ...filled(step.end?.() ?? [])];
    return { sensor, events: joinEvents(ready) };
  }
  const entry = { summary, options: specs, wholeRecording, apply: onStream };
  return Object.assign(onStream, { batch: onBatch, entry }) as TransformFunction<S>;
}

/** A step that keeps some events as they are. */
export function keeping(keep: (t: number, x: number, y: number, on: number) => boolean): Step {
  return mapping((t, x, y, on) => (keep(t, x, y, on) ? y * ROW + x : -1));
}

/** Factor of the row in a place, `y · ROW + x`. */
export const ROW = 65536;

/** A step that moves each event to a place, `y · ROW + x`, or leaves it out if that is -1. */
export function mapping(move: (t: number, x: number, y: number, on: number) => number): Step {
  return {
    add({ t, x, y, on }) {
      const part = emptyEvents(t.length);
      let n = 0;
      for (let i = 0; i < t.length; i++) {
        const place = move(t[i]!, x[i]!, y[i]!, on[i]!);
        if (place < 0) continue;
        part.t[n] = t[i]!;
        part.x[n] = place % ROW;
        part.y[n] = Math.floor(place / ROW);
        part.on[n] = on[i]!;
        n++;
      }
      return [sliceEvents(part, 0, n)];
    },
  };
}

/** A step that changes the times of all events and keeps their order. */
export function retiming(where: string, timeOf: (t: number) => number): Step {
  return {
    add({ t, x, y, on }) {
      const times = Float64Array.from(t, timeOf);
      const broken = times.findIndex((time) => !(Number.isSafeInteger(time) && time >= 0));
      if (broken >= 0) {
        throw new ArgumentError(
          `${where}: expected times from 0 to 2^53 µs, got ${times[broken]} from ${t[broken]}`,
        );
      }
      return [{ t: times, x, y, on }];
    },
  };
}

/** A step that needs the whole recording. */
export function onWhole(change: (events: Events) => Events): Step {
  const held: Events[] = [];
  return {
    add(events) {
      held.push(events);
      return [];
    },
    *end() {
      const all = joinEvents(held);
      if (all.t.length > 0) yield change(all);
    },
  };
}

/** The step that changes nothing. */
export const IDENTITY: Step = { add: (events) => [events] };

/** Pixels for which a transform may keep something: more than any sensor has. */
const MAX_PIXELS = 1 << 26;

/**
 * The number of pixels of a sensor.
 *
 * @throws ArgumentError if these are too many to keep something for each
 */
export function pixelsOf(where: string, { width, height }: SensorSize): number {
  if (!(width > 0 && height > 0 && width * height <= MAX_PIXELS)) {
    throw new ArgumentError(
      `${where}: expected a sensor of 1 to ${MAX_PIXELS} pixels, got ${width}x${height}`,
    );
  }
  return width * height;
}

function* filled(batches: Iterable<Events>): Generator<Events> {
  for (const batch of batches) if (batch.t.length > 0) yield batch;
}
