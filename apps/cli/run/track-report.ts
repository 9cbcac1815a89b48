/** The report of a tracking run, gathered step by step in bounded memory. */
import type { SensorSize } from "../../../src/events/index.ts";
import type { TruthHeader } from "../../../src/simulate/index.ts";
import type { TrackedStep } from "../../../src/track/index.ts";
import { packBits, type ReportCamera, type ReportData, type ReportStep } from "../../report/data.ts";
import { shortName } from "../../report/layer-name.ts";
import type { ActivityLog, PassActivity } from "./track-activity.ts";

/** Steps that a report shows at most. */
export const REPORT_STEPS = 300;

/** Focal length of the assumed camera over the height of its picture: a field of view of 45°, the middle of training. */
const ASSUMED_FOCAL = 1 / (2 * Math.tan(Math.PI / 8));

type Kept = {
  readonly step: ReportStep;
  readonly on: string;
  readonly off: string;
  readonly rates: readonly number[];
  readonly spikes: readonly Uint8Array[];
};

/** Keeps steps at equal distances: all of them until there are {@link REPORT_STEPS}, then every second, and so on. */
export class ReportSteps {
  #kept: Kept[] = [];
  #stride = 1;
  readonly #size: number;

  /** @param size - side of the model's square input */
  constructor(size: number) {
    this.#size = size;
  }

  /** Whether steps have been left out. */
  get thinned(): boolean {
    return this.#stride > 1;
  }

  /**
   * Offers a step.
   *
   * @param startUs - start of the recording, on its clock
   * @param activity - of the step's window
   * @param t - the step's place in its window
   * @param truth - true joints, where known
   */
  add(
    step: TrackedStep,
    startUs: number,
    activity: PassActivity,
    t: number,
    truth: Float64Array | undefined,
  ): void {
    if (step.index % this.#stride !== 0) return;
    this.#kept.push({
      step: { tUs: step.tUs - startUs, joints: step.joints, truth, events: step.events },
      off: packBits(this.#pixels(step.voxels, 0)),
      on: packBits(this.#pixels(step.voxels, 1)),
      rates: activity.rates.map((layer) => layer[t] ?? 0),
      spikes: activity.spikes.map((layer) => layer[t] ?? new Uint8Array()),
    });
    if (this.#kept.length <= REPORT_STEPS) return;
    this.#kept = this.#kept.filter((_, i) => i % 2 === 0);
    this.#stride *= 2;
  }

  /** The parts of the report that come from the steps. */
  parts(log: ActivityLog): Pick<ReportData, "steps" | "frames" | "rates" | "rasters"> {
    const kept = this.#kept;
    return {
      steps: kept.map(({ step }) => step),
      frames: {
        width: this.#size,
        height: this.#size,
        on: kept.map(({ on }) => on),
        off: kept.map(({ off }) => off),
      },
      rates: {
        layers: log.layers.map(shortName),
        values: log.layers.map((_, layer) => kept.map(({ rates }) => rates[layer]!)),
      },
      rasters: log.rasterLayers.map((layer, l) => ({
        layer: shortName(layer),
        neurons: kept[0]?.spikes[l]?.length ?? 0,
        timeSteps: kept.length,
        bits: packBits(kept.flatMap(({ spikes }) => Array.from(spikes[l]!))),
      })),
    };
  }

  /** Pixels with an event of a polarity in any part of the step. */
  #pixels(voxels: Float32Array, polarity: number): Uint8Array {
    const plane = this.#size ** 2;
    const pixels = new Uint8Array(plane);
    for (let channel = polarity; channel * plane < voxels.length; channel += 2) {
      for (let i = 0; i < plane; i++) if (voxels[channel * plane + i]! > 0) pixels[i] = 1;
    }
    return pixels;
  }
}

/** The camera in pixels of the model's input, onto which the whole sensor was laid: that of the truth, or an assumed one. */
export function reportCamera(sensor: SensorSize, size: number, truth: TruthHeader | undefined): ReportCamera {
  if (truth === undefined) {
    return { fx: ASSUMED_FOCAL * size, fy: ASSUMED_FOCAL * size, cx: size / 2, cy: size / 2 };
  }
  const scale = size / Math.max(sensor.width, sensor.height);
  const { fx, fy, cx, cy } = truth.camera;
  return {
    fx: fx * scale,
    fy: fy * scale,
    cx: (cx - sensor.width / 2) * scale + size / 2,
    cy: (cy - sensor.height / 2) * scale + size / 2,
  };
}
