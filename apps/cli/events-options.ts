/** Options that the commands on event recordings share. */
import { type Command, InvalidArgumentError, Option } from "commander";
import {
  type DatagramFormat,
  datagramFormats,
  type DropPolicy,
  dropPolicies,
  formatNames,
  type Region,
  type SensorSize,
} from "../../src/events/index.ts";
import { positiveNumber, wholeUpTo } from "./values.ts";

/** A time as the recording has it, or since its first event. */
export type TimePoint = { readonly us: number; readonly relative: boolean };

/** What part of which recording is read, and how. */
export interface InputOptions {
  /** Name of the format, where it is not to be told by content. */
  readonly from?: string;
  /** Size of the sensor, for formats that do not say. */
  readonly size?: SensorSize;
  /** Leave out what is broken instead of stopping there. */
  readonly recover?: boolean;
  readonly start?: TimePoint;
  readonly end?: TimePoint;
  readonly region?: Region;
  readonly maxEvents?: number;
  /** Layout of datagrams. */
  readonly udp?: DatagramFormat;
  /** What happens to live events that are not read in time. */
  readonly policy?: DropPolicy;
  /** Seconds of silence after which a live source is given up. */
  readonly idle?: number;
}

/** How the argument of a recording is described. */
export const INPUT_HELP =
  "event recording; - for standard input; or tcp://, udp://, ws:// (see docs/live.md)";

/** Adds the options of {@link InputOptions}. */
export function addInputOptions(command: Command, { recover = true, part = true } = {}): Command {
  command
    .addOption(
      new Option("--from <FORMAT>", "read as this format; default: found from the content").choices(
        formatNames,
      ),
    )
    .option("--size <WxH>", "size of the sensor, for formats that do not say, and for udp://", sensorSide);
  if (recover) command.option("--recover", "leave out what is broken, and say what was lost");
  if (part) {
    command
      .option(
        "--start <TIME>",
        "events from this time on: 1500 (µs), 10ms, 1.5s; +10ms since the first event",
        timePoint,
      )
      .option("--end <TIME>", "events before this time", timePoint)
      .option("--region <X,Y,WxH>", "events within this region, in its coordinates", region)
      .option("--max-events <N>", "so many events at most", wholeUpTo(Number.MAX_SAFE_INTEGER));
  }
  return command
    .addOption(new Option("--udp <LAYOUT>", "layout of datagrams").choices(datagramFormats))
    .addOption(new Option("--policy <POLICY>", "live events that are not read in time").choices(dropPolicies))
    .option(
      "--idle <SECONDS>",
      "give up a live source after so much silence; default: never",
      positiveNumber,
    );
}

const UNITS: Readonly<Record<string, number>> = { us: 1, µs: 1, ms: 1e3, s: 1e6, min: 60e6 };

/** A time: microseconds, or with a unit; with a plus sign since the first event. */
export function timePoint(text: string): TimePoint {
  const [, plus, number, unit] = /^(\+?)(\d+(?:\.\d+)?|\.\d+)(us|µs|ms|s|min)?$/.exec(text) ?? [];
  const us = Math.round(Number(number) * UNITS[unit ?? "us"]!);
  if (number === undefined || !Number.isSafeInteger(us)) {
    throw new InvalidArgumentError("expected a time such as 1500 (µs), 10ms, 1.5s or +10ms.");
  }
  return { us, relative: plus === "+" };
}

/** A duration in microseconds, as {@link timePoint} without the sign. */
export function duration(text: string): number {
  const { us, relative } = timePoint(text);
  if (relative || us === 0)
    throw new InvalidArgumentError("expected a duration such as 500 (µs), 10ms or 1.5s.");
  return us;
}

/** A part of the sensor: left upper corner and size. */
export function region(text: string): Region {
  const [, x, y, width, height] = /^(\d{1,5}),(\d{1,5}),(\d{1,5})x(\d{1,5})$/.exec(text) ?? [];
  if (!Number(width) || !Number(height)) {
    throw new InvalidArgumentError("expected X,Y,WIDTHxHEIGHT in pixels, for example 10,20,64x48.");
  }
  return { x: Number(x), y: Number(y), width: Number(width), height: Number(height) };
}

/** A sensor of any size that events can have. */
function sensorSide(text: string): SensorSize {
  const [, width, height] = /^(\d{1,5})x(\d{1,5})$/.exec(text) ?? [];
  const fits = (side: number) => side >= 1 && side <= 65536;
  if (!fits(Number(width)) || !fits(Number(height))) {
    throw new InvalidArgumentError("expected WIDTHxHEIGHT in pixels, for example 346x260.");
  }
  return { width: Number(width), height: Number(height) };
}
