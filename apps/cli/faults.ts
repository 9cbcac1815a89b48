import {
  ArgumentError,
  CheckpointError,
  FormatError,
  ShapeError,
  UnsupportedError,
} from "../../src/core/index.ts";

/** Exit codes of the command line. */
export const EXIT = { ok: 0, badInput: 1, usage: 2, interrupted: 130 } as const;

/** An input that cannot be used, with the file that is to blame. Printed as `saccade: <file>: <message>`. */
export class InputError extends Error {
  override readonly name = "InputError";

  /**
   * @param file - path as the user gave it
   * @param message - what was expected, what was found
   */
  constructor(file: string, message: string, options: ErrorOptions = {}) {
    super(`${file}: ${message}`, options);
  }
}

/** Who reads our standard output wants no more of it, as in `saccade … | head`: no fault. */
export class ClosedOutput extends Error {
  override readonly name = "ClosedOutput";
}

/** What a failed write to standard output means: {@link ClosedOutput}, or a fault to be told. */
export function outputFault(error: Error): ClosedOutput | InputError {
  if (isSystemError(error) && error.code === "EPIPE")
    return new ClosedOutput(error.message, { cause: error });
  return new InputError("standard output", withoutFile(error), { cause: error });
}

/**
 * Run a step that reads `file`, so that a fault found in it names it. Faults of the system name the path that they are
 * about, which may be a file within the folder `file`.
 *
 * @throws {InputError} for the library's typed errors and the system's; others pass unchanged
 */
export function reading<T>(file: string, step: () => T | Promise<T>): Promise<T> {
  return naming((error) => (isSystemError(error) ? (error.path ?? file) : file), step);
}

/**
 * Run a step that writes `file`, so that a fault of the system names it and not a temporary file beside it.
 *
 * @throws {InputError} as {@link reading}
 */
export function writing<T>(file: string, step: () => T | Promise<T>): Promise<T> {
  return naming(() => file, step);
}

async function naming<T>(nameOf: (error: unknown) => string, step: () => T | Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof FormatError && error.file !== undefined) throw error;
    if (error instanceof InputError) throw error;
    const file = nameOf(error);
    if (isExpected(error)) throw new InputError(file, withoutFile(error, file), { cause: error });
    if (isMemoryFault(error)) {
      throw new InputError(file, "expected what fits into memory, got more", { cause: error });
    }
    throw error;
  }
}

/** One line for the user; the stack only where `SACCADE_DEBUG` is set. */
export function describe(error: unknown, env: Readonly<Record<string, string | undefined>>): string {
  if (env.SACCADE_DEBUG && error instanceof Error) return error.stack ?? error.message;
  if (isSystemError(error) && error.path !== undefined) return `${error.path}: ${withoutFile(error)}`;
  if (isExpected(error)) return oneLine(error.message);
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return `unexpected ${oneLine(text)} (a bug; SACCADE_DEBUG=1 shows where)`;
}

const SYSTEM_FAULTS: Readonly<Record<string, string>> = {
  ENOENT: "no such file or folder",
  EACCES: "permission denied",
  EISDIR: "is a folder, expected a file",
  ENOTDIR: "a file stands where a folder is expected",
  EEXIST: "a file stands where a folder is expected",
  EROFS: "is on a read-only disk",
  ENOSPC: "no space left on the disk",
};

interface SystemError extends Error {
  readonly code: string;
  readonly syscall: string;
  readonly path?: string;
}

function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && "code" in error && "syscall" in error;
}

function isExpected(error: unknown): error is Error {
  const types = [InputError, ArgumentError, CheckpointError, FormatError, ShapeError, UnsupportedError];
  return types.some((type) => error instanceof type) || isSystemError(error);
}

/** What engines and the WebAssembly backend throw when an array cannot be had. */
function isMemoryFault(error: unknown): boolean {
  return error instanceof RangeError && /alloc|array length|memory/i.test(error.message);
}

/** The message of a fault, less the name of the file that it may begin with. */
function withoutFile(error: Error, file?: string): string {
  const text = isSystemError(error) ? (SYSTEM_FAULTS[error.code] ?? error.message) : error.message;
  return oneLine(file !== undefined && text.startsWith(`${file}: `) ? text.slice(file.length + 2) : text);
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, "; ");
}
