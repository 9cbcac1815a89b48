/**
 * Joints in the picture while events come [Aydin2024, §3.1]. Time is divided into steps from the first event on.
 *
 * Of a hybrid the ANN runs now and then, the SNN step by step between: where the last events are as many as the ANN wants, it
 * runs at the start of a step, and from then on at each 1/f₁. Its membrane potentials and heatmaps take the place of those that
 * the SNN has come to. An SNN by itself goes on without end. An ANN by itself runs at the end of each step, which is 1/f₁.
 *
 * A step is run as soon as an event tells that it is over, or {@link JointTracker.advance} does.
 *
 * One thread does all: while the ANN runs, events wait, and the steps behind it are late by what it took. Nothing is left
 * out; `latencyMs` tells. Where an ANN takes longer than a step, the steps catch up if the SNN is faster than its steps.
 */
import { decodeHeatmaps } from "../body/index.ts";
import { ArgumentError } from "../core/index.ts";
import {
  CountGrid,
  type Events,
  type EventStream,
  type Fit,
  indexAtTime,
  pointPlacement,
  type PointPlacement,
  type Region,
  type SensorSize,
  sliceEvents,
  StackedHistogram,
} from "../events/index.ts";
import type { HeatmapModel } from "../models/index.ts";
import { persist, tensor, withoutGradients } from "../tensor/index.ts";
import { type JointParts, jointParts, type JointState, tensorsOf } from "./joint-parts.ts";

/** Options of {@link JointTracker}; what is for a part that the model has not is not looked at. */
export type JointTrackerOptions = {
  /** Size of the picture, multiples of 32, as in training. */
  readonly size: SensorSize;
  /** Tells the time in milliseconds, from any start. */
  readonly clock: () => number;
  /** f₁, runs of the ANN a second; 10 by default. Of an ANN by itself 1/f₁ is a step, of whole microseconds. */
  readonly annHz?: number;
  /** f₂, steps of the SNN a second, of whole microseconds each, of a hybrid a multiple of f₁; 100 by default. */
  readonly snnHz?: number;
  /** The last events that the ANN sees; 7,500 by default. */
  readonly history?: number;
  /** The part of the sensor that is looked at; all of it by default. */
  readonly region?: Region;
  /** How it is laid on the picture; `"contain"` by default. */
  readonly fit?: Fit;
};

/** The joints at the end of a step. */
export type TrackedJoints = {
  /** Number of the step, from 0 at the first event. */
  readonly index: number;
  /** End of the step, µs, on the recording's clock. */
  readonly tUs: number;
  /** Places of the sensor, `[J, 2]`, in the middle of the pixel of the largest value of each heatmap. */
  readonly joints: Float64Array;
  /** That value, `[J]`: about 1 where the network is sure, 0 where it sees no joint. */
  readonly confidence: Float32Array;
  /** Events of the step within the region. */
  readonly events: number;
  /**
   * From the arrival of the last event of the step to its joints, milliseconds; for a step without events from when its end was
   * known.
   */
  readonly latencyMs: number;
  /** Time that the ANN took, milliseconds, where it ran: at the start of the step, an ANN by itself at its end. */
  readonly annMs?: number;
};

/** Steps in a row without an event that are still run. */
const MAX_SILENT_STEPS = 10_000;

/** See the head of this file. Its memory does not grow. */
export class JointTracker {
  readonly #parts: JointParts;
  readonly #clock: () => number;
  readonly #stepUs: number;
  readonly #stepsPerRun: number;
  readonly #size: SensorSize;
  readonly #place: PointPlacement;
  readonly #grid: CountGrid;
  readonly #histograms: StackedHistogram | undefined;
  readonly #wanted: number;
  /** Events so far, up to as many as are wanted. */
  #held = 0;
  #startUs: number | undefined;
  #index = 0;
  /** Step before which a hybrid's ANN first runs; none before it. */
  #first: number | undefined;
  /** What the next step goes on from. */
  #from: JointState | undefined;
  #annMs: number | undefined;
  #counted = 0;
  #arrivedMs: number | undefined;

  /**
   * @param model - in evaluation mode, of events
   * @throws ArgumentError if the options do not fit together or the model
   */
  constructor(model: HeatmapModel, sensor: SensorSize, options: JointTrackerOptions) {
    const { size, clock, annHz = 10, snnHz = 100, history = 7500, region, fit = "contain" } = options;
    const parts = jointParts(model);
    const { ann, snn } = parts;
    if ((snn && snn.channels !== 2) || (ann && ann.channels % 2 !== 0)) {
      const channels = [ann, snn].flatMap((part) => part?.channels ?? []);
      throw new ArgumentError(
        `JointTracker: expected a model of events, got ${channels.join(" and ")} channels`,
      );
    }
    if (![size.width, size.height].every((side) => Number.isInteger(side) && side > 0 && side % 32 === 0)) {
      throw new ArgumentError(
        `JointTracker: expected sides that are multiples of 32, got ${size.width}x${size.height}`,
      );
    }
    const [rate, stepHz] = snn ? ["snnHz", snnHz] : ["annHz", annHz];
    const stepUs = 1e6 / stepHz;
    if (!(Number.isInteger(stepUs) && stepUs > 0)) {
      throw new ArgumentError(`JointTracker: expected ${rate} of whole microseconds, got ${stepHz}`);
    }
    if (ann && !(annHz > 0 && Number.isInteger(stepHz / annHz))) {
      throw new ArgumentError(
        `JointTracker: expected snnHz that is a multiple of annHz, got ${snnHz} and ${annHz}`,
      );
    }
    const place = { sensor, size, fit, ...(region && { region }) };
    this.#parts = parts;
    this.#clock = clock;
    this.#stepUs = stepUs;
    this.#stepsPerRun = stepHz / annHz;
    this.#size = size;
    this.#place = pointPlacement(place);
    this.#grid = new CountGrid({ ...place, timeSteps: 1, durationUs: stepUs });
    this.#histograms =
      ann &&
      new StackedHistogram({ ...place, bins: ann.channels / 2, polarityFirst: true, eventCount: history });
    this.#wanted = history;
  }

  /**
   * Takes events, later than those before, and runs the steps that they end; a step is run when the caller asks for it.
   *
   * @param options.arrivedMs - when they came, on the clock; now by default
   * @throws ArgumentError if they are more than 10,000 steps later than those before
   */
  *add(
    events: Events,
    { arrivedMs = this.#clock() }: { readonly arrivedMs?: number } = {},
  ): Generator<TrackedJoints, void, void> {
    const { t } = events;
    for (let from = 0; from < t.length;) {
      if (this.#startUs === undefined) {
        this.#startUs = t[from]!;
        this.#begin();
      }
      yield* this.advance(t[from]!);
      const to = Math.max(from + 1, indexAtTime(events, this.#endUs(this.#index)));
      const part = sliceEvents(events, from, to);
      this.#histograms?.add(part);
      this.#held = Math.min(this.#wanted, this.#held + part.t.length);
      this.#counted += this.#grid.add(part);
      this.#arrivedMs = arrivedMs;
      from = to;
    }
  }

  /**
   * Runs the steps that end at a time or before: no event before it is to come.
   *
   * @throws ArgumentError if it is more than 10,000 steps ahead
   */
  *advance(timeUs: number): Generator<TrackedJoints, void, void> {
    if (this.#startUs === undefined) return;
    if (timeUs - this.#endUs(this.#index) > MAX_SILENT_STEPS * this.#stepUs) {
      throw new ArgumentError(
        `JointTracker: expected events each ${MAX_SILENT_STEPS} steps or more often, got none from ${this.#endUs(this.#index)} to ${timeUs} µs`,
      );
    }
    while (timeUs >= this.#endUs(this.#index)) {
      const step = this.#finish(this.#clock());
      this.#index++;
      if (step !== undefined) yield step;
      this.#begin();
    }
  }

  /** Frees what is kept from step to step. */
  dispose(): void {
    this.#keep(undefined);
  }

  #endUs(index: number): number {
    return this.#startUs! + (index + 1) * this.#stepUs;
  }

  /** Starts a step, with a hybrid's ANN where its time has come. */
  #begin(): void {
    this.#grid.clear(this.#endUs(this.#index - 1));
    this.#counted = 0;
    this.#arrivedMs = undefined;
    this.#annMs = undefined;
    const { ann, snn } = this.#parts;
    if (ann === undefined || snn === undefined || this.#held < this.#wanted) return;
    this.#first ??= this.#index;
    if ((this.#index - this.#first) % this.#stepsPerRun === 0) this.#look(ann);
  }

  /** Runs the ANN on the last events. */
  #look({ channels, run }: NonNullable<JointParts["ann"]>): void {
    const beganMs = this.#clock();
    const { width, height } = this.#size;
    const input = this.#histograms!.read();
    this.#keep(withoutGradients(() => run(tensor(input, [1, channels, height, width]))));
    this.#annMs = this.#clock() - beganMs;
  }

  /** Runs the SNN on the step, or an ANN by itself. */
  #finish(nowMs: number): TrackedJoints | undefined {
    const { ann, snn } = this.#parts;
    const { width, height } = this.#size;
    if (snn === undefined) {
      if (this.#held === this.#wanted) this.#look(ann!);
    } else if (ann === undefined || this.#from !== undefined) {
      const counts = this.#grid.values;
      this.#keep(withoutGradients(() => snn.run(tensor(counts, [1, 1, 2, height, width]), this.#from)));
    }
    if (this.#from === undefined) return undefined;
    const maps = this.#from.heatmaps.data;
    const pixels = decodeHeatmaps(maps, this.#size);
    const joints = new Float64Array(pixels.length);
    const confidence = new Float32Array(pixels.length / 2);
    for (let j = 0; j < confidence.length; j++) {
      const [x, y] = [pixels[2 * j]!, pixels[2 * j + 1]!];
      joints.set(this.#place.toSensor(x + 0.5, y + 0.5), 2 * j);
      confidence[j] = maps[(j * height + y) * width + x]!;
    }
    return {
      index: this.#index,
      tUs: this.#endUs(this.#index),
      joints,
      confidence,
      events: this.#counted,
      latencyMs: this.#clock() - (this.#arrivedMs ?? nowMs),
      ...(this.#annMs !== undefined && { annMs: this.#annMs }),
    };
  }

  /** Frees what was kept and keeps something else. */
  #keep(next: JointState | undefined): void {
    for (const old of tensorsOf(this.#from)) old.dispose();
    for (const one of tensorsOf(next)) persist(one);
    this.#from = next;
  }
}

/**
 * Joints of a recording, or of a live source, as its events come; see {@link JointTracker}. Steps that end after the last event
 * are not reported.
 *
 * @throws ArgumentError as the tracker; what reading the stream throws
 */
export async function* trackJoints(
  recording: EventStream,
  model: HeatmapModel,
  options: JointTrackerOptions,
): AsyncGenerator<TrackedJoints, void, void> {
  const tracker = new JointTracker(model, recording.sensor, options);
  try {
    for await (const events of recording) yield* tracker.add(events);
  } finally {
    tracker.dispose();
  }
}
