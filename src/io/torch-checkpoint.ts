/** PyTorch checkpoints (`.pth`, `.pt`): the zip format of 1.6 and later, and the one before it. */
import { FormatError, latin1, show } from "../core/index.ts";
import { ByteReader } from "./byte-reader.ts";
import { NUMPY_RULES, numpyAllowList } from "./numpy-pickle.ts";
import { PickleConverter, type PickleRules } from "./pickle-convert.ts";
import {
  ByteString,
  PersistentId,
  PickleGlobal,
  type PickleRecord,
  type PickleValue,
} from "./pickle-values.ts";
import { unpickle } from "./pickle.ts";
import {
  checkedSize,
  ITEM_BYTES,
  storedTensor,
  type StoredDtype,
  type StoredTensor,
} from "./stored-tensor.ts";
import { eachStrided } from "./strided.ts";
import { isZip, readZip } from "./zip.ts";

/** What a checkpoint holds: the weights by name, and everything else as plain values. */
export type TorchCheckpoint = {
  /** Tensors of the state dictionary, without a `module.` that all their names share. */
  readonly tensors: Map<string, StoredTensor>;
  /** The rest: fields beside the state dictionary, and values in it that are no tensors. */
  readonly rest: Map<unknown, unknown>;
};

/** Fields that a state dictionary is looked for in, in this order, where the checkpoint itself is none. */
const STATE_FIELDS = ["model", "state_dict", "model_state_dict", "module", "net", "network", "model_state"];

const STORAGES: Readonly<Record<string, StoredDtype>> = {
  "torch FloatStorage": "F32",
  "torch DoubleStorage": "F64",
  "torch HalfStorage": "F16",
  "torch BFloat16Storage": "BF16",
  "torch LongStorage": "I64",
  "torch IntStorage": "I32",
  "torch ShortStorage": "I16",
  "torch CharStorage": "I8",
  "torch ByteStorage": "U8",
  "torch BoolStorage": "BOOL",
};

const TORCH_RULES: PickleRules = {
  ...NUMPY_RULES,
  "torch._utils _rebuild_tensor_v2": tensor,
  "torch._utils _rebuild_tensor": tensor,
  "torch._utils _rebuild_parameter": ({ args }, converter) => converter.convert(args[0] ?? null),
  "torch Size": ({ args }, converter) => converter.convert(args[0] ?? []),
  "torch device": ({ args }, converter) => converter.text(args[0]),
  "collections defaultdict": ({ entries }, converter) => converter.convert(entries),
};

/** Globals that {@link readTorchCheckpoint} allows. */
export const torchAllowList: ReadonlySet<string> = new Set([
  ...numpyAllowList,
  ...Object.keys(TORCH_RULES),
  ...Object.keys(STORAGES),
  ..."float32 float64 float16 bfloat16 int64 int32 int16 int8 uint8 bool"
    .split(" ")
    .map((name) => `torch ${name}`),
  ..."dict list int float str tuple"
    .split(" ")
    .flatMap((name) => [`__builtin__ ${name}`, `builtins ${name}`]),
]);

/** Elements of one dtype that tensors are cut from. */
type Storage = { readonly dtype: StoredDtype; readonly bytes: Uint8Array };

/** Magic number of the format before 1.6, the first of the pickles that it consists of. */
const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;

/**
 * Reads a PyTorch checkpoint. Nothing in it is executed. Contiguous tensors are views into the file where alignment
 * permits.
 *
 * @param options - `file`: name for messages; `allow`: further globals, which become `{ callable, args, state }` in
 *   `rest`; `maxBytes`: bound of what tensors take that cannot be views, 2 GiB by default
 * @throws FormatError if the file is damaged, names a global that is not allowed, or holds no state dictionary
 */
export function readTorchCheckpoint(
  bytes: Uint8Array,
  options: { file?: string | undefined; allow?: Iterable<string>; maxBytes?: number } = {},
): TorchCheckpoint {
  const { file, allow = [], maxBytes } = options;
  const names = new Set([...torchAllowList, ...allow]);
  const { value, storage } = isZip(bytes) ? readZipped(bytes, names, file) : readLegacy(bytes, names, file);
  const known = new Map<string, Storage>();
  const root = new PickleConverter({
    rules: TORCH_RULES,
    maxBytes,
    resolve: ({ id }, converter) => {
      const { key, dtype, size } = referenceOf(id, (what) => converter.fail(what));
      const found = known.get(key) ?? { dtype, bytes: storage(key) };
      if (found.dtype !== dtype || found.bytes.byteLength < size * ITEM_BYTES[dtype]) {
        converter.fail(
          `expected storage ${key} to hold ${size} ${dtype} values, got ${found.bytes.byteLength} bytes`,
        );
      }
      known.set(key, found);
      return found;
    },
    file,
  }).convert(value);
  return splitCheckpoint(root, file);
}

/** A checkpoint's pickle, and how its storages are found. */
type Source = { readonly value: PickleValue; readonly storage: (key: string) => Uint8Array };

function readZipped(bytes: Uint8Array, allow: ReadonlySet<string>, file: string | undefined): Source {
  const entries = readZip(bytes, { file });
  const fail = (what: string): never => {
    throw new FormatError("pth", 0, what, file);
  };
  const path = [...entries.keys()].find((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (path === undefined) return fail("expected a member data.pkl, got none");
  const folder = path.slice(0, -"data.pkl".length);
  const order = entries.get(`${folder}byteorder`);
  if (order !== undefined && latin1(order.read()).trim() !== "little")
    fail("expected little-endian data, got another order");
  const { value } = unpickle(entries.get(path)!.read(), {
    allow,
    persistentIds: true,
    file: file === undefined ? path : `${file}/${path}`,
  });
  const storage = (key: string): Uint8Array =>
    (entries.get(`${folder}data/${key}`) ?? fail(`expected a member ${folder}data/${key}, got none`)).read();
  return { value, storage };
}

/** Five pickles (magic, protocol, machine, value, storage keys), then the storages, each after its length. */
function readLegacy(bytes: Uint8Array, allow: ReadonlySet<string>, file: string | undefined): Source {
  const reader = new ByteReader(bytes, "pth", { file });
  const next = (names: ReadonlySet<string>) => {
    const offset = reader.offset;
    const pickle = unpickle(bytes, { allow: names, persistentIds: names === allow, file, offset });
    reader.offset = pickle.end;
    return pickle;
  };
  const none = new Set<string>();
  if (next(none).value !== LEGACY_MAGIC) reader.fail("expected the magic number of a PyTorch checkpoint", 0);
  const protocol = next(none).value;
  if (protocol !== 1001) reader.fail(`expected protocol 1001, got ${String(protocol)}`);
  const machine = next(none).value;
  if (!(machine instanceof Map) || machine.get("little_endian") !== true) {
    reader.fail("expected data of a little-endian machine, got another one");
  }
  const { value, references } = next(allow);
  const fail = (what: string): never => reader.fail(what);
  const dtypes = new Map(
    references.map(({ id }) => referenceOf(id, fail)).map(({ key, dtype }) => [key, dtype]),
  );
  const keys = next(none).value;
  const storages = new Map<string, Uint8Array>();
  for (const key of Array.isArray(keys) ? keys : fail("expected a list of storage keys, got another value")) {
    const dtype =
      dtypes.get(textOf(key) ?? "") ?? fail("expected keys of storages that are used, got another one");
    storages.set(textOf(key)!, reader.take(reader.u64() * ITEM_BYTES[dtype]));
  }
  return { value, storage: (key) => storages.get(key) ?? fail(`expected a storage ${key}, got none`) };
}

/** The fields of a reference: `("storage", type, key, location, size)`, before 1.6 with a view, which must be None. */
function referenceOf(
  id: PickleValue,
  fail: (what: string) => never,
): { key: string; dtype: StoredDtype; size: number } {
  if (!Array.isArray(id) || id.length < 5 || textOf(id[0]) !== "storage" || (id[5] ?? null) !== null) {
    return fail("expected a reference to a storage, got another one");
  }
  const [, type, key, , size] = id;
  const dtype = type instanceof PickleGlobal ? STORAGES[type.name] : undefined;
  const name = textOf(key);
  if (dtype === undefined || name === undefined || typeof size !== "number" || !(size >= 0)) {
    return fail("expected a storage with a type, a key and a size, got another reference");
  }
  return { key: name, dtype, size };
}

function textOf(value: PickleValue | undefined): string | undefined {
  return value instanceof ByteString ? value.text : typeof value === "string" ? value : undefined;
}

/** `_rebuild_tensor_v2(storage, offset, shape, strides, …)`. */
function tensor({ args }: PickleRecord, converter: PickleConverter): StoredTensor {
  const [reference, start, shape, strides] = args;
  if (!(reference instanceof PersistentId))
    return converter.fail("expected a tensor with a storage, got another value");
  const storage = converter.convert(reference) as Storage;
  const [offset] = converter.integers([start ?? null]);
  return cutTensor(storage, offset!, converter.integers(shape), converter.integers(strides), converter);
}

/** A tensor from its storage; a view where its strides are those of row-major order, else a copy in that order. */
function cutTensor(
  { dtype, bytes }: Storage,
  offset: number,
  shape: readonly number[],
  strides: readonly number[],
  converter: PickleConverter,
): StoredTensor {
  const itemBytes = ITEM_BYTES[dtype];
  const available = bytes.byteLength / itemBytes;
  const size = checkedSize(shape);
  if (strides.length !== shape.length)
    converter.fail(`expected a stride for each axis of ${show(shape)}, got ${show(strides)}`);
  const reach = shape.reduce((last, axis, i) => last + (axis - 1) * strides[i]!, offset);
  // A size above the storage's would come of strides of 0: a small file could then ask for any amount of memory.
  if (size === undefined || size > available || (size > 0 && reach >= available)) {
    return converter.fail(
      `expected a tensor within ${available} stored values, got ${show(shape)} with strides ${show(strides)}`,
    );
  }
  if (size === 0) return storedTensor(dtype, shape, new Uint8Array(0));
  let step = 1;
  const rowMajor = shape.toReversed().every((axis, i) => {
    const fits = axis === 1 || strides.at(-1 - i) === step;
    step *= axis;
    return fits;
  });
  const view = bytes.subarray(offset * itemBytes, (offset + size) * itemBytes);
  if (!rowMajor || view.byteOffset % itemBytes !== 0) converter.spend(size * itemBytes);
  if (rowMajor) return storedTensor(dtype, shape, view);
  const copy = new Uint8Array(size * itemBytes);
  eachStrided(shape, strides, offset, (to, from) =>
    copy.set(bytes.subarray(from * itemBytes, (from + 1) * itemBytes), to * itemBytes),
  );
  return storedTensor(dtype, shape, copy);
}

function splitCheckpoint(root: unknown, file: string | undefined): TorchCheckpoint {
  const path = root instanceof Map ? pathToState(root) : undefined;
  if (path === undefined) {
    const got =
      root instanceof Map ? `the fields ${[...root.keys()].slice(0, 20).join(", ")}` : "another value";
    throw new FormatError("pth", 0, `expected a dictionary of tensors, got ${got}`, file);
  }
  const rest = new Map<unknown, unknown>();
  path.forEach((map, i) => {
    for (const [key, value] of map) if (value !== path[i + 1] && !isTensor(value)) rest.set(key, value);
  });
  const named = [...path.at(-1)!].flatMap(([name, value]) =>
    isTensor(value) ? [[String(name), value] as const] : [],
  );
  const shared = named.every(([name]) => name.startsWith("module."));
  return {
    tensors: new Map(named.map(([name, tensor]) => [shared ? name.slice("module.".length) : name, tensor])),
    rest,
  };
}

/** The dictionaries from a checkpoint down to the one that holds its tensors. */
function pathToState(map: Map<unknown, unknown>, depth = 0): Map<unknown, unknown>[] | undefined {
  for (const field of depth < 3 ? STATE_FIELDS : []) {
    const inner = map.get(field);
    const path = inner instanceof Map ? pathToState(inner, depth + 1) : undefined;
    if (path !== undefined) return [map, ...path];
  }
  return [...map.values()].some(isTensor) ? [map] : undefined;
}

function isTensor(value: unknown): value is StoredTensor {
  return typeof value === "object" && value !== null && "dtype" in value && "shape" in value;
}
