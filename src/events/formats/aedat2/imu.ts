/** The samples of the inertial measurement unit of a DAVIS in AEDAT 2.0: seven words each. */
import type { ImuSample } from "../../samples.ts";
import type { AedatHeader } from "../aedat/header.ts";

/** Steps of the 16-bit values of the InvenSense MPU-6150: of acceleration per g, of angular velocity per °/s. */
export type ImuScale = { readonly perG: number; readonly perDegreePerSecond: number };

const GYROSCOPE: Readonly<Record<string, number>> = { "250": 131, "500": 65.5, "1000": 32.8, "2000": 16.4 };

/**
 * The scale of a recording, from jAER's preferences `ImuAccelScale` (`ImuAccelScaleG8`) and `ImuGyroScale`
 * (`GyroFullScaleDegPerSec1000`) in the header; without them jAER's own, ±4 g and ±500 °/s.
 */
export function imuScaleOf({ lines }: AedatHeader): ImuScale {
  const stated = (pattern: RegExp): string | undefined =>
    lines.map((line) => pattern.exec(line)?.[1]).find((value) => value !== undefined);
  const fullScaleG = Number(stated(/"ImuAccelScale" value="ImuAccelScaleG(2|4|8|16)"/) ?? 4);
  const fullScale = stated(/"ImuGyroScale" value="GyroFullScaleDegPerSec(250|500|1000|2000)"/) ?? "500";
  return { perG: 32768 / fullScaleG, perDegreePerSecond: GYROSCOPE[fullScale]! };
}

const WORDS = 7;

/** Puts samples together of the words x, y, z of acceleration, temperature, x, y, z of angular velocity. */
export class ImuWords {
  readonly #scale: ImuScale;
  readonly #deliver: (sample: ImuSample) => void;
  readonly #values = new Int16Array(WORDS);
  #count = 0;

  constructor(scale: ImuScale, deliver: (sample: ImuSample) => void) {
    this.#scale = scale;
    this.#deliver = deliver;
  }

  /**
   * Takes a word; its bits 28 to 30 tell which, its bits 12 to 27 are the value. Axes and signs are those of the chip.
   *
   * @returns number of words that are left out for want of the others
   */
  add(address: number, tUs: number): number {
    const code = (address >>> 28) & 7;
    const lost = code === this.#count ? 0 : this.#count;
    if (code !== this.#count) this.#count = 0;
    if (code !== this.#count) return lost + 1;
    this.#values[code] = (address >>> 12) & 0xffff;
    if (++this.#count < WORDS) return lost;
    this.#count = 0;
    const [ax, ay, az, temperature, gx, gy, gz] = this.#values as unknown as SampleValues;
    const { perG, perDegreePerSecond: perDegree } = this.#scale;
    this.#deliver({
      tUs,
      accelerometer: [ax / perG, ay / perG, az / perG],
      gyroscope: [gx / perDegree, gy / perDegree, gz / perDegree],
      magnetometer: [NaN, NaN, NaN],
      temperature: temperature / 340 + 35,
    });
    return lost;
  }
}

type SampleValues = [number, number, number, number, number, number, number];
