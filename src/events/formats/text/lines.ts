/** Lines of numbers, parsed from bytes. */
import { latin1 } from "../../../core/index.ts";
import type { Faults } from "../../faults.ts";
import { emptyRows, type EventRows, type Rows } from "../table/rows.ts";
import { decimal, decimalTimes } from "./decimal.ts";
import { commentOf, fieldsOf, MAX_LINE_BYTES, type TextHead } from "./head.ts";

/** Lines that are parsed at once. */
export const BATCH_LINES = 1 << 14;

/** Digits of a whole number that a double holds exactly, whatever they are. */
const EXACT_DIGITS = 15;

const [LINE_FEED, CARRIAGE_RETURN, TAB, BLANK, COMMA, SEMICOLON] = [0x0a, 0x0d, 0x09, 0x20, 0x2c, 0x3b];
const [PLUS, MINUS, POINT, ZERO] = [0x2b, 0x2d, 0x2e, 0x30];

/**
 * Turns lines into rows. Lines of plain numbers are parsed digit by digit as whole numbers; any other line is split and
 * parsed anew by `decimalTimes`, which knows exponents, quotes, and what is wrong.
 */
export class LineParser {
  readonly #head: TextHead;
  readonly #rows: EventRows;
  readonly #faults: Faults;
  readonly #numbers: Rows = emptyRows(BATCH_LINES);
  /** The columns of the fields; those that are passed over share one that nobody reads. */
  readonly #to: readonly Float64Array[];
  readonly #timeField: number;
  readonly #offsets = new Float64Array(BATCH_LINES);
  readonly #lines = new Float64Array(BATCH_LINES);
  /** Number of the next line. */
  #line: number;

  constructor(head: TextHead, rows: EventRows, faults: Faults) {
    this.#head = head;
    this.#rows = rows;
    this.#faults = faults;
    this.#line = head.line;
    const ignored = new Float64Array(BATCH_LINES);
    this.#to = head.fields.map((column) => (column === undefined ? ignored : this.#numbers[column]));
    this.#timeField = head.fields.indexOf("t");
  }

  /**
   * Meets a line that is too long.
   *
   * @throws FormatError in strict mode
   */
  meetLongLine(offset: number, bytes: number): void {
    const what = `expected a line of at most ${MAX_LINE_BYTES} bytes, got a longer one, line ${this.#line}`;
    this.#faults.meet(offset, what, { bytes });
  }

  /** Passes over a line that was not parsed. */
  skipLine(): void {
    this.#line++;
  }

  /**
   * Parses lines of `bytes[start…end)`, the last of which ends with a line feed, until they end or `most` are parsed.
   *
   * @param offset - offset of `bytes` in the file
   * @returns index of the first byte that was not parsed
   * @throws FormatError in strict mode, after the rows before the fault were added
   */
  parse(bytes: Uint8Array, start: number, end: number, offset: number, most: number): number {
    const lines = Math.min(most, BATCH_LINES);
    let count = 0;
    let at = start;
    for (let parsed = 0; parsed < lines && at < end; parsed++) {
      let next = this.#plainLine(bytes, at, count);
      if (next < 0 || next - at > MAX_LINE_BYTES) {
        next = bytes.indexOf(LINE_FEED, at) + 1;
        if (next - at > MAX_LINE_BYTES) {
          this.#add(count);
          count = 0;
          this.meetLongLine(offset + at, next - at);
          at = next;
          this.#line++;
          continue;
        }
        const text = latin1(bytes.subarray(at, next)).trim();
        if (text === "" || commentOf(text) !== undefined) {
          at = next;
          this.#line++;
          continue;
        }
        if (!this.#anyLine(text, count)) {
          this.#add(count);
          count = 0;
          const shown = JSON.stringify(text.slice(0, 60));
          const what = `expected ${this.#to.length} numbers, got ${shown}, in line ${this.#line}`;
          this.#faults.meet(offset + at, what, { bytes: next - at });
          at = next;
          this.#line++;
          continue;
        }
      }
      this.#offsets[count] = offset + at;
      this.#lines[count] = this.#line++;
      count++;
      at = next;
    }
    this.#add(count);
    return at;
  }

  #add(count: number): void {
    this.#rows.add(this.#numbers, count, (i) => ({
      offset: this.#offsets[i]!,
      name: `line ${this.#lines[i]}`,
    }));
  }

  /** Parses a line of plain numbers as row `row`; returns where the next begins, or -1 if it is none. */
  #plainLine(bytes: Uint8Array, start: number, row: number): number {
    const fields = this.#to.length;
    let at = start;
    let byte = bytes[at]!;
    for (let field = 0; field < fields; field++) {
      while (byte === BLANK || byte === TAB) byte = bytes[++at]!;
      if (field > 0 && (byte === COMMA || byte === SEMICOLON)) {
        byte = bytes[++at]!;
        while (byte === BLANK || byte === TAB) byte = bytes[++at]!;
      }
      const negative = byte === MINUS;
      if (negative || byte === PLUS) byte = bytes[++at]!;
      const first = at;
      let value = 0;
      for (let digit = byte - ZERO; digit >= 0 && digit <= 9; digit = byte - ZERO) {
        value = value * 10 + digit;
        byte = bytes[++at]!;
      }
      const wholes = at - first;
      let digits = wholes;
      const seconds = field === this.#timeField && this.#head.unit === "s";
      if (byte === POINT) {
        byte = bytes[++at]!;
        let micros = 0;
        let places = 0;
        let round = 0;
        for (let digit = byte - ZERO; digit >= 0 && digit <= 9; digit = byte - ZERO) {
          if (seconds && places < 6) micros = micros * 10 + digit;
          else if (seconds) round = places === 6 && digit >= 5 ? 1 : round;
          else if (digit !== 0) return -1;
          places++;
          byte = bytes[++at]!;
        }
        digits += places;
        if (seconds) value = value * 1e6 + micros * TENS[Math.min(places, 6)]! + round;
      } else if (seconds) {
        value *= 1e6;
      }
      if (digits === 0 || wholes > EXACT_DIGITS || value > Number.MAX_SAFE_INTEGER) return -1;
      // Whatever follows a number must end it.
      const ends = byte === BLANK || byte === TAB || byte === COMMA || byte === SEMICOLON;
      if (!ends && byte !== LINE_FEED && byte !== CARRIAGE_RETURN) return -1;
      this.#to[field]![row] = negative ? -value : value;
    }
    while (byte === BLANK || byte === TAB || byte === CARRIAGE_RETURN) byte = bytes[++at]!;
    return byte === LINE_FEED ? at + 1 : -1;
  }

  /** Parses any line as row `row`; returns whether it holds the numbers it should. */
  #anyLine(text: string, row: number): boolean {
    const tokens = fieldsOf(text);
    if (tokens.length !== this.#to.length) return false;
    return tokens.every((token, field) => {
      const time = field === this.#timeField;
      const value = time ? decimalTimes(token, this.#head.unit === "s" ? 6 : 0) : decimal(token);
      if (value !== undefined) this.#to[field]![row] = value;
      return value !== undefined;
    });
  }
}

/** What a fraction of so many digits is multiplied by to become millionths. */
const TENS = [1e6, 1e5, 1e4, 1e3, 100, 10, 1] as const;
