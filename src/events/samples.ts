/** What cameras record besides events. Readers hand these to the callbacks of `OpenOptions`, in the order of the file. */

/** A picture of an active pixel sensor. */
export type Frame = {
  /** Time of the frame, µs. */
  readonly tUs: number;
  /** Start and end of the exposure, µs; `tUs` where the file does not say. */
  readonly exposureStartUs: number;
  readonly exposureEndUs: number;
  readonly width: number;
  readonly height: number;
  /** Left upper corner on the sensor, pixels. */
  readonly x: number;
  readonly y: number;
  /** Name of the pixel format, as OpenCV has it, for example `"8UC1"`, `"16UC3"`, `"32FC1"`. */
  readonly format: string;
  /** Values of a pixel: 1 grey, 3 blue, green, red, 4 with alpha. */
  readonly channels: number;
  /** The pixels, `[H, W, channels]`, row by row. */
  readonly pixels:
    Uint8Array | Int8Array | Uint16Array | Int16Array | Int32Array | Float32Array | Float64Array;
};

/** A sample of an inertial measurement unit; NaN where the file has no such value. */
export type ImuSample = {
  readonly tUs: number;
  /** Acceleration along x, y and z, in g. */
  readonly accelerometer: readonly [number, number, number];
  /** Angular velocity about x, y and z, in degrees per second. */
  readonly gyroscope: readonly [number, number, number];
  /** Magnetic field along x, y and z, in µT. */
  readonly magnetometer: readonly [number, number, number];
  /** In °C. */
  readonly temperature: number;
};

/** A trigger: an edge on an external input, or a mark of the camera. */
export type Trigger = {
  readonly tUs: number;
  /** What it says, for example `"external-rising"`, `"external-falling"`, `"frame-start"`. */
  readonly kind: string;
  /** Number of the input; 0 where there is one. */
  readonly channel: number;
};
