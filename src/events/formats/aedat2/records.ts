/** The records of AEDAT 2.0 (see layout.ts), decoded. */
import type { Events, SensorSize } from "../../columns.ts";
import type { Faults } from "../../faults.ts";
import type { ReaderOptions } from "../../recording.ts";
import type { Addressing } from "../aedat/cameras.ts";
import { Batch } from "../batch.ts";
import type { Piece, RecordDecoder } from "../records.ts";
import { ApsFrames } from "./frames.ts";
import { type ImuScale, ImuWords } from "./imu.ts";
import { ADDRESSES, APS_TYPE, EXTERNAL_KINDS, RECORD_BYTES } from "./layout.ts";

/** What a decoder needs to know of the camera. */
export type Aedat2Camera = {
  readonly addressing: Addressing;
  readonly sensor: SensorSize;
  readonly imuScale: ImuScale;
};

/** The range of the 32-bit time, µs. */
const RANGE_US = 2 ** 32;

/** The state of an AEDAT 2.0 recording. */
export class Aedat2Decoder implements RecordDecoder {
  readonly recordBytes = RECORD_BYTES;
  readonly #camera: Aedat2Camera;
  readonly #faults: Faults;
  readonly #batch = new Batch();
  readonly #frames: ApsFrames | undefined;
  readonly #imu: ImuWords | undefined;
  readonly #onTrigger: ReaderOptions["onTrigger"];
  /** Time of the last event. */
  #last = 0;
  /** Stamp of the last record. */
  #stamp = 0;
  /** What the stamps have gone round so far, µs. */
  #turns = 0;

  constructor(camera: Aedat2Camera, faults: Faults, { onFrame, onImu, onTrigger }: ReaderOptions) {
    this.#camera = camera;
    this.#faults = faults;
    // A sensor of the options may be larger than addresses can say: frames of it are never whole.
    const { xMask, yMask } = ADDRESSES.davis;
    const whole = camera.sensor.width <= xMask + 1 && camera.sensor.height <= yMask + 1;
    this.#frames = onFrame && whole ? new ApsFrames(camera.sensor, onFrame) : undefined;
    this.#imu = onImu && new ImuWords(camera.imuScale, onImu);
    this.#onTrigger = onTrigger;
  }

  /** See `RecordDecoder`. */
  decode({ bytes }: Piece, start: number, end: number, offset: number): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { addressing, sensor } = this.#camera;
    const { xShift, xMask, yShift, yMask, polarityShift, on: onBit, special } = ADDRESSES[addressing];
    const davis = addressing === "davis";
    const room = this.#batch.room(Math.floor((end - start) / RECORD_BYTES));
    const { t, x, y, on } = room;
    const stop = end - RECORD_BYTES;
    let n = 0;
    let at = start;
    let last = this.#last;
    let stamp = this.#stamp;
    let turns = this.#turns;
    try {
      for (; at <= stop && n < t.length; at += RECORD_BYTES) {
        const address = view.getInt32(at, false);
        const reading = view.getUint32(at + 4, false);
        if (stamp - reading >= RANGE_US / 2) turns = this.#turn(offset + at);
        stamp = reading;
        const time = turns + reading;
        if ((davis && address < 0) || (address & special) !== 0) {
          this.#other(address, time, offset + at);
          continue;
        }
        const column = (address >>> xShift) & xMask;
        const row = (address >>> yShift) & yMask;
        if (time < last || column >= sensor.width || row >= sensor.height) {
          this.#reject(offset + at, time, last, column, row);
          continue;
        }
        last = time;
        t[n] = time;
        x[n] = column;
        y[n] = row;
        on[n] = ((address >>> polarityShift) & 1) === onBit ? 1 : 0;
        n++;
      }
    } finally {
      this.#last = last;
      this.#stamp = stamp;
      this.#batch.count = n;
    }
    return at;
  }

  /** See `RecordDecoder`. */
  take(): Events {
    return this.#batch.take();
  }

  /** The stamps have gone round once more. */
  #turn(offset: number): number {
    this.#turns += RANGE_US;
    if (this.#turns + RANGE_US <= Number.MAX_SAFE_INTEGER) return this.#turns;
    throw this.#faults.error(offset, "expected times below 2^53 µs, got one more wraparound");
  }

  /** Takes a word that is no event: of the DAVIS a reading of a pixel or of the IMU; or an external event. */
  #other(address: number, tUs: number, offset: number): void {
    if (address >= 0 || this.#camera.addressing === "dvs128") {
      const kind = this.#camera.addressing === "davis" ? EXTERNAL_KINDS[address & 7] : undefined;
      this.#onTrigger?.({ tUs, kind: kind ?? "external", channel: 0 });
      return;
    }
    const type = (address >>> 10) & 3;
    if (type === APS_TYPE.imu) {
      this.#leaveOut(this.#imu?.add(address, tUs) ?? 0);
    } else if (this.#frames !== undefined && type <= APS_TYPE.signal) {
      const { xShift, xMask, yShift, yMask } = ADDRESSES.davis;
      const column = (address >>> xShift) & xMask;
      const row = (address >>> yShift) & yMask;
      const { width, height } = this.#camera.sensor;
      if (column >= width || row >= height) {
        const what = `expected a pixel within ${width}x${height}, got (${column}, ${row})`;
        this.#faults.meet(offset, what, { bytes: RECORD_BYTES });
      } else {
        this.#leaveOut(this.#frames.add(column, row, type === APS_TYPE.signal, address & 0x3ff, tUs));
      }
    }
  }

  /** Readings without their others: recordings cut out of a live stream start and end so. */
  #leaveOut(records: number): void {
    this.#faults.droppedBytes += RECORD_BYTES * records;
  }

  #reject(offset: number, time: number, last: number, column: number, row: number): void {
    const { width, height } = this.#camera.sensor;
    const what =
      column >= width || row >= height
        ? `an event within ${width}x${height}, got (${column}, ${row})`
        : `a time of ${last} µs or later, got ${time}`;
    this.#faults.meet(offset, `expected ${what}`, { events: 1 });
  }
}
