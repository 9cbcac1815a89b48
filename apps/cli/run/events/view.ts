/** What `saccade events view` does. */
import { extname } from "node:path";
import { writeFileAtomic } from "../../../../src/core/node.ts";
import type { EventStream } from "../../../../src/events/index.ts";
import { videoFormatOf, writeVideo } from "../../../../src/video/node.ts";
import { renderViewer } from "../../../report/render-viewer.ts";
import type { Context } from "../../context.ts";
import type { InputOptions } from "../../events-options.ts";
import type { ViewOptions } from "../../events.ts";
import { InputError, writing } from "../../faults.ts";
import { checkDistinct } from "../distinct-files.ts";
import { type Input, openInput, tellLosses } from "./input.ts";
import { Painter, paintFrames, styles } from "./painter.ts";
import { encodePng } from "./png.ts";
import { PointSample } from "./point-sample.ts";
import { grouped } from "./units.ts";

/** Rows that a picture should have at least. */
const ROWS = 480;

/** Shows a recording in the way that the ending of the output asks for. */
export async function view(
  file: string,
  options: InputOptions & ViewOptions,
  context: Context,
): Promise<void> {
  const { out } = options;
  const ending = extname(out).toLowerCase();
  const write = ending === ".html" ? writePage : ending === ".png" ? writePicture : writeFilm;
  if (write === writeFilm && videoFormatOf(out) === undefined) {
    throw new InputError(out, "expected a name that ends in .html, .png, .mp4, .webm or .gif");
  }
  checkDistinct([file], [out]);
  const input = await openInput(file, options, context);
  try {
    const what = await writing(out, () => write(input, options, context));
    tellLosses(input, context);
    context.stdout.write(`${out}: ${what}\n`);
  } finally {
    await input.close();
  }
}

async function writePage(
  { stream, name, recording }: Input,
  { out, maxPoints }: ViewOptions,
): Promise<string> {
  const sample = new PointSample(maxPoints);
  for await (const batch of stream) sample.add(batch);
  const page = renderViewer({
    name,
    format: recording.format,
    sensor: stream.sensor,
    events: sample.seen,
    every: sample.every,
    points: sample.events,
  });
  await writeFileAtomic(out, new TextEncoder().encode(page));
  const shown = sample.every === 1 ? "all" : `one in ${sample.every}, ${grouped(sample.events.t.length)}`;
  return `${grouped(sample.seen)} events, ${shown} of them shown`;
}

async function writePicture({ stream, name }: Input, options: ViewOptions): Promise<string> {
  const frameUs = options.window ?? 1e6 / options.fps;
  const painter = painterFor(stream, options, frameUs);
  const pace =
    options.eventsPerFrame === undefined ? { frameUs } : { eventsPerFrame: options.eventsPerFrame };
  for await (const rgb of paintFrames(stream, name, painter, pace)) {
    const { width, height } = painter.size;
    await writeFileAtomic(options.out, encodePng(width, height, rgb));
    return `${width} x ${height} pixels`;
  }
  throw new InputError(name, "expected an event to show, got none");
}

async function writeFilm(
  { stream, name }: Input,
  options: ViewOptions,
  { signal }: Context,
): Promise<string> {
  const { fps, slow, eventsPerFrame, out } = options;
  const frameUs = 1e6 / (fps * slow);
  // Frames by number of events show these, however old they are.
  const windowUs = options.window ?? (eventsPerFrame === undefined ? frameUs : Infinity);
  const painter = painterFor(stream, options, windowUs);
  const pace = eventsPerFrame === undefined ? { frameUs } : { eventsPerFrame };
  const frames = paintFrames(stream, name, painter, pace);
  const count = await writeVideo(out, frames, { rateHz: fps, ...painter.size, signal });
  return `${grouped(count)} frames of ${painter.size.width} x ${painter.size.height} pixels`;
}

function painterFor({ sensor }: EventStream, { style, scale }: ViewOptions, windowUs: number): Painter {
  const fitting = Math.max(1, Math.min(8, Math.round(ROWS / sensor.height)));
  return new Painter(sensor, styles[style], windowUs, scale ?? fitting);
}
