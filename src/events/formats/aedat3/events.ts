/** The events of AEDAT 3 packets (see layout.ts), turned into columns and samples. */
import type { Events, SensorSize } from "../../columns.ts";
import type { Faults } from "../../faults.ts";
import { emptyEvents, sliceEvents } from "../../join.ts";
import type { ReaderOptions } from "../../recording.ts";
import { EVENT_TYPE, PACKET } from "./layout.ts";
import { frameOf, imuSampleOf, triggerOf } from "./samples.ts";

/** Decodes packets in order; of a stream of events that of one source. */
export class PacketEvents {
  readonly #faults: Faults;
  readonly #sensor: SensorSize;
  readonly #options: ReaderOptions;
  /** The source of events, once one has been seen. */
  #source: number | undefined;
  #type = 0;
  #eventSize = 0;
  /** Time at which the 31 bits of the packet start, µs. */
  #baseUs = 0;
  /** Whether every event of the packet is valid, by its header. */
  #allValid = false;
  /** Time of the last event. */
  #last = 0;

  constructor(faults: Faults, sensor: SensorSize, options: ReaderOptions) {
    this.#faults = faults;
    this.#sensor = sensor;
    this.#options = options;
  }

  /** Takes the header of a packet; returns whether its events are wanted. */
  begin(header: DataView): boolean {
    this.#type = header.getInt16(PACKET.type, true);
    this.#eventSize = header.getInt32(PACKET.eventSize, true);
    this.#baseUs = header.getInt32(PACKET.overflow, true) * 2 ** 31;
    this.#allValid = header.getInt32(PACKET.valid, true) === header.getInt32(PACKET.number, true);
    switch (this.#type) {
      case EVENT_TYPE.polarity: {
        const source = header.getInt16(PACKET.source, true);
        return source === (this.#source ??= source);
      }
      case EVENT_TYPE.special:
        return this.#options.onTrigger !== undefined;
      case EVENT_TYPE.frame:
        return this.#options.onFrame !== undefined;
      case EVENT_TYPE.imu6:
      case EVENT_TYPE.imu9:
        return this.#options.onImu !== undefined;
      default:
        return false;
    }
  }

  /**
   * Decodes whole events of the packet.
   *
   * @param offset - where they stand in the file
   * @returns the events of polarity, in strict mode those before a fault, and the fault
   */
  decode(bytes: Uint8Array, offset: number): { readonly events: Events; readonly fault?: unknown } {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (this.#type === EVENT_TYPE.polarity) return this.#polarity(view, offset);
    try {
      for (let at = 0; at < bytes.length; at += this.#eventSize) this.#sample(view, at, offset + at);
      return { events: emptyEvents(0) };
    } catch (fault) {
      return { events: emptyEvents(0), fault };
    }
  }

  #polarity(view: DataView, offset: number): { readonly events: Events; readonly fault?: unknown } {
    const size = this.#eventSize;
    const { t, x, y, on } = emptyEvents(view.byteLength / size);
    const { width, height } = this.#sensor;
    let n = 0;
    for (let at = 0; at < view.byteLength; at += size) {
      const data = view.getUint32(at, true);
      if ((data & 1) === 0 && !this.#allValid) {
        this.#faults.droppedEvents++;
        continue;
      }
      const time = this.#baseUs + view.getInt32(at + 4, true);
      const column = data >>> 17;
      const row = (data >>> 2) & 0x7fff;
      if (time < this.#last || time > Number.MAX_SAFE_INTEGER || column >= width || row >= height) {
        try {
          this.#reject(offset + at, time, column, row);
        } catch (fault) {
          return { events: sliceEvents({ t, x, y, on }, 0, n), fault };
        }
        continue;
      }
      this.#last = time;
      t[n] = time;
      x[n] = column;
      y[n] = row;
      on[n] = (data >>> 1) & 1;
      n++;
    }
    return { events: sliceEvents({ t, x, y, on }, 0, n) };
  }

  #sample(view: DataView, at: number, offset: number): void {
    if ((view.getUint32(at, true) & 1) === 0 && !this.#allValid) return;
    const { onFrame, onImu, onTrigger } = this.#options;
    if (this.#type === EVENT_TYPE.special) return onTrigger?.(triggerOf(view, at, this.#baseUs));
    if (this.#type !== EVENT_TYPE.frame) {
      return onImu?.(imuSampleOf(view, at, this.#baseUs, this.#type === EVENT_TYPE.imu9));
    }
    const frame = frameOf(view, at, this.#eventSize, this.#baseUs);
    if (typeof frame === "string") this.#faults.meet(offset, frame, { bytes: this.#eventSize });
    else onFrame?.(frame);
  }

  #reject(offset: number, time: number, column: number, row: number): void {
    const { width, height } = this.#sensor;
    const what =
      column >= width || row >= height
        ? `an event within ${width}x${height}, got (${column}, ${row})`
        : `a time from ${this.#last} to 2^53 µs, got ${time}`;
    this.#faults.meet(offset, `expected ${what}`, { events: 1 });
  }
}
