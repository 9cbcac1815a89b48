/** Motion capture files of every format that is read. */
import { FormatError, latin1 } from "../core/index.ts";
import { isZip, type NumpyArray, parseNpz } from "../io/index.ts";
import {
  bvhSkeleton,
  type CapturedMotion,
  parseAmc,
  parseAsf,
  parseBvh,
  parseDeepMimic,
  smplSequence,
} from "../simulate/index.ts";

/** Endings of the motion files that are read. */
export const MOTION_ENDINGS = ["bvh", "amc", "npz", "json"] as const;

type MotionFormat = (typeof MOTION_ENDINGS)[number];

/** Bytes of a file's beginning in which its format shows. */
const HEAD_BYTES = 1 << 16;
/** Bound of what an AMASS file may inflate to: about five hours. */
const MAX_INFLATED_BYTES = 1 << 30;
/** Names that AMASS's parts give to the rate. */
const RATES = ["mocap_framerate", "mocap_frame_rate"];

/**
 * Reads a motion: BVH, Acclaim AMC (with its ASF), AMASS `.npz` or DeepMimic JSON. The ending of the name decides, and
 * the content where the name has no known one. Nothing is unpickled.
 *
 * @param name - of the file, also for messages
 * @param options.skeleton - the bytes of the ASF file that an AMC needs
 * @throws FormatError with the place of the fault, as the parser of the format says
 */
export function parseMotion(
  bytes: Uint8Array,
  name: string,
  options: { readonly skeleton?: { readonly bytes: Uint8Array; readonly name: string } } = {},
): CapturedMotion {
  const { skeleton } = options;
  switch (motionFormat(bytes, name)) {
    case "bvh":
      return inFile(name, () => bvhSkeleton(parseBvh(bytes, name)));
    case "npz":
      return parseAmass(bytes, name);
    case "json":
      return parseDeepMimic(bytes, name);
    case "amc":
      if (skeleton === undefined) {
        throw new FormatError("amc", 0, "expected its skeleton (ASF) with it, got none", name);
      }
      return inFile(name, () => parseAmc(bytes, parseAsf(skeleton.bytes, skeleton.name), name));
  }
}

function motionFormat(bytes: Uint8Array, name: string): MotionFormat {
  const ending = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  const known = MOTION_ENDINGS.find((format) => format === ending);
  if (known !== undefined) return known;
  if (isZip(bytes)) return "npz";
  const head = latin1(bytes.subarray(0, HEAD_BYTES)).replace(/^ï»¿/, "").trimStart();
  if (head.startsWith("HIERARCHY")) return "bvh";
  if (head.startsWith("{")) return "json";
  if (/^:(fully-specified|degrees|radians)\s/im.test(head)) return "amc";
  const got = /^:bonedata\s/im.test(head) ? "a skeleton (ASF)" : JSON.stringify(head.slice(0, 20));
  throw new FormatError("motion", 0, `expected BVH, AMC, AMASS (npz) or DeepMimic (json), got ${got}`, name);
}

function parseAmass(bytes: Uint8Array, file: string): CapturedMotion {
  const arrays = parseNpz(bytes, {
    names: ["poses", "trans", ...RATES],
    file,
    maxBytes: MAX_INFLATED_BYTES,
  });
  const fail = (what: string): never => {
    throw new FormatError("amass", 0, what, file);
  };
  const numbers = (name: string, array: NumpyArray | undefined, axes: number) => {
    if (array === undefined || !ArrayBuffer.isView(array.data) || array.shape.length !== axes) {
      return fail(
        `expected ${name} of ${axes} axes, got ${array === undefined ? "none" : `[${array.shape.join(", ")}]`}`,
      );
    }
    return { shape: array.shape, data: array.data };
  };
  const poses = numbers("poses", arrays.get("poses"), 2);
  const trans = numbers("trans", arrays.get("trans"), 2);
  const rate = RATES.map((name) => arrays.get(name)).find((array) => array !== undefined);
  const hz =
    rate !== undefined && ArrayBuffer.isView(rate.data) && rate.data.length === 1 ? rate.data[0]! : NaN;
  if (trans.shape[1] !== 3) fail(`expected trans [F, 3], got [${trans.shape.join(", ")}]`);
  return smplSequence({ data: poses.data, width: poses.shape[1]! }, trans.data, hz, file);
}

/** Faults of a skeleton's bones name their file, too. */
function inFile<T>(file: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    throw error instanceof FormatError && error.file === undefined ? error.inFile(file) : error;
  }
}
