/** What `saccade events play` does. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Events, indexAtTime, sliceEvents } from "../../../../src/events/index.ts";
import type { Context } from "../../context.ts";
import type { InputOptions } from "../../events-options.ts";
import type { PlayOptions } from "../../events.ts";
import { InputError } from "../../faults.ts";
import { openInput, tellLosses } from "./input.ts";
import { pictureSize, TerminalCanvas } from "./terminal.ts";

/** The part of a terminal that keys come from. */
export type Keyboard = {
  readonly isTTY?: boolean;
  setRawMode?(on: boolean): unknown;
  on(event: "data", listener: (key: Buffer) => void): unknown;
  off(event: "data", listener: (key: Buffer) => void): unknown;
  resume(): unknown;
  pause(): unknown;
};

const CTRL_C = "\u0003";
const ENTER_SCREEN = "\u001b[?1049h\u001b[?25l\u001b[2J";
const LEAVE_SCREEN = "\u001b[0m\u001b[?25h\u001b[?1049l";

/** Plays a recording on the terminal, as fast as it was recorded times `speed`. Frames are skipped where it is too slow. */
export async function play(
  file: string,
  options: InputOptions & PlayOptions,
  context: Context,
  keyboard: Keyboard = process.stdin,
): Promise<void> {
  const { stdout } = context;
  if (stdout.isTTY !== true) {
    throw new InputError(
      "standard output",
      "expected a terminal to play on, got a file or pipe; see `saccade events view`",
    );
  }
  const input = await openInput(file, options, context);
  const keys = file === "-" ? undefined : listen(keyboard);
  stdout.write(ENTER_SCREEN);
  try {
    const { sensor } = input.stream;
    const rows = (stdout.rows ?? 24) - 1;
    const canvas = new TerminalCanvas(
      sensor,
      pictureSize(sensor, stdout.columns || 80, rows),
      !context.env.NO_COLOR,
    );
    await show(input.stream, canvas, input.name, options, context, keys);
  } finally {
    keys?.close();
    stdout.write(LEAVE_SCREEN);
    await input.close();
  }
  tellLosses(input, context);
}

/** What keys asked for so far. */
type Keys = { readonly state: { quit: boolean; paused: boolean }; close(): void };

function listen(keyboard: Keyboard): Keys | undefined {
  if (keyboard.isTTY !== true) return undefined;
  const state = { quit: false, paused: false };
  const hear = (key: Buffer) => {
    const text = key.toString("latin1");
    // In raw mode Ctrl-C is a key like others.
    if (text === "q" || text === CTRL_C) state.quit = true;
    if (text === " ") state.paused = !state.paused;
  };
  keyboard.setRawMode?.(true);
  keyboard.on("data", hear);
  keyboard.resume();
  return {
    state,
    close: () => {
      keyboard.off("data", hear);
      keyboard.setRawMode?.(false);
      keyboard.pause();
    },
  };
}

async function show(
  stream: AsyncIterable<Events>,
  canvas: TerminalCanvas,
  name: string,
  { speed, fps, window }: PlayOptions,
  { stdout, now, signal }: Context,
  keys: Keys | undefined,
): Promise<void> {
  const frameMs = 1000 / fps;
  let clock: { readonly firstUs: number; startMs: number } | undefined;
  let drawnMs = -Infinity;
  for await (const batch of stream) {
    for (let rest = batch; rest.t.length > 0;) {
      if (keys?.state.quit) return;
      signal.throwIfAborted();
      clock ??= { firstUs: rest.t[0]!, startMs: now() };
      if (keys?.state.paused) {
        const before = now();
        await sleep(frameMs, undefined, { signal });
        clock.startMs += now() - before;
        continue;
      }
      const nowUs = clock.firstUs + (now() - clock.startMs) * 1000 * speed;
      const end = indexAtTime(rest, nowUs);
      canvas.add(sliceEvents(rest, 0, end));
      rest = sliceEvents(rest, end, rest.t.length);
      if (now() - drawnMs >= frameMs) {
        drawnMs = now();
        const lines = canvas.draw(nowUs, window).map((line, row) => `\u001b[${row + 1};1H${line}\u001b[K`);
        const foot = `${name}  ${((nowUs - clock.firstUs) / 1e6).toFixed(2)} s  ${speed}x  (q quits, space pauses)`;
        const below = `\u001b[${lines.length + 1};1H\u001b[0m${foot.slice(0, (stdout.columns || 80) - 1)}\u001b[K`;
        stdout.write(lines.join("") + below);
      }
      if (rest.t.length > 0) await sleep(Math.min(frameMs, 10), undefined, { signal });
    }
  }
}
