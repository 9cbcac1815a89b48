/** `saccade events`: looking at recordings of events, converting and showing them. */
import { type Command, Option } from "commander";
import { type DatagramFormat, type WriteFormat, writeFormats } from "../../src/events/index.ts";
import { addInputOptions, duration, INPUT_HELP, type InputOptions } from "./events-options.ts";
import { positiveNumber, seed, wholeUpTo } from "./values.ts";

/** How events are written. */
export interface OutputOptions {
  readonly to?: WriteFormat;
  readonly compression?: string;
  /** Whether times are to count from the first event. */
  readonly rebase?: boolean;
  /** Times as fast as recorded; as fast as can be when absent. */
  readonly speed?: number;
  readonly udp?: DatagramFormat;
}

/** What `saccade events info` was asked for, besides the input. */
export interface InfoOptions {
  readonly json?: boolean;
  readonly strict?: boolean;
}

/** What `saccade events filter` was asked for, besides input and output. */
export interface FilterOptions {
  readonly seed: number;
  readonly list?: boolean;
  readonly json?: boolean;
}

/** What `saccade events stats` was asked for, besides the input. */
export interface StatsOptions {
  readonly json?: boolean;
  /** Page to write. */
  readonly html?: string;
  /** Hottest pixels that are listed. */
  readonly hottest: number;
}

/** How frames are painted. */
export const STYLES = ["light", "dark", "surface"] as const;

/** What `saccade events view` was asked for, besides the input. */
export interface ViewOptions {
  readonly out: string;
  readonly style: (typeof STYLES)[number];
  readonly fps: number;
  /** Times slower than recorded. */
  readonly slow: number;
  /** Time of which a frame shows the events, µs; the time from one frame to the next when absent. */
  readonly window?: number;
  /** A frame for so many events, instead of one for equal times. */
  readonly eventsPerFrame?: number;
  /** Pixels of a frame for each of the sensor's, along each side; as many as make a picture of some size when absent. */
  readonly scale?: number;
  /** Points of an HTML page at most. */
  readonly maxPoints: number;
}

/** What `saccade events play` was asked for, besides the input. */
export interface PlayOptions {
  readonly speed: number;
  readonly fps: number;
  readonly window: number;
}

/** What the commands do. */
export interface EventsActions {
  info(files: readonly string[], options: InputOptions & InfoOptions): Promise<void>;
  convert(from: string, to: string, options: InputOptions & OutputOptions): Promise<void>;
  filter(args: readonly string[], options: InputOptions & OutputOptions & FilterOptions): Promise<void>;
  stats(file: string, options: InputOptions & StatsOptions): Promise<void>;
  view(file: string, options: InputOptions & ViewOptions): Promise<void>;
  play(file: string, options: InputOptions & PlayOptions): Promise<void>;
}

const OUTPUT_HELP = "file to write; - for standard output; or tcp://, udp://, ws://";

/** Adds `saccade events` with its commands. */
export function addEvents(program: Command, actions: EventsActions): void {
  const events = program
    .command("events")
    .description("look at recordings of events, convert, filter and show them");
  const info = events
    .command("info")
    .description("what recordings hold, and what is wrong with them")
    .argument("<FILE...>", INPUT_HELP)
    .option("--json", "one object a line for each recording")
    .option("--strict", "fail if there is a fault")
    .addHelpText("after", examples("walk.aedat4", "--json *.raw", "--from txt --size 240x180 events.txt"));
  addInputOptions(info, { recover: false }).action((files: string[], options) =>
    actions.info(files, options),
  );

  const convert = addOutput(events.command("convert").description("write a recording in another format"))
    .argument("<IN>", INPUT_HELP)
    .argument("<OUT>", OUTPUT_HELP)
    .addHelpText(
      "after",
      examples(
        "walk.aedat4 walk.raw",
        "walk.aedat4 - --to evt3 | ssh camera 'cat > walk.raw'",
        "damaged.aedat4 sound.aedat4 --recover",
        "walk.aedat4 udp://127.0.0.1:3333 --speed 1",
      ),
    );
  addInputOptions(convert).action((from: string, to: string, options) => actions.convert(from, to, options));

  const cut = addOutput(
    events
      .command("cut")
      .description("write a part of a recording: a time range, a region, a number of events"),
  )
    .argument("<IN>", INPUT_HELP)
    .argument("<OUT>", OUTPUT_HELP)
    .hook("preAction", (command) => {
      const { start, end, region, maxEvents } = command.opts<InputOptions>();
      if ([start, end, region, maxEvents].every((option) => option === undefined)) {
        command.error("error: give --start, --end, --region or --max-events");
      }
    })
    .addHelpText(
      "after",
      examples(
        "walk.aedat4 step.aedat4 --start +1s --end +1500ms",
        "walk.aedat4 head.raw --region 40,0,48x48",
      ),
    );
  addInputOptions(cut).action((from: string, to: string, options) => actions.convert(from, to, options));

  const filter = addOutput(
    events.command("filter").description("pass a recording through transforms, one after the other"),
  )
    .argument("[ARGS...]", "IN OUT NAME [KEY=VALUE...] [, NAME [KEY=VALUE...]...]")
    .option("--seed <N>", "seed of transforms that draw", seed, 0)
    .option("--list", "list the transforms and their options")
    .option("--json", "with --list: as one object")
    .addHelpText(
      "after",
      examples("--list", "noisy.raw clean.raw NAME KEY=VALUE", "in.raw out.raw NAME , NAME KEY=VALUE"),
    );
  addInputOptions(filter).action((args: string[], options) => actions.filter(args, options));

  const stats = events
    .command("stats")
    .description("rates over time, counts of pixels, intervals")
    .argument("<FILE>", INPUT_HELP)
    .option("--json", "all numbers as one object")
    .option("--html <FILE>", "write a page with curves")
    .option("--hottest <N>", "so many of the pixels with the most events", wholeUpTo(10_000), 5)
    .addHelpText("after", examples("walk.aedat4", "walk.aedat4 --html walk.html", "walk.aedat4 --json"));
  addInputOptions(stats).action((file: string, options) => actions.stats(file, options));

  addView(events, actions);
}

function addView(events: Command, actions: EventsActions): void {
  const view = events
    .command("view")
    .description("show a recording: as a video, a picture, or a page with its events in space and time")
    .argument("<FILE>", INPUT_HELP)
    .requiredOption("--out <FILE>", "file to write: .html, .png, or with ffmpeg .mp4, .webm, .gif")
    .addOption(
      new Option("--style <NAME>", "colours on white, on black, or fading with time")
        .choices(STYLES)
        .default("light"),
    )
    .option("--fps <N>", "frames per second of a video", positiveNumber, 30)
    .option("--slow <FACTOR>", "slow motion: so many times as long", positiveNumber, 1)
    .option(
      "--window <TIME>",
      "events that a frame shows, for example 10ms; default: from one frame to the next",
      duration,
    )
    .option("--events-per-frame <N>", "a frame for each N events, instead of equal times", wholeUpTo(1e9))
    .option("--scale <N>", "enlarge each pixel; default: to some 480 rows", wholeUpTo(64))
    .option("--max-points <N>", "points that a page holds at most", wholeUpTo(5_000_000), 300_000)
    .addHelpText(
      "after",
      examples(
        "walk.aedat4 --out walk.html",
        "walk.aedat4 --out walk.mp4 --slow 4 --style dark",
        "walk.aedat4 --out at-1s.png --start +1s",
      ),
    );
  addInputOptions(view).action((file: string, options) => actions.view(file, options));

  const play = events
    .command("play")
    .description("play a recording in the terminal; q quits, space pauses")
    .argument("<FILE>", INPUT_HELP)
    .option("--speed <FACTOR>", "times as fast as recorded", positiveNumber, 1)
    .option("--fps <N>", "frames per second at most", positiveNumber, 30)
    .option("--window <TIME>", "how long an event is seen", duration, 50_000)
    .addHelpText("after", examples("walk.aedat4", "walk.aedat4 --speed 0.25"));
  addInputOptions(play).action((file: string, options) => actions.play(file, options));
}

function addOutput(command: Command): Command {
  return command
    .addOption(
      new Option("--to <FORMAT>", "format to write; default: by the ending of OUT").choices(writeFormats),
    )
    .option("--compression <NAME>", "of formats that have a choice, for example lz4 or none")
    .option("--rebase", "times count from the first event; so they do where a format has none so late")
    .option(
      "--speed <FACTOR>",
      "write as fast as recorded, or FACTOR times so; for live sinks",
      positiveNumber,
    );
}

/** Examples for the help of the command that they are added to. */
function examples(...lines: readonly string[]) {
  return ({ command }: { readonly command: Command }): string =>
    `\nExamples:\n${lines.map((line) => `  saccade events ${command.name()} ${line}\n`).join("")}`;
}
