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
export { hashName, isRandomState, mulberry32, Random, type RandomState } from "./random.ts";
export { dims, type Shape, show, sizeOf, stridesOf } from "./shape.ts";
