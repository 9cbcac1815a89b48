/**
 * Acclaim skeleton files (ASF) and motions (AMC), as the CMU database publishes them. Every bone has a direction and a
 * length in the world of the rest pose, an `axis` that turns its local frame, and up to three degrees of freedom. With
 * C the rotation of the axis and M that of the frame's angles, a bone's world orientation is W = W_parent C M C⁻¹, and
 * it ends at begin + W · direction · length, where its children begin. Rotations listed first are applied first.
 */
import { axisRotation, identity3, multiply3, rotate3, transpose3, type Vec3 } from "../../body/index.ts";
import type { SkeletonMotion } from "./retarget.ts";
import { mapBones } from "./skeletons.ts";
import { Words } from "./words.ts";

/** Frames a second of the CMU database; AMC files do not say. */
const FRAME_RATE_HZ = 120;
const MAX_BONES = 1024;
const RADIANS = Math.PI / 180;

type Axis = "X" | "Y" | "Z";

type Bone = {
  readonly name: string;
  parent: number;
  /** From its beginning to its end, units of the file. */
  readonly way: Vec3;
  readonly axis: Float64Array;
  /** Axes of its angles, in the order of the file. */
  readonly turns: readonly Axis[];
};

/** An Acclaim skeleton; its first bone is the root. */
export type AcclaimSkeleton = {
  /** Parents come before their children. */
  readonly bones: readonly Readonly<Bone>[];
  /** What the numbers of the root mean, for example TX TY TZ RX RY RZ. */
  readonly rootOrder: readonly string[];
  /** Place of the root in the rest pose, added to that of the frame. */
  readonly position: Vec3;
};

/**
 * Reads a skeleton.
 *
 * @throws FormatError `asf` with the line for what is missing, unknown or out of range
 */
export function parseAsf(bytes: Uint8Array, file?: string): AcclaimSkeleton {
  const text = new Words(bytes, "asf", file);
  const bones = new Map<string, Bone>();
  const parents = new Map<string, string>();
  let root: { order: string[]; position: Vec3; axis: Float64Array } | undefined;
  let degrees = true;
  for (let word = text.word(); word !== ""; word = text.word()) {
    if (word.startsWith("#")) text.line();
    else if (word === ":units") degrees = readUnits(text);
    else if (word === ":root") root = readRoot(text, degrees);
    else if (word === ":bonedata") readBones(text, degrees, bones);
    else if (word === ":hierarchy") readHierarchy(text, bones, parents);
    else if (word.startsWith(":")) skipSection(text);
    else text.fail("a section such as :bonedata", JSON.stringify(word));
  }
  if (root === undefined) return text.fail(":root", "none");
  const pelvis: Bone = { name: "root", parent: -1, way: [0, 0, 0], axis: root.axis, turns: [] };
  const ordered = [pelvis];
  const place = new Map([["root", 0]]);
  // The hierarchy lists a parent before its children have any of their own.
  for (const [name, parent] of parents) {
    const at = place.get(parent);
    if (at === undefined) return text.fail(`a parent of ${name} that hangs from the root`, parent);
    place.set(name, ordered.length);
    ordered.push({ ...bones.get(name)!, parent: at });
  }
  return { bones: ordered, rootOrder: root.order, position: root.position };
}

/**
 * Reads a motion of a skeleton, at 120 frames a second.
 *
 * @throws FormatError `amc` with the line if a frame is not the next, or lacks a bone, or numbers do not fit the skeleton
 */
export function parseAmc(bytes: Uint8Array, skeleton: AcclaimSkeleton, file?: string): SkeletonMotion {
  const text = new Words(bytes, "amc", file);
  const { bones, rootOrder } = skeleton;
  const columns: number[] = [];
  let width = 0;
  bones.forEach(({ turns }, b) => {
    columns.push(width);
    width += b === 0 ? rootOrder.length : turns.length;
  });
  const index = new Map(bones.map(({ name }, b) => [name, b]));
  const moving = bones.filter(({ turns }, b) => b === 0 || turns.length > 0).length;
  let scale = RADIANS;
  let values = new Float64Array(width);
  let frames = 0;
  for (let word = text.word(); word !== ""; word = text.word()) {
    if (word.startsWith("#")) text.line();
    else if (/^:degrees$/i.test(word)) scale = RADIANS;
    else if (/^:radians$/i.test(word)) scale = 1;
    else if (word.startsWith(":")) text.line();
    else {
      if (word !== String(frames + 1)) text.fail(`frame ${frames + 1}`, JSON.stringify(word));
      if ((frames + 1) * width > values.length) values = doubled(values);
      const seen = new Set<number>();
      while (seen.size < moving) {
        const name = text.word();
        const b = index.get(name);
        const isMoving = b !== undefined && (b === 0 || bones[b]!.turns.length > 0);
        if (!isMoving || seen.has(b)) {
          return text.fail(`each bone of frame ${frames + 1} once`, name === "" ? "the end" : name);
        }
        seen.add(b);
        const count = b === 0 ? rootOrder.length : bones[b]!.turns.length;
        text.numbers(values, frames * width + columns[b]!, count, name);
      }
      frames++;
    }
  }
  if (frames === 0) text.fail("one frame or more", "none");
  const transforms = (frame: number) =>
    posed(skeleton, values.subarray(frame * width, (frame + 1) * width), columns, scale);
  const rest = posed(skeleton, new Float64Array(width), columns, scale).joints;
  const names = bones.map(({ name }) => name);
  return {
    format: "amc",
    frameRateHz: FRAME_RATE_HZ,
    frames,
    bones: mapBones(names, "asf"),
    rest,
    transforms,
  };
}

/** Where bones begin, and their world orientations. */
function posed(
  { bones, rootOrder, position }: AcclaimSkeleton,
  values: Float64Array,
  columns: readonly number[],
  scale: number,
) {
  const joints = new Float64Array(3 * bones.length);
  const rotations = new Float64Array(9 * bones.length);
  const place: [number, number, number] = [...position];
  bones.forEach(({ parent, axis, turns }, b) => {
    let turn = identity3();
    (b === 0 ? rootOrder : turns).forEach((channel, k) => {
      const value = values[columns[b]! + k]!;
      const letter = channel.at(-1) as Axis;
      if (channel.length === 2 && channel[0] === "T") place["XYZ".indexOf(letter)]! += value;
      else turn = multiply3(axisRotation(letter, value * scale), turn);
    });
    const local = multiply3(axis, multiply3(turn, transpose3(axis)));
    rotations.set(parent < 0 ? local : multiply3(rotations, local, 9 * parent), 9 * b);
    const way = parent < 0 ? place : rotate3(rotations, bones[parent]!.way, 9 * parent);
    for (let i = 0; i < 3; i++) joints[3 * b + i] = way[i]! + (parent < 0 ? 0 : joints[3 * parent + i]!);
  });
  return { joints, rotations };
}

function readUnits(text: Words): boolean {
  let degrees = true;
  while (!text.peek().startsWith(":") && text.peek() !== "") {
    const key = text.word();
    if (key !== "angle") text.line();
    else {
      const unit = text.word();
      if (!/^(deg|rad)/i.test(unit)) text.fail("deg or rad", JSON.stringify(unit));
      degrees = /^deg/i.test(unit);
    }
  }
  return degrees;
}

function readRoot(text: Words, degrees: boolean) {
  let order: string[] = [];
  let axes: Axis[] = ["X", "Y", "Z"];
  let position: Vec3 = [0, 0, 0];
  let angles: Vec3 = [0, 0, 0];
  while (!text.peek().startsWith(":") && text.peek() !== "") {
    const key = text.word();
    if (key === "order") order = channels(text, /^[TR][XYZ]$/, 6);
    else if (key === "axis") axes = readAxes(text);
    else if (key === "position") position = vector(text);
    else if (key === "orientation") angles = vector(text);
    else if (key.startsWith("#")) text.line();
    else text.fail("order, axis, position or orientation", JSON.stringify(key));
  }
  if (order.length === 0) text.fail("an order of the root", "none");
  return { order, position, axis: axisFrame(axes, angles, degrees) };
}

function readBones(text: Words, degrees: boolean, bones: Map<string, Bone>): void {
  while (text.peek() === "begin") {
    text.word();
    let name = "";
    let length = NaN;
    let direction: Vec3 | undefined;
    let axis = identity3();
    let turns: Axis[] = [];
    for (let key = text.word(); key !== "end"; key = text.word()) {
      if (key === "name") name = text.word();
      else if (key === "direction") direction = vector(text);
      else if (key === "length") length = text.number();
      else if (key === "axis") {
        const angles = vector(text);
        axis = axisFrame(readAxes(text), angles, degrees);
      } else if (key === "dof") {
        turns = channels(text, /^R[XYZ]$/, 3).map((channel) => channel[1] as Axis);
      } else if (key === "") text.fail("the end of the bone", "the end of the file");
      // Limits, masses and the like do not matter to the motion.
      else text.line();
    }
    if (name === "" || name === "root" || bones.has(name))
      text.fail("a bone with a new name", name || "none");
    if (direction === undefined || !(length >= 0)) {
      return text.fail(`direction and length of ${name}`, direction === undefined ? "none" : String(length));
    }
    if (bones.size === MAX_BONES) text.fail(`at most ${MAX_BONES} bones`, "more");
    const [x, y, z] = direction;
    const size = Math.hypot(x, y, z);
    if (!(size > 0)) text.fail(`a direction of ${name}`, "0 0 0");
    const way: Vec3 = [(x * length) / size, (y * length) / size, (z * length) / size];
    bones.set(name, { name, parent: 0, way, axis, turns });
  }
}

/** Fills `parents` by child, in the order of the file. */
function readHierarchy(text: Words, bones: ReadonlyMap<string, Bone>, parents: Map<string, string>): void {
  text.expect("begin");
  for (let parent = text.word(); parent !== "end"; parent = text.word()) {
    if (parent !== "root" && !bones.has(parent)) text.fail("a bone or end", parent || "the end of the file");
    for (const child of text.line().split(/\s+/)) {
      if (!bones.has(child)) text.fail(`children of ${parent}`, JSON.stringify(child));
      if (parents.has(child)) text.fail(`${child} once`, "twice");
      parents.set(child, parent);
    }
  }
}

function skipSection(text: Words): void {
  while (!text.peek().startsWith(":") && text.peek() !== "") text.word();
}

function vector(text: Words): Vec3 {
  return [text.number(), text.number(), text.number()];
}

/** The channels of a line in capitals, each of which fits and comes once. */
function channels(text: Words, pattern: RegExp, most: number): string[] {
  const found = text.line().toUpperCase().split(/\s+/);
  const fits = found.length <= most && found.every((channel) => pattern.test(channel));
  if (!fits || new Set(found).size < found.length) text.fail("channels such as rx ry rz", found.join(" "));
  return found;
}

function readAxes(text: Words): Axis[] {
  const word = text.word().toUpperCase();
  if (![..."XYZ"].every((axis) => word.includes(axis)) || word.length !== 3) {
    text.fail("axes such as XYZ", JSON.stringify(word));
  }
  return [...word] as Axis[];
}

/** The frame of a bone; its angles are about X, Y and Z, applied in the order of the axes. */
function axisFrame(axes: readonly Axis[], angles: Vec3, degrees: boolean): Float64Array {
  return axes.reduce(
    (frame, axis) =>
      multiply3(axisRotation(axis, angles["XYZ".indexOf(axis)]! * (degrees ? RADIANS : 1)), frame),
    identity3(),
  );
}

function doubled(values: Float64Array): Float64Array<ArrayBuffer> {
  const longer = new Float64Array(2 * values.length);
  longer.set(values);
  return longer;
}
