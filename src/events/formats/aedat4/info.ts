/** The `infoNode` of an AEDAT 4.0 header: the XML tree in which DV describes the streams of a recording. */
import type { SensorSize } from "../../columns.ts";
import type { Compression } from "./layout.ts";

/** One stream of a recording. */
export type StreamInfo = {
  readonly id: number;
  /** Type identifier, for example `EVTS`, `FRME`, `IMUS`, `TRIG`. */
  readonly type: string;
  /** Sensor size, for streams that have one. */
  readonly sensor: SensorSize | undefined;
};

/** Nodes deeper than this are not read: DV nests five deep. */
const MAX_DEPTH = 64;

/**
 * The streams that an `infoNode` lists, by the paths `outInfo/<id>/typeIdentifier` and `outInfo/<id>/info/{sizeX,sizeY}`.
 * Reads tags in one pass and takes whatever is not XML as an absence of streams.
 */
export function streamsOf(xml: string): StreamInfo[] {
  const found = new Map<number, Record<string, string>>();
  const path: string[] = [];
  for (const [, closing, kind, attributes, empty, text] of xml.matchAll(TAG)) {
    if (kind === "node") {
      if (closing === "/") path.pop();
      else if (empty !== "/" && path.length < MAX_DEPTH) path.push(attribute(attributes!, "name"));
    } else if (closing === "") {
      const root = path.indexOf("outInfo");
      const [id, ...rest] = root < 0 ? [] : path.slice(root + 1);
      if (id === undefined || !/^\d{1,9}$/.test(id)) continue;
      const key = [...rest, attribute(attributes!, "key")].join("/");
      const fields = found.get(Number(id)) ?? {};
      fields[key] = text!.trim();
      found.set(Number(id), fields);
    }
  }
  return [...found].map(([id, fields]) => ({
    id,
    type: fields["typeIdentifier"] ?? "",
    sensor: sensorOf(fields["info/sizeX"], fields["info/sizeY"]),
  }));
}

/** An opening, closing or empty tag of `node` or `attr`, and the text after it. */
const TAG = /<(\/?)(node|attr)\b([^<>]*?)(\/?)>([^<]*)/g;

function attribute(attributes: string, name: string): string {
  const start = attributes.indexOf(`${name}="`);
  if (start < 0) return "";
  const from = start + name.length + 2;
  const end = attributes.indexOf('"', from);
  return end < 0 ? "" : attributes.slice(from, end);
}

function sensorOf(width: string | undefined, height: string | undefined): SensorSize | undefined {
  const size = { width: Number(width), height: Number(height) };
  const fits = (n: number) => Number.isInteger(n) && n >= 1 && n <= 32768;
  return fits(size.width) && fits(size.height) ? size : undefined;
}

/** The `infoNode` of a recording that has one stream of events, numbered 0, as DV writes it. */
export function infoNodeOf(sensor: SensorSize, compression: Compression): string {
  const path = "/mainloop/Recorder/outInfo/";
  const attr = (key: string, type: string, value: string | number) =>
    `<attr key="${key}" type="${type}">${value}</attr>`;
  return [
    '<dv version="2.0">',
    `<node name="outInfo" path="${path}">`,
    `<node name="0" path="${path}0/">`,
    attr("compression", "string", compression.toUpperCase().replace("-", "_")),
    attr("originalModuleName", "string", "saccade"),
    attr("originalOutputName", "string", "events"),
    attr("typeDescription", "string", "Array of events (polarity ON/OFF)."),
    attr("typeIdentifier", "string", "EVTS"),
    `<node name="info" path="${path}0/info/">`,
    attr("sizeX", "int", sensor.width),
    attr("sizeY", "int", sensor.height),
    attr("source", "string", "saccade"),
    attr("tsOffset", "long", 0),
    "</node></node></node></dv>",
  ].join("\n");
}
