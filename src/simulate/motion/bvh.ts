/**
 * Biovision Hierarchy files: a skeleton and its motion as text. HIERARCHY nests ROOT, JOINT and End Site with an
 * OFFSET from the parent and CHANNELS in any order; MOTION gives Frames, Frame Time and one line of numbers a frame.
 * Angles are in degrees, lengths in units of the file. One ROOT is read.
 */
import type { Vec3 } from "../../body/index.ts";
import { Words } from "./words.ts";

/** What one number of a frame means. */
export type BvhChannel = "Xposition" | "Yposition" | "Zposition" | "Xrotation" | "Yrotation" | "Zrotation";

/** A joint of a BVH skeleton. */
export type BvhJoint = {
  readonly name: string;
  /** Index of the parent, −1 for the root; parents come first. */
  readonly parent: number;
  /** Rest position relative to the parent, units of the file. */
  readonly offset: Vec3;
  /** Channels in the order of the file; rotations multiply from left to right: R = R_first R_second R_third. */
  readonly channels: readonly BvhChannel[];
  /** Column of the first channel in a frame. */
  readonly column: number;
  /** End Site of a leaf, relative to the joint. */
  readonly endSite?: Vec3;
};

/** A whole BVH file. */
export type BvhDocument = {
  readonly joints: readonly BvhJoint[];
  readonly frameTimeSeconds: number;
  /** Number of frames F. */
  readonly frames: number;
  /** Numbers of the frames, `[F, columns]`, as in the file. */
  readonly values: Float64Array;
  /** Numbers a frame. */
  readonly columns: number;
};

const CHANNEL = /^[XYZ](position|rotation)$/;

/**
 * Reads a BVH file. Names are UTF-8.
 *
 * @param source - the bytes, or the text
 * @param file - name for messages
 * @throws FormatError `bvh` for anything that is not BVH: unknown keywords, no frames, a line with too few or too many
 *   numbers, numbers that are not finite, more frames than the file can hold
 */
export function parseBvh(source: Uint8Array | string, file?: string): BvhDocument {
  const bytes = typeof source === "string" ? new TextEncoder().encode(source) : source;
  const text = new Words(bytes, "bvh", file);
  text.expect("HIERARCHY");
  const joints = readHierarchy(text);
  const last = joints.at(-1)!;
  const columns = last.column + last.channels.length;
  if (columns === 0) text.fail("channels", "none in the whole skeleton");
  text.expect("Frames:");
  const frames = text.number();
  if (!Number.isInteger(frames) || frames < 1) text.fail("one frame or more", String(frames));
  // A number takes at least a digit and a separator.
  const most = Math.floor((text.remaining() + 1) / 2 / columns);
  if (frames > most)
    text.fail(`at most ${most} frames of ${columns} numbers in what remains`, String(frames));
  text.expect("Frame");
  text.expect("Time:");
  const frameTimeSeconds = text.number();
  if (!(frameTimeSeconds >= 1e-6 && frameTimeSeconds <= 3600)) {
    text.fail("a frame time of 1e-6 to 3600 s", String(frameTimeSeconds));
  }
  const values = new Float64Array(frames * columns);
  for (let frame = 0; frame < frames; frame++)
    text.numbers(values, frame * columns, columns, `frame ${frame}`);
  if (!text.done()) text.fail(`the end after ${frames} frames`, JSON.stringify(text.word()));
  return { joints, frameTimeSeconds, frames, values, columns };
}

/** The joints, in the order of the file, from ROOT to the word MOTION. */
function readHierarchy(text: Words): BvhJoint[] {
  const joints: { -readonly [K in keyof BvhJoint]: BvhJoint[K] }[] = [];
  const open: number[] = [];
  const vector = (): Vec3 => {
    text.expect("OFFSET");
    return [text.number(), text.number(), text.number()];
  };
  let column = 0;
  for (;;) {
    const word = text.word();
    if (word === (joints.length === 0 ? "ROOT" : "JOINT") && (joints.length === 0 || open.length > 0)) {
      const name = text.rest();
      text.expect("{");
      const offset = vector();
      text.expect("CHANNELS");
      const count = text.number();
      if (!Number.isInteger(count) || count < 0 || count > 6) text.fail("0 to 6 channels", String(count));
      const channels: BvhChannel[] = [];
      for (let i = 0; i < count; i++) {
        const channel = text.word();
        if (!CHANNEL.test(channel) || channels.includes(channel as BvhChannel)) {
          text.fail("channels such as Xrotation, each once", JSON.stringify(channel));
        }
        channels.push(channel as BvhChannel);
      }
      joints.push({ name, parent: open.at(-1) ?? -1, offset, channels, column });
      column += count;
      open.push(joints.length - 1);
    } else if (word === "End" && open.length > 0) {
      text.expect("Site");
      text.expect("{");
      joints[open.at(-1)!]!.endSite = vector();
      text.expect("}");
    } else if (word === "}" && open.length > 0) {
      open.pop();
    } else if (word === "MOTION" && joints.length > 0 && open.length === 0) {
      return joints;
    } else {
      text.fail(
        joints.length === 0 ? "ROOT" : open.length > 0 ? "JOINT, End Site or }" : "MOTION",
        JSON.stringify(word),
      );
    }
  }
}
