/** What a tracking report shows. Everything here is plain data: the page that draws it needs no library and no network. */

/** The recording that was tracked. */
export type ReportRecording = {
  /** Title of the report, usually the file's name. */
  readonly name: string;
  /** Name of the format, for example `"aedat4"`. */
  readonly format: string;
  /** Sensor size, pixels. */
  readonly sensor: { readonly width: number; readonly height: number };
  readonly durationUs: number;
  /** Number of events in the whole recording. */
  readonly events: number;
};

/** The network that tracked it. */
export type ReportModel = {
  readonly name: string;
  /** Number of parameters. */
  readonly parameters: number;
  /** Where the weights come from, for example a file's name, or `"untrained"`. */
  readonly weights: string;
  /** Simulation time steps of one forward pass. */
  readonly timeSteps: number;
  /** Kind of attention, for example `"hamming"`, if there are several. */
  readonly attention?: string | undefined;
};

/** The answer at one instant. */
export type ReportStep = {
  /** Time since the start of the recording, microseconds; increases from step to step. */
  readonly tUs: number;
  /** Predicted joints `[24, 3]`, row-major, metres, camera coordinates (x right, y down, z forward). */
  readonly joints: ArrayLike<number>;
  /** True joints, where known, laid out like `joints`. */
  readonly truth?: ArrayLike<number> | undefined;
  /** Events in the step's window; counted from the frame's pixels when absent. */
  readonly events?: number | undefined;
};

/** One event frame per step, at the resolution that is to be shown (the sensor's, or the network's input). */
export type ReportFrames = {
  readonly width: number;
  readonly height: number;
  /** Pixels that became brighter, one entry a step: `[height, width]` bits packed by {@link packBits}. */
  readonly on: readonly string[];
  /** Pixels that became darker, laid out like `on`. */
  readonly off: readonly string[];
};

/** A pinhole camera in pixels of the event frames: u = fx·x/z + cx, v = fy·y/z + cy. */
export type ReportCamera = {
  readonly fx: number;
  readonly fy: number;
  readonly cx: number;
  readonly cy: number;
};

/** Firing rates: spikes per neuron and time step, in [0, 1]. */
export type ReportRates = {
  /** Names of the layers, input first. */
  readonly layers: readonly string[];
  /** `[layers, steps]`; lines up with the time axis when it has as many steps as the report. */
  readonly values: readonly ArrayLike<number>[];
};

/** Spikes of some neurons of one layer. */
export type ReportRaster = {
  readonly layer: string;
  readonly neurons: number;
  readonly timeSteps: number;
  /** `[timeSteps, neurons]` bits (time-major) packed by {@link packBits}. */
  readonly bits: string;
};

/** Operations of one forward pass, counted from measured spikes, and what they cost. */
export type ReportEnergy = {
  /** Multiply-accumulates that the spiking network still does (layers fed by real numbers). */
  readonly macs: number;
  /** Accumulates: synaptic operations caused by spikes. */
  readonly acs: number;
  /** Multiply-accumulates of the dense network of the same shape. */
  readonly denseMacs: number;
  /** Costs at one or more process nodes. */
  readonly energy: readonly ReportEnergyNode[];
};

/** Energy of one forward pass at a process node. */
export type ReportEnergyNode = {
  /** For example `"45 nm"`. */
  readonly node: string;
  /** Energy of one multiply-accumulate, picojoules. */
  readonly macPj: number;
  /** Energy of one accumulate, picojoules. */
  readonly acPj: number;
  /** Energy of the spiking network, millijoules. */
  readonly spikingMj: number;
  /** Energy of the dense network, millijoules. */
  readonly denseMj: number;
};

/** How fast the run was, and on what. */
export type ReportTiming = {
  /** Mean wall-clock time of one step, milliseconds. */
  readonly msPerFrame: number;
  /** Recorded time divided by computing time: above 1 the run keeps up with the sensor. */
  readonly realTimeFactor: number;
  readonly threads: number;
  /** Version of Node, for example `"v20.20.2"`. */
  readonly node: string;
};

/**
 * Everything a report shows. Parts that are absent (or empty) leave their section out. The page stays fluid with 600
 * steps of 128 × 128 pixels (about 6 MB); longer recordings are for the caller to thin out.
 */
export type ReportData = {
  readonly recording: ReportRecording;
  readonly model: ReportModel;
  /** At least one step. */
  readonly steps: readonly ReportStep[];
  readonly frames: ReportFrames;
  /** Projects the joints onto the event frames; without it the frames carry no skeleton. */
  readonly camera?: ReportCamera | undefined;
  readonly rates?: ReportRates | undefined;
  readonly rasters?: readonly ReportRaster[] | undefined;
  readonly energy?: ReportEnergy | undefined;
  readonly timing?: ReportTiming | undefined;
  /** Remarks shown below the title, for example that the weights are untrained. */
  readonly notes?: readonly string[] | undefined;
};

/** Packs truth values into bits, least significant first, as base64. Non-zero is 1. */
export function packBits(values: ArrayLike<number>): string {
  const bytes = new Uint8Array(Math.ceil(values.length / 8));
  for (let i = 0; i < values.length; i++) if (values[i] !== 0) bytes[i >> 3]! |= 1 << (i & 7);
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** The inverse of {@link packBits}: `length` values of 0 or 1. Bits beyond the text's end are 0. */
export function unpackBits(text: string, length: number): Uint8Array {
  const binary = atob(text);
  const values = new Uint8Array(length);
  const known = Math.min(length, binary.length * 8);
  for (let i = 0; i < known; i++) values[i] = (binary.charCodeAt(i >> 3) >> (i & 7)) & 1;
  return values;
}
