export {
  ArgumentError,
  CheckpointError,
  DisposedError,
  FormatError,
  ShapeError,
  UnsupportedError,
  WorkerError,
} from "./errors.ts";
export { exponential, naturalLog } from "./elementary.ts";
export { fromLatin1, latin1 } from "./latin1.ts";
export { hashName, isRandomState, mulberry32, Random, type RandomState } from "./random.ts";
export { dims, type Shape, show, sizeOf, stridesOf } from "./shape.ts";
