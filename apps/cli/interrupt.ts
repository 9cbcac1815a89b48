/** The part of `process` that Ctrl-C needs. */
export interface SignalSource {
  on(event: "SIGINT", listener: () => void): unknown;
  off(event: "SIGINT", listener: () => void): unknown;
}

/** A running watch for Ctrl-C. */
export interface Interrupt {
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** Stop listening, so that the process can end by itself. */
  close(): void;
}

/**
 * Turn Ctrl-C into an `AbortSignal`: the first press asks the command to stop at a safe point, the second
 * ends the process at once.
 *
 * @param source - `process`, or a test's emitter
 * @param exit - ends the process with the given code
 */
export function watchInterrupt(source: SignalSource, exit: (code: number) => void): Interrupt {
  const controller = new AbortController();
  const listener = (): void => {
    if (controller.signal.aborted) exit(130);
    else controller.abort();
  };
  source.on("SIGINT", listener);
  return { signal: controller.signal, close: () => void source.off("SIGINT", listener) };
}
