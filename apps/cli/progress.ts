import type { TextSink } from "./context.ts";

/** A task's progress, reported while it runs. */
export interface Progress {
  /** Set how many units are done, and a note to show; redraws at most ten times a second. */
  update(done: number, note?: string): void;
  /** Draw the last state and end the line. */
  end(): void;
  /** End the line as it stands, so that what follows starts on a new one. */
  close(): void;
}

/** What is being counted. */
export interface ProgressOptions {
  readonly label: string;
  /** Units in all. */
  readonly total: number;
  /** Name of a unit in the rate, for example `"windows"`. */
  readonly unit: string;
  /** Milliseconds, never going back. */
  readonly now: () => number;
}

const BAR_WIDTH = 24;
const REDRAW_MS = 100;
const LINE_MS = 5000;

/**
 * Progress with rate and time left: a bar that redraws itself on a terminal, elsewhere (a log, a pipe) one
 * plain line every five seconds.
 */
export function startProgress(sink: TextSink, { label, total, unit, now }: ProgressOptions): Progress {
  const terminal = sink.isTTY === true;
  const started = now();
  let done = 0;
  let remark = "";
  let drawn = terminal ? -Infinity : started;
  let shown = -1;
  /** Whether the cursor of the terminal stands behind a bar. */
  let open = false;

  function draw(): void {
    drawn = now();
    shown = done;
    const seconds = (drawn - started) / 1000;
    const rate = seconds > 0 ? done / seconds : 0;
    const left = rate > 0 && done < total ? `, ${duration((total - done) / rate)} left` : "";
    const state = `${done}/${total} ${unit}, ${rate.toPrecision(3)}/s${left}${remark}`;
    if (terminal) {
      const text = `${label} ${bar(done / total)} ${state}`;
      sink.write(`\r\u001b[2K${text.slice(0, (sink.columns || 80) - 1)}`);
      open = true;
    } else {
      sink.write(`${label}: ${state}\n`);
    }
  }

  function close(): void {
    if (open) sink.write("\n");
    open = false;
  }

  return {
    update(units, note) {
      done = units;
      remark = note === undefined ? "" : `, ${note}`;
      if (now() - drawn >= (terminal ? REDRAW_MS : LINE_MS)) draw();
    },
    end() {
      if (shown !== done) draw();
      close();
    },
    close,
  };
}

/** Seconds as a person says them: `42 s`, `3 min 05 s`, `2 h 10 min`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${pad(whole % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
}

function bar(part: number): string {
  const full = Math.round(BAR_WIDTH * Math.min(1, Math.max(0, part)));
  return `[${"#".repeat(full)}${"-".repeat(BAR_WIDTH - full)}]`;
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}
