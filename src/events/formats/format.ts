/** What a format tells about itself, so that recordings can be recognised and opened. */
import type { ReaderOptions, Recording } from "../recording.ts";
import type { ByteSource } from "../source.ts";

/** A format, or a family of formats with one kind of header. */
export type EventFormat = {
  /** Names that its recordings have, lower case, such as `evt3`. */
  readonly names: readonly string[];
  /**
   * Bytes from the start that it wants to see, {@link SIGNATURE_BYTES} by default. Formats without a signature want more,
   * and come last: a live source may take long to send them.
   */
  readonly headBytes?: number;
  /**
   * Whether a file that starts like this is of the format.
   *
   * @param head - the first `headBytes`, or the whole file if it is shorter
   */
  matches(head: Uint8Array): boolean;
  /** Opens a recording; reads no more than its header before it returns, unless the size of the sensor must be sought. */
  open(source: ByteSource, options: ReaderOptions): Promise<Recording>;
};

/** Bytes within which a signature stands. */
export const SIGNATURE_BYTES = 64;

/** Whether bytes start with a text, one character a byte. */
export function startsWith(head: Uint8Array, signature: string): boolean {
  return Array.from(signature, (character) => character.charCodeAt(0)).every((code, i) => head[i] === code);
}
