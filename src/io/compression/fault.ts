/** The fault of compressed data, before a reader has put it at its place in the file. */

/** Compressed data breaks its format or a limit; internal to the readers, which turn it into a `FormatError`. */
export class CompressionFault extends Error {
  override readonly name = "CompressionFault";
}
