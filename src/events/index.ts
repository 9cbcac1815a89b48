export type { Events, EventStream, SensorSize } from "./columns.ts";
export { type Fault, FAULTS_KEPT, type FaultReport, type ReadMode } from "./faults.ts";
export { crop, cut, indexAtTime, type Region } from "./filter.ts";
export { encodeAedat4 } from "./formats/aedat4/encode.ts";
export { encodeEvt3 } from "./formats/evt3/encode.ts";
export { emptyEvents, joinEvents, LastEvents, sliceEvents } from "./join.ts";
export { openEvents } from "./open.ts";
export { type Fit, placement, type Placement, type PlacementOptions } from "./placement.ts";
export type { OpenOptions, Recording } from "./recording.ts";
export { type ByteInput, ByteSource } from "./source.ts";
export {
  bilinearVoxelGrid,
  BinaryVoxelGrid,
  countFrames,
  CountGrid,
  type GridOptions,
  type GridShape,
  stackedHistogram,
  type StackOptions,
} from "./voxel.ts";
export { type EventWindow, type WindowOptions, windows } from "./windows.ts";
