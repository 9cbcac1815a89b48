/** The part of `process` that signals need. */
export interface SignalSource {
  on(event: StopSignal, listener: () => void): unknown;
  off(event: StopSignal, listener: () => void): unknown;
}

/** A running watch for Ctrl-C. */
export interface Interrupt {
  /** Aborted by the first signal, or by {@link Interrupt.stop}. */
  readonly signal: AbortSignal;
  /** Ask the command to stop for a reason of our own. */
  stop(reason: unknown): void;
  /** Stop listening, so that the process can end by itself. */
  close(): void;
}

/** Ctrl-C and `kill`. Not SIGHUP: whoever hears it takes `nohup` its meaning. */
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

type StopSignal = (typeof SIGNALS)[number];

/**
 * Turn Ctrl-C into an `AbortSignal`: the first press asks the command to stop at a safe point. The second is not heard
 * here, so that the system ends the process at once, whatever that waits for.
 *
 * @param source - `process`, or a test's emitter
 */
export function watchInterrupt(source: SignalSource): Interrupt {
  const controller = new AbortController();
  const close = (): void => SIGNALS.forEach((name) => void source.off(name, listener));
  const listener = (): void => {
    close();
    controller.abort();
  };
  SIGNALS.forEach((name) => void source.on(name, listener));
  return { signal: controller.signal, stop: (reason) => controller.abort(reason), close };
}
