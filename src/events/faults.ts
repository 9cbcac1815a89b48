/** What a reader does with a fault: stop in strict mode, leave out and report in recover mode. */
import { FormatError } from "../core/index.ts";

/** `strict` stops at the first fault with a `FormatError`; `recover` leaves out what is broken and reports it. */
export type ReadMode = "strict" | "recover";

/** One place where a recording breaks its format. */
export type Fault = {
  /** Byte offset of the fault, or of the packet that holds it. */
  readonly offset: number;
  /** `expected …, got …` */
  readonly what: string;
};

/** What a reader met so far. Complete once the stream has ended. */
export type FaultReport = {
  /** The first faults, {@link FAULTS_KEPT} at most. */
  readonly faults: readonly Fault[];
  /** Number of faults met. */
  readonly count: number;
  /** Number of events that were decoded and left out. */
  readonly droppedEvents: number;
  /** Number of bytes that could not be decoded and were left out. */
  readonly droppedBytes: number;
};

/** Number of faults that a report keeps one by one; the rest is only counted. */
export const FAULTS_KEPT = 100;

/** The fault handling of one reader: makes its errors and fills its report. */
export class Faults implements FaultReport {
  readonly faults: Fault[] = [];
  count = 0;
  droppedEvents = 0;
  droppedBytes = 0;
  readonly #format: string;
  readonly #mode: ReadMode;
  readonly #file: string | undefined;

  constructor(format: string, mode: ReadMode, file: string | undefined) {
    this.#format = format;
    this.#mode = mode;
    this.#file = file;
  }

  /** The error for a fault that no mode can pass. */
  error(offset: number, what: string): FormatError {
    return new FormatError(this.#format, offset, what, this.#file);
  }

  /**
   * Meets a fault.
   *
   * @throws FormatError in strict mode
   */
  meet(offset: number, what: string, { events = 0, bytes = 0 } = {}): void {
    if (this.#mode === "strict") throw this.error(offset, what);
    this.count++;
    this.droppedEvents += events;
    this.droppedBytes += bytes;
    if (this.faults.length < FAULTS_KEPT) this.faults.push({ offset, what });
  }
}
