/** The physics of event pixels, and cameras by name. */
import type { SensorSize } from "../events/index.ts";

/** The physics of an event pixel. Zero switches an effect off. */
export type SensorPhysics = {
  /** Rise of log intensity that makes an ON event, natural-log units, > 0. */
  readonly thresholdOn: number;
  /** Fall of log intensity that makes an OFF event, natural-log units, > 0. */
  readonly thresholdOff: number;
  /** Standard deviation of both thresholds from pixel to pixel, natural-log units. */
  readonly thresholdSigma: number;
  /** Time after an event during which its pixel is held at reset, microseconds. */
  readonly refractoryUs: number;
  /** Mean rate of ON events of a pixel that sees a constant light, from the leak of its reset switch. */
  readonly leakRateHz: number;
  /** Rate of noise events (ON and OFF together) of a pixel in the dark; a quarter of it in full light. */
  readonly shotNoiseRateHz: number;
  /** Bandwidth of the photoreceptor in full light; falls with the intensity, to 1/14 of it in the dark. */
  readonly cutoffHz: number;
  /** Intensity below which the response is linear rather than logarithmic, in (0, 1]; 1 is white in full light. */
  readonly linearBelow: number;
};

/** Intensity of code 20 of an 8-bit video, below which v2e's response is linear [Hu2021, §3]. */
const CODE_20 = 20 / 255;

/**
 * Named physics. `clean` is an ideal sensor with slightly unequal pixels, `noisy` one as noisy as a DVS in a dim room.
 * The cameras have thresholds near those published [Gallego2022, Table 1], widened to the settings they are mostly used
 * with; what is not published of them (mismatch, refractory time, bandwidth in a lit room, noise in the dark) is typical
 * of their kind. docs/simulation.md says which is which. Biases change all of it.
 */
export const sensorPresets = {
  clean: {
    thresholdOn: 0.2,
    thresholdOff: 0.2,
    thresholdSigma: 0.02,
    refractoryUs: 0,
    leakRateHz: 0,
    shotNoiseRateHz: 0,
    cutoffHz: 0,
    linearBelow: 0.02,
  },
  noisy: {
    thresholdOn: 0.2,
    thresholdOff: 0.2,
    thresholdSigma: 0.04,
    refractoryUs: 300,
    leakRateHz: 0.1,
    shotNoiseRateHz: 1,
    cutoffHz: 150,
    linearBelow: 0.02,
  },
  davis346: {
    thresholdOn: 0.2,
    thresholdOff: 0.2,
    thresholdSigma: 0.035,
    refractoryUs: 500,
    leakRateHz: 0.1,
    shotNoiseRateHz: 0.5,
    cutoffHz: 200,
    linearBelow: CODE_20,
  },
  dvxplorer: {
    thresholdOn: 0.18,
    thresholdOff: 0.18,
    thresholdSigma: 0.03,
    refractoryUs: 200,
    leakRateHz: 0.02,
    shotNoiseRateHz: 0.1,
    cutoffHz: 300,
    linearBelow: CODE_20,
  },
  gen4: {
    thresholdOn: 0.15,
    thresholdOff: 0.15,
    thresholdSigma: 0.02,
    refractoryUs: 100,
    leakRateHz: 0.02,
    shotNoiseRateHz: 0.3,
    cutoffHz: 500,
    linearBelow: CODE_20,
  },
} as const satisfies Record<string, SensorPhysics>;

/** Name of a preset. */
export type SensorPreset = keyof typeof sensorPresets;

/** Size of the presets that are cameras. */
export const presetSizes: Readonly<Partial<Record<SensorPreset, SensorSize>>> = {
  davis346: { width: 346, height: 260 },
  dvxplorer: { width: 640, height: 480 },
  gen4: { width: 1280, height: 720 },
};
