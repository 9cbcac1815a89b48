/** Events as fast as they were recorded. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Events, type EventStream, indexAtTime, sliceEvents } from "../../../../src/events/index.ts";
import type { Context } from "../../context.ts";

/** Events go out in steps of so many milliseconds. */
const STEP_MS = 10;

/**
 * Holds events back until their time has come.
 *
 * @param speed - times as fast as they were recorded
 */
export async function* inRealTime(
  stream: EventStream,
  speed: number,
  { now, signal }: Pick<Context, "now" | "signal">,
): AsyncGenerator<Events> {
  let origin: { readonly us: number; readonly ms: number } | undefined;
  for await (const batch of stream) {
    for (let rest = batch; rest.t.length > 0;) {
      origin ??= { us: rest.t[0]!, ms: now() };
      const due = origin.us + (now() - origin.ms + STEP_MS) * 1000 * speed;
      const end = indexAtTime(rest, due);
      if (end > 0) yield sliceEvents(rest, 0, end);
      rest = sliceEvents(rest, end, rest.t.length);
      if (rest.t.length > 0) await sleep(STEP_MS, undefined, { signal });
    }
  }
}
