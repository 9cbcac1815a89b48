/** Where text goes: a terminal if `isTTY`, else a pipe, a file or a test. */
export interface TextSink {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  /** Width of the terminal in characters. */
  readonly columns?: number;
  /** Its height. */
  readonly rows?: number;
}

/** What a command may touch besides its arguments; tests pass their own. */
export interface Context {
  /** Results: tables, JSON. */
  readonly stdout: TextSink;
  /** Writes bytes to standard output; done when more can be taken. */
  readonly writeBytes: (bytes: Uint8Array) => Promise<void>;
  /** Progress and errors. */
  readonly stderr: TextSink;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds on any clock that does not jump. */
  readonly now: () => number;
  /** Aborts on the first Ctrl-C; a command stops at the next safe point and leaves no half-written file. */
  readonly signal: AbortSignal;
}
