/** The typed errors of the library. Every message reads `where: expected …, got …`. */

/** A tensor has the wrong number of axes or the wrong size along one. */
export class ShapeError extends Error {
  override readonly name = "ShapeError";
}

/** An argument or a configuration value is out of its range; names the argument. */
export class ArgumentError extends Error {
  override readonly name = "ArgumentError";
}

/** A tensor, backend or session was used after it was released. */
export class DisposedError extends Error {
  override readonly name = "DisposedError";
}

/** A request that is well formed but that this build, platform or layer does not serve. */
export class UnsupportedError extends Error {
  override readonly name = "UnsupportedError";
}

/** A thread of a backend failed, died or never answered; the backend computes no more, but can be disposed. */
export class WorkerError extends Error {
  override readonly name = "WorkerError";
}

/** A checkpoint does not fit the model: missing, unexpected or mis-shaped tensors. */
export class CheckpointError extends Error {
  override readonly name = "CheckpointError";
}

/** A file or stream breaks its format. Carries the format, the byte offset and, once known, the file. */
export class FormatError extends Error {
  override readonly name = "FormatError";
  /** Name of the format, for example `"aedat4"`. */
  readonly format: string;
  /** Byte offset in the file or stream at which the fault was found. */
  readonly offset: number;
  /** What was expected and what was found. */
  readonly what: string;
  /** The file, when the reader knows it. */
  readonly file: string | undefined;

  /**
   * @param format - name of the format, for example `"evt3"`
   * @param offset - byte offset of the fault
   * @param what - `expected …, got …`
   * @param file - path of the file, when known
   */
  constructor(format: string, offset: number, what: string, file?: string) {
    super(`${file === undefined ? "" : `${file}: `}${format} at byte ${offset}: ${what}`);
    this.format = format;
    this.offset = offset;
    this.what = what;
    this.file = file;
  }

  /** The same fault with the file's name added. */
  inFile(file: string): FormatError {
    return new FormatError(this.format, this.offset, this.what, file);
  }
}
