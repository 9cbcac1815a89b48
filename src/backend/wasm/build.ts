/** Chooses and compiles a build of the kernels. */
import { UnsupportedError } from "../../core/index.ts";
import { relaxed } from "./generated/relaxed.ts";
import { strict } from "./generated/strict.ts";
import { withUnsharedMemory } from "./unshared.ts";

/** `"relaxed"` fuses multiply-adds (one rounding) where the engine can; `"strict"` gives the same bits everywhere. */
export type Build = "strict" | "relaxed";

/** Options of the factories. */
export type WasmOptions = {
  /** Threads that kernels run on, this one included. */
  readonly threads?: number;
  /** Which build; the relaxed one where the engine accepts it if left out. */
  readonly build?: Build;
  /** Estimated length of a job, in nanoseconds, from which other threads are woken. */
  readonly wakeAboveNs?: number;
  /**
   * Milliseconds without any task ending (tasks take milliseconds at most) after which a worker counts as dead, and
   * without any worker starting after which the factory gives up.
   */
  readonly patienceMs?: number;
  /**
   * Node.js only (browsers ignore it): compile the kernels with V8's revectorisation, an experiment of theirs, where it is known and passes a
   * test of its bits; see `WasmBackend.revectorized`.
   */
  readonly revectorize?: boolean;
};

/** Waking a sleeping thread takes about 10 µs. */
export const WAKE_ABOVE_NS = 10_000;

/** Long enough for a machine on which many programs want few cores. */
export const PATIENCE_MS = 10_000;

/** A custom section without name or contents. */
const EMPTY_SECTION = [0, 1, 0];

function decode(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** Whether this engine shares memory between threads. Pages that are not isolated may, but not with workers. */
export function sharesMemory(): boolean {
  try {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    // An engine that has never heard of shared memory ignores the word.
    return !(memory.buffer instanceof ArrayBuffer);
  } catch {
    return false;
  }
}

/** Bytes of a build; `shared`: for a memory that threads share. */
function bytesOf(build: Build, shared: boolean): Uint8Array<ArrayBuffer> {
  const bytes = decode(build === "relaxed" ? relaxed : strict);
  return shared ? bytes : withUnsharedMemory(bytes);
}

/** Whether this engine accepts a build. */
export function supports(build: Build, shared = true): boolean {
  return WebAssembly.validate(bytesOf(build, shared));
}

/**
 * Compiles a build; the fastest that this engine accepts if none is named.
 * @param build - which
 * @param options - `shared`: whether threads will share its memory (true); `apart`: adds an empty section, so that the
 * engine compiles anew what it compiled before under other flags
 * @throws UnsupportedError where the engine accepts none
 */
export function compileKernels(
  build?: Build,
  { shared = true, apart = false }: { readonly shared?: boolean; readonly apart?: boolean } = {},
): WebAssembly.Module {
  const chosen = build ?? (supports("relaxed", shared) ? "relaxed" : "strict");
  const bytes = bytesOf(chosen, shared);
  if (!WebAssembly.validate(bytes)) {
    throw new UnsupportedError(
      `WasmBackend: expected an engine with the features of the ${chosen} build, got none`,
    );
  }
  return new WebAssembly.Module(apart ? Uint8Array.from([...bytes, ...EMPTY_SECTION]) : bytes);
}
