/**
 * Shards: some clips in one file of safetensors, whose columns can be used in place by anything that reads the format.
 * Tensor names are `<clip>.<column>` with the clip's number in four digits; what is not a column is JSON in the
 * metadata under `saccade.shard`. `docs/generate.md` lists the columns.
 */
import { INTRINSICS, type Intrinsics, JOINTS, SHAPE_COEFFICIENTS } from "../body/index.ts";
import { FormatError, show } from "../core/index.ts";
import type { Events } from "../events/index.ts";
import { encodeSafetensors, parseSafetensors, type StoredData, type StoredTensor } from "../io/index.ts";
import type { LabelledClip } from "./labelled-clip.ts";
import { checkPartMasks, type PartMasks } from "./part-masks.ts";

const HEADER = "saccade.shard";
const VERSION = 1;
const MAX_SIDE = 16_384;

type ClipHeader = {
  readonly name: string;
  readonly motion: string;
  readonly action?: string;
  readonly preset: string;
  readonly sensor: { readonly width: number; readonly height: number };
  readonly durationUs: number;
  readonly camera?: Intrinsics;
};

/** The bytes of a shard. Equal clips give equal bytes. */
export function encodeShard(clips: readonly LabelledClip[]): Uint8Array {
  const tensors = new Map<string, StoredTensor>();
  const headers = clips.map((clip, c): ClipHeader => {
    const put = (name: string, tensor: StoredTensor) => tensors.set(`${prefix(c)}.${name}`, tensor);
    const i32 = (name: string, data: Int32Array) => put(name, { dtype: "I32", shape: [data.length], data });
    const u8 = (name: string, data: Uint8Array) => put(name, { dtype: "U8", shape: [data.length], data });
    const f32 = (name: string, data: Float32Array | undefined, shape: readonly number[]) =>
      data && put(name, { dtype: "F32", shape, data });
    const { events, masks, camera } = clip;
    const count = events.t.length;
    i32("events.t", Int32Array.from(events.t));
    put("events.x", { dtype: "I16", shape: [count], data: Int16Array.from(events.x) });
    put("events.y", { dtype: "I16", shape: [count], data: Int16Array.from(events.y) });
    u8("events.on", events.on);
    const frames = clip.times.length;
    i32("times", clip.times);
    for (const [name, shape] of Object.entries(poseShapes(frames))) {
      f32(name, clip[name as keyof ReturnType<typeof poseShapes>], shape);
    }
    f32("camera.rotation", camera?.rotation, [frames, 3, 3]);
    f32("camera.translation", camera?.translation, [frames, 3]);
    if (masks !== undefined) {
      i32("masks.times", masks.times);
      i32("masks.starts", masks.starts);
      i32("masks.runs", masks.runs);
      u8("masks.parts", masks.parts);
    }
    return {
      name: clip.name,
      motion: clip.motion,
      ...(clip.action !== undefined && { action: clip.action }),
      preset: clip.preset,
      sensor: { width: clip.sensor.width, height: clip.sensor.height },
      durationUs: clip.durationUs,
      ...(camera && { camera: camera.intrinsics }),
    };
  });
  return encodeSafetensors(tensors, { [HEADER]: JSON.stringify({ version: VERSION, clips: headers }) });
}

/**
 * Reads a shard.
 *
 * @param file - its name, for messages
 * @throws FormatError (`safetensors` or `shard`) if the file is damaged, a column is missing, of another type or length,
 *   a number out of its range, or time runs backwards
 */
export function parseShard(bytes: Uint8Array, file?: string): LabelledClip[] {
  const fail = (what: string): never => {
    throw new FormatError("shard", 0, what, file);
  };
  const { tensors, metadata } = parseSafetensors(bytes, file);
  const headers = readHeaders(metadata[HEADER], fail);
  let used = 0;
  const clips = headers.map((header, c): LabelledClip => {
    const where = prefix(c);
    const column = <D extends "I32" | "I16" | "U8" | "F32">(
      name: string,
      dtype: D,
      shape?: readonly number[],
    ) => {
      const tensor = tensors.get(`${where}.${name}`);
      if (tensor === undefined) return undefined;
      const fits = shape === undefined ? tensor.shape.length === 1 : show(tensor.shape) === show(shape);
      if (tensor.dtype !== dtype || !fits) {
        return fail(
          `expected ${where}.${name} ${dtype} ${shape ? show(shape) : "of one axis"}, got ${tensor.dtype} ${show(tensor.shape)}`,
        );
      }
      used++;
      return tensor.data as StoredData[D];
    };
    const needed: Needed = (name, dtype, shape) =>
      column(name, dtype, shape) ?? fail(`expected a column ${where}.${name}, got none`);
    const numbers = (name: string, shape: readonly number[]) => {
      const data = column(name, "F32", shape);
      // Joints behind the camera have no place in the picture.
      const odd = name === "joints2d" ? -1 : (data?.findIndex((x) => !Number.isFinite(x)) ?? -1);
      return odd < 0 ? data : fail(`expected finite ${where}.${name}, got ${data![odd]} at ${odd}`);
    };
    const times = needed("times", "I32");
    const rotation = numbers("camera.rotation", [times.length, 3, 3]);
    const place = numbers("camera.translation", [times.length, 3]);
    const { camera: intrinsics } = header;
    const hasCamera = rotation !== undefined;
    if (hasCamera !== (place !== undefined) || hasCamera !== (intrinsics !== undefined)) {
      fail(`expected a whole camera of ${where} or none, got a part`);
    }
    checkTimes(times, header.durationUs, (what) => fail(`expected ${where}.times ${what}`));
    const labels = Object.fromEntries(
      Object.entries(poseShapes(times.length)).map(([name, shape]) => [name, numbers(name, shape)]),
    ) as Record<keyof ReturnType<typeof poseShapes>, Float32Array | undefined>;
    return {
      name: header.name,
      motion: header.motion,
      action: header.action,
      preset: header.preset,
      sensor: header.sensor,
      durationUs: header.durationUs,
      events: readEvents(header, needed, (what) => fail(`${where}: ${what}`)),
      times,
      ...labels,
      camera: hasCamera ? { intrinsics: intrinsics!, rotation, translation: place! } : undefined,
      masks: tensors.has(`${where}.masks.times`)
        ? readMasks(header, needed, (what) => fail(`${where}: ${what}`))
        : undefined,
    };
  });
  if (used !== tensors.size) fail(`expected ${used} columns of ${clips.length} clips, got ${tensors.size}`);
  return clips;
}

type Needed = <D extends "I32" | "I16" | "U8">(
  name: string,
  dtype: D,
  shape?: readonly number[],
) => StoredData[D];

function readEvents(
  { sensor, durationUs }: ClipHeader,
  needed: Needed,
  fail: (what: string) => never,
): Events {
  const t = needed("events.t", "I32");
  const shape = [t.length];
  const x = needed("events.x", "I16", shape);
  const y = needed("events.y", "I16", shape);
  const on = needed("events.on", "U8", shape);
  checkTimes(t, durationUs, (what) => fail(`expected events.t ${what}`), true);
  for (let i = 0; i < t.length; i++) {
    const isInside = x[i]! >= 0 && x[i]! < sensor.width && y[i]! >= 0 && y[i]! < sensor.height;
    if (!isInside || on[i]! > 1)
      fail(`expected events within the sensor, got (${x[i]}, ${y[i]}, ${on[i]}) at ${i}`);
  }
  return { t: Float64Array.from(t), x: Uint16Array.from(x), y: Uint16Array.from(y), on: on.slice() };
}

function readMasks(
  { sensor, durationUs }: ClipHeader,
  needed: Needed,
  fail: (what: string) => never,
): PartMasks {
  const masks = {
    width: sensor.width,
    height: sensor.height,
    times: needed("masks.times", "I32"),
    starts: needed("masks.starts", "I32"),
    parts: needed("masks.parts", "U8"),
    runs: needed("masks.runs", "I32"),
  };
  checkTimes(masks.times, durationUs, (what) => fail(`expected masks.times ${what}`));
  checkPartMasks(masks, JOINTS, fail);
  return masks;
}

/** Shapes of the columns that hold a body over F labels. */
function poseShapes(frames: number) {
  return {
    pose: [frames, JOINTS, 3],
    shape: [SHAPE_COEFFICIENTS],
    translation: [frames, 3],
    joints3d: [frames, JOINTS, 3],
    joints2d: [frames, JOINTS, 2],
  };
}

/** Times lie within the clip and increase, or at least do not fall back. */
function checkTimes(
  times: Int32Array,
  durationUs: number,
  fail: (what: string) => never,
  ties = false,
): void {
  let last = -1;
  for (let i = 0; i < times.length; i++) {
    const t = times[i]!;
    if (!(t >= 0 && t <= durationUs && (ties ? t >= last : t > last))) {
      fail(`that increase within 0…${durationUs}, got ${t} at ${i}`);
    }
    last = t;
  }
}

function prefix(clip: number): string {
  return String(clip).padStart(4, "0");
}

function readHeaders(text: string | undefined, fail: (what: string) => never): ClipHeader[] {
  let header: unknown;
  try {
    header = JSON.parse(text ?? "null");
  } catch {
    return fail(`expected JSON in ${HEADER}, got something else`);
  }
  const { version, clips } = (header ?? {}) as { version?: unknown; clips?: unknown };
  if (version !== VERSION) return fail(`expected a shard of version ${VERSION}, got ${String(version)}`);
  if (!Array.isArray(clips) || clips.length === 0) return fail("expected a list of clips, got none");
  return clips.map((value: unknown, c) => {
    const clip = (value ?? {}) as ClipHeader;
    const texts = [clip.name, clip.motion, clip.preset, clip.action ?? ""];
    const sides = [clip.sensor?.width, clip.sensor?.height];
    const length = clip.durationUs;
    if (!texts.every((name) => typeof name === "string")) fail(`expected names of clip ${c}, got others`);
    if (!sides.every((side) => Number.isInteger(side) && side! >= 1 && side! <= MAX_SIDE)) {
      fail(`expected a sensor of clip ${c} of 1…${MAX_SIDE} pixels a side, got ${sides.join("×")}`);
    }
    if (!(Number.isInteger(length) && length > 0 && length < 2 ** 31)) {
      fail(`expected a length of clip ${c} below 2³¹ µs, got ${length}`);
    }
    if (clip.camera !== undefined && !INTRINSICS.every((key) => Number.isFinite(clip.camera?.[key]))) {
      fail(`expected a camera of clip ${c} of finite numbers, got others`);
    }
    return clip;
  });
}
