/** Clips of a moving person as a model sees them: one bit a voxel, with the pose at the edge of every bin. */
import { axisAngleToMatrix, INTRINSICS, type Intrinsics, JOINTS, SHAPE_COEFFICIENTS } from "../body/index.ts";
import { FormatError, show } from "../core/index.ts";
import { pointPlacement } from "../events/index.ts";
import { encodeSafetensors, parseSafetensors, type StoredTensor } from "../io/index.ts";

/** A short recording of one person, binned finely enough to be windowed at many speeds. */
export type PoseClip = {
  readonly name: string;
  /** Length, `bins · binUs / 10⁶` seconds. */
  readonly seconds: number;
  /** Length of a bin, microseconds. */
  readonly binUs: number;
  readonly bins: number;
  /** Side of the square grid in voxels, a multiple of 8. */
  readonly size: number;
  /** Voxels that saw events, one bit each, the leftmost in the highest bit: `[bins, 2 (off, on), size, size / 8]`. */
  readonly frames: Uint8Array;
  /** Axis-angle rotations in camera coordinates at the edges of the bins, `[bins + 1, 24, 3]`, radians. */
  readonly pose: Float32Array;
  /** Position of the pelvis in camera coordinates, `[bins + 1, 3]`, metres. */
  readonly translation: Float32Array;
  /** Shape coefficients of the built-in body, `[10]`. */
  readonly shape: Float32Array;
  /** The camera in whose coordinates the body is given; pixels are those of the grid. */
  readonly camera: Intrinsics;
};

/** One body in camera coordinates: rotations `[24, 3, 3]` relative to the parent and the pelvis `[3]`, metres. */
export type CameraBody = { readonly rotations: Float64Array; readonly translation: Float64Array };

/** The body at the edge before a bin, or after the last. */
export function bodyAt({ pose, translation }: PoseClip, edge: number): CameraBody {
  const from = 3 * JOINTS * edge;
  return {
    rotations: axisAngleToMatrix(pose.subarray(from, from + 3 * JOINTS)),
    translation: Float64Array.from(translation.subarray(3 * edge, 3 * edge + 3)),
  };
}

/** The camera of a sensor in pixels of a square grid that contains the sensor: see `Fit`. */
export function gridCamera({ width, height, fx, fy, cx, cy }: Intrinsics, size: number): Intrinsics {
  const grid = { width: size, height: size };
  const scale = size / Math.max(width, height);
  const [u, v] = pointPlacement({ sensor: { width, height }, size: grid, fit: "contain" }).toGrid(cx, cy);
  return { ...grid, fx: fx * scale, fy: fy * scale, cx: u, cy: v };
}

/** Packs zeros and ones, eight to a byte, the first in the highest bit. */
export function packBits(values: Float32Array, into: Uint8Array, at: number): void {
  for (let byte = 0; byte < values.length / 8; byte++) {
    let bits = 0;
    for (let bit = 0; bit < 8; bit++) bits = 2 * bits + values[8 * byte + bit]!;
    into[at + byte] = bits;
  }
}

const HEADER = "saccade.pose_clip";

/** The bytes of a clip: safetensors with the tensors of {@link PoseClip} and the rest as JSON in its metadata. */
export function encodePoseClip(clip: PoseClip): Uint8Array {
  const { name, binUs, camera, frames, pose, translation, shape } = clip;
  const shapes = shapesOf(clip.bins, clip.size);
  const tensors = new Map<string, StoredTensor>([
    ["frames", { dtype: "U8", shape: shapes.frames, data: frames }],
    ["pose", { dtype: "F32", shape: shapes.pose, data: pose }],
    ["translation", { dtype: "F32", shape: shapes.translation, data: translation }],
    ["shape", { dtype: "F32", shape: shapes.shape, data: shape }],
  ]);
  const intrinsics = Object.fromEntries(INTRINSICS.map((key) => [key, camera[key]]));
  return encodeSafetensors(tensors, { [HEADER]: JSON.stringify({ name, binUs, camera: intrinsics }) });
}

/**
 * Reads a clip.
 *
 * @param file - its name, for messages
 * @throws FormatError (`safetensors` or `pose-clip`) if the file is damaged, is no clip, has a tensor of another shape
 *   or a number that is not finite
 */
export function parsePoseClip(bytes: Uint8Array, file?: string): PoseClip {
  const fail = (expected: string, got: unknown): never => {
    const shown = (JSON.stringify(got) ?? "nothing").slice(0, 60);
    throw new FormatError("pose-clip", 0, `expected ${expected}, got ${shown}`, file);
  };
  const { tensors, metadata } = parseSafetensors(bytes, file);
  const { name, binUs, camera } = readHeader(metadata[HEADER], fail);
  const [bins = 0, , size = 0] = tensors.get("frames")?.shape ?? [];
  if (bins < 1 || size < 8 || size % 8 !== 0) fail("frames [bins, 2, size, size / 8]", [bins, size]);
  const shapes = shapesOf(bins, size);
  if (tensors.size !== 4) fail("four tensors", [...tensors.keys()]);
  const read = <D extends "U8" | "F32">(key: keyof typeof shapes, dtype: D) => {
    const tensor = tensors.get(key);
    const want = shapes[key];
    if (tensor?.dtype !== dtype || show(tensor.shape) !== show(want)) {
      return fail(`${key} ${dtype} ${show(want)}`, tensor && [tensor.dtype, tensor.shape]);
    }
    return tensor.data as Extract<StoredTensor, { dtype: D }>["data"];
  };
  const [pose, translation, shape] = [
    read("pose", "F32"),
    read("translation", "F32"),
    read("shape", "F32"),
  ] as const;
  for (const values of [pose, translation, shape]) {
    if (!values.every(Number.isFinite))
      fail(
        "finite numbers",
        values.find((x) => !Number.isFinite(x)),
      );
  }
  if (camera.width !== size || camera.height !== size) fail(`a camera of ${size}×${size} pixels`, camera);
  const seconds = (bins * binUs) / 1e6;
  return {
    name,
    seconds,
    binUs,
    bins,
    size,
    frames: read("frames", "U8"),
    pose,
    translation,
    shape,
    camera,
  };
}

function shapesOf(bins: number, size: number) {
  return {
    frames: [bins, 2, size, size / 8],
    pose: [bins + 1, JOINTS, 3],
    translation: [bins + 1, 3],
    shape: [SHAPE_COEFFICIENTS],
  };
}

function readHeader(
  text: string | undefined,
  fail: (expected: string, got: unknown) => never,
): Pick<PoseClip, "name" | "binUs" | "camera"> {
  let header: unknown;
  try {
    header = JSON.parse(text ?? "null");
  } catch {
    return fail(`JSON in ${HEADER}`, text);
  }
  const { name, binUs, camera } = (header ?? {}) as Partial<Record<string, unknown>>;
  if (typeof name !== "string") return fail(`a name in ${HEADER}`, header);
  if (!(typeof binUs === "number" && Number.isSafeInteger(binUs) && binUs > 0)) {
    return fail("a positive integer binUs", binUs);
  }
  const numbers = (camera ?? {}) as Intrinsics;
  const { width, height, fx, fy, cx, cy } = numbers;
  if (!(INTRINSICS.every((key) => Number.isFinite(numbers[key])) && fx > 0 && fy > 0)) {
    return fail("a camera of finite numbers", camera);
  }
  return { name, binUs, camera: { width, height, fx, fy, cx, cy } };
}
