/** Where a command writes events: a file, standard output or a live sink. */
import zlib from "node:zlib";
import { UnsupportedError } from "../../../../src/core/index.ts";
import {
  encodeEvents,
  type EncodeOptions,
  type Events,
  isLiveAddress,
  type SensorSize,
  type WriteFormat,
  writeFormatOf,
  writeFormats,
} from "../../../../src/events/index.ts";
import { sendEvents, writeRecording } from "../../../../src/events/node.ts";
import type { Context } from "../../context.ts";
import type { OutputOptions } from "../../events.ts";
import { InputError, reading, writing } from "../../faults.ts";
import { checkDistinct } from "../distinct-files.ts";

/** What is written where. */
export type Target = { readonly path: string; readonly format: WriteFormat; readonly encode: object };

/** The format of files that end so, where several do or this is not the usual ending. */
const ENDINGS: Readonly<Record<string, string>> = { ".raw": "evt3", ".hdf5": "hdf5" };

/** Compressions by format. */
const COMPRESSIONS: Readonly<Record<string, readonly string[]>> = {
  aedat4: ["none", "lz4", "lz4-high", "zstd", "zstd-high"],
  hdf5: ["none", "deflate"],
};

/**
 * Settles the format of what is written.
 *
 * @throws InputError if the format is not clear, has no such compression, or the file is the one that is read
 */
export function targetOf(input: string, path: string, { to, compression }: OutputOptions): Target {
  if (path !== "-" && !isLiveAddress(path)) checkDistinct([input], [path]);
  const ending = /\.[^./\\]+$/.exec(path)?.[0].toLowerCase() ?? "";
  const live = isLiveAddress(path) ? "aedat4" : undefined;
  const format = to ?? live ?? writeFormatOf(path) ?? writeFormats.find((name) => name === ENDINGS[ending]);
  if (format === undefined) {
    throw new InputError(path, `expected a known ending or --to ${writeFormats.join("|")}, got neither`);
  }
  if (compression === undefined) return { path, format, encode: {} };
  const known = COMPRESSIONS[format] ?? [];
  if (!known.includes(compression)) {
    const choices =
      known.length === 0 ? `no --compression for ${format}` : `--compression ${known.join("|")}`;
    throw new InputError(path, `expected ${choices}, got ${compression}`);
  }
  return { path, format, encode: { compression, ...compressorOf(compression) } };
}

/** Level of `zstd-high`; the other is that of the library, 3. */
const ZSTD_HIGH = 12;

/** What compresses, where the library does not bring it: Zstandard is that of Node. */
function compressorOf(compression: string): { compress?: (content: Uint8Array) => Uint8Array } {
  if (!compression.startsWith("zstd")) return {};
  // Not in Node 20.
  if (typeof zlib.zstdCompressSync !== "function") {
    throw new UnsupportedError(
      `--compression ${compression}: expected Node 22.15 or later, got ${process.version}`,
    );
  }
  const level = compression === "zstd-high" ? ZSTD_HIGH : zlib.constants.ZSTD_CLEVEL_DEFAULT;
  const params = { [zlib.constants.ZSTD_c_compressionLevel]: level };
  return { compress: (content) => zlib.zstdCompressSync(content, { params }) };
}

/** The latest first event, µs, of formats whose times are those since the camera was switched on. */
const LATEST_START: Partial<Record<WriteFormat, number>> = {
  evt2: 86_400e6,
  evt21: 86_400e6,
  evt3: 86_400e6,
  dat: 2 ** 32 - 1,
  es: 3_600e6,
};

/** What was written. */
export type Written = { readonly events: number; readonly firstUs: number; readonly lastUs: number };

/** Writes events. A file appears when it is whole; faults name what is written. */
export async function writeTarget(
  { path, format, encode }: Target,
  sensor: SensorSize,
  batches: AsyncIterable<Events>,
  context: Context,
  { udp, rebase = false }: OutputOptions = {},
): Promise<Written> {
  const written = { events: 0, firstUs: NaN, lastUs: NaN };
  let originUs: number | undefined;
  async function* counted(): AsyncGenerator<Events> {
    for await (const read of batches) {
      const count = read.t.length;
      if (count === 0) continue;
      if (originUs === undefined) {
        const first = read.t[0]!;
        const late = first > (LATEST_START[format] ?? Infinity);
        originUs = rebase || late ? first : 0;
        if (late && !rebase) {
          const name = path === "-" ? "standard output" : path;
          context.stderr.write(
            `saccade: ${name}: ${format} has no times as late as ${first} µs: they count from there\n`,
          );
        }
      }
      const origin = originUs;
      const batch = origin === 0 ? read : { ...read, t: read.t.map((t) => t - origin) };
      if (written.events === 0) written.firstUs = batch.t[0]!;
      written.lastUs = batch.t[count - 1]!;
      written.events += count;
      yield batch;
    }
  }
  const options = encode as EncodeOptions<WriteFormat>;
  if (path === "-") {
    await writing("standard output", async () => {
      for await (const piece of encodeEvents(format, sensor, counted(), options)) {
        if (!(piece instanceof Uint8Array)) throw new UnsupportedError(notInOrder(format));
        await context.writeBytes(piece);
      }
    });
  } else if (isLiveAddress(path)) {
    const onListening = (port: number) =>
      void context.stderr.write(`saccade: ${path}: listening on port ${port}\n`);
    const send = { encode: options, signal: context.signal, datagramFormat: udp, onListening };
    await reading(path, () => sendEvents(path, format, sensor, counted(), send));
  } else {
    await writing(path, () => writeRecording(path, format, sensor, counted(), options));
  }
  return written;
}

function notInOrder(format: string): string {
  return `expected a format that is written from front to back, got ${format}; write it to a file`;
}
