/** Motion files of text: words, numbers and lines, with the place of each for messages. */
import { FormatError, latin1 } from "../../core/index.ts";

const LINE_FEED = 10;
const isBlank = (code: number) => code <= 32;

/** Words of a text, with the place of the last one for messages. */
export class Words {
  readonly #bytes: Uint8Array;
  /** One character a byte, so that indices are byte offsets. */
  readonly #text: string;
  readonly #format: string;
  readonly #file: string | undefined;
  #at = 0;
  #start = 0;

  /**
   * @param format - name of the format, for messages
   * @param file - name of the file, for messages
   */
  constructor(bytes: Uint8Array, format: string, file: string | undefined) {
    this.#bytes = bytes;
    this.#format = format;
    this.#text = latin1(bytes);
    this.#file = file;
    const hasByteOrderMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    if (hasByteOrderMark) this.#at = 3;
  }

  /** Throws a FormatError at the last word. */
  fail(expected: string, got: string): never {
    let line = 1;
    for (let i = 0; i < this.#start; i++) if (this.#bytes[i] === LINE_FEED) line++;
    const shown = got.length > 40 ? `${got.slice(0, 40)}…` : got;
    throw new FormatError(
      this.#format,
      this.#start,
      `line ${line}: expected ${expected}, got ${shown}`,
      this.#file,
    );
  }

  /** The next word, or the empty string at the end. */
  word(): string {
    const bytes = this.#bytes;
    while (this.#at < bytes.length && isBlank(bytes[this.#at]!)) this.#at++;
    this.#start = this.#at;
    while (this.#at < bytes.length && !isBlank(bytes[this.#at]!)) this.#at++;
    return this.#text.slice(this.#start, this.#at);
  }

  /** The next word, without taking it. */
  peek(): string {
    const [at, start] = [this.#at, this.#start];
    const word = this.word();
    [this.#at, this.#start] = [at, start];
    return word;
  }

  /** The rest of the line, which may be empty. */
  line(): string {
    const bytes = this.#bytes;
    const from = this.#at;
    while (this.#at < bytes.length && bytes[this.#at] !== LINE_FEED) this.#at++;
    return this.#text.slice(from, this.#at).trim();
  }

  /** The rest of the line, or up to an opening brace: a name, which may contain blanks. */
  rest(): string {
    const bytes = this.#bytes;
    this.#start = this.#at;
    while (this.#at < bytes.length && bytes[this.#at] !== LINE_FEED && this.#text[this.#at] !== "{")
      this.#at++;
    const name = new TextDecoder().decode(bytes.subarray(this.#start, this.#at)).trim();
    if (name === "") this.fail("a name", "none");
    return name;
  }

  /** Takes the next word, which must be this one. */
  expect(keyword: string): void {
    const word = this.word();
    if (word !== keyword) this.fail(keyword, word === "" ? "the end of the file" : JSON.stringify(word));
  }

  /** The next word, which must be a finite number. */
  number(): number {
    const word = this.word();
    const value = word === "" ? NaN : Number(word);
    if (!Number.isFinite(value)) this.fail("a number", JSON.stringify(word));
    return value;
  }

  /** Fills `count` numbers from the next line that is not empty; it must have exactly so many. */
  numbers(into: Float64Array, at: number, count: number, what: string): void {
    for (let i = 0; i < count; i++) {
      const before = this.#at;
      into[at + i] = this.number();
      if (i > 0 && this.#text.slice(before, this.#start).includes("\n")) {
        this.fail(`${count} numbers in ${what}`, String(i));
      }
    }
    while (this.#at < this.#bytes.length && this.#bytes[this.#at] !== LINE_FEED) {
      if (!isBlank(this.#bytes[this.#at]!)) {
        this.#start = this.#at;
        this.fail(`${count} numbers in ${what}`, "more");
      }
      this.#at++;
    }
  }

  /** Bytes that are left. */
  remaining(): number {
    return this.#bytes.length - this.#at;
  }

  /** Whether nothing but blanks is left. */
  done(): boolean {
    for (let i = this.#at; i < this.#bytes.length; i++) if (!isBlank(this.#bytes[i]!)) return false;
    return true;
  }
}
