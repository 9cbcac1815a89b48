/** What `saccade events convert`, `cut` and `filter` do: read, change, write. */
import type { EventStream } from "../../../../src/events/index.ts";
import type { Context } from "../../context.ts";
import type { InputOptions } from "../../events-options.ts";
import type { OutputOptions } from "../../events.ts";
import { openInput, tellLosses } from "./input.ts";
import { inRealTime } from "./pace.ts";
import { targetOf, writeTarget } from "./target.ts";
import { microseconds } from "./units.ts";

/** Reads a recording, or a part of it, and writes it in the same or another format. Memory does not grow with its length. */
export async function convert(
  from: string,
  to: string,
  options: InputOptions & OutputOptions,
  context: Context,
  change: (stream: EventStream) => EventStream = (stream) => stream,
): Promise<void> {
  const target = targetOf(from, to, options);
  const input = await openInput(from, options, context);
  try {
    const stream = change(input.stream);
    const batches = options.speed === undefined ? stream : inRealTime(stream, options.speed, context);
    const written = await writeTarget(target, stream.sensor, batches, context, options);
    tellLosses(input, context);
    if (to !== "-") {
      const span = written.events === 0 ? 0 : written.lastUs - written.firstUs;
      context.stdout.write(`${to}: ${target.format}, ${written.events} events, ${microseconds(span)}\n`);
    }
  } finally {
    await input.close();
  }
}
