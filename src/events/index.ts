export type { Events, EventStream, SensorSize } from "./columns.ts";
export { blobFile, type ByteFile, memoryFile } from "./byte-file.ts";
export { type Fault, FAULTS_KEPT, type FaultReport, type ReadMode } from "./faults.ts";
export { crop, cut, indexAtTime, limit, type Region } from "./filter.ts";
export { encodeAedat4 } from "./formats/aedat4/encode.ts";
export { encodeEvt3 } from "./formats/evt3/encode.ts";
export { emptyEvents, joinEvents, LastEvents, sliceEvents } from "./join.ts";
export { formatNames, openEvents } from "./open.ts";
export { type Fit, placement, type Placement, type PlacementOptions } from "./placement.ts";
export type { OpenOptions, ReaderOptions, Recording } from "./recording.ts";
export type { Frame, ImuSample, Trigger } from "./samples.ts";
export { type ByteInput, ByteSource, MAX_SPOOL_BYTES } from "./source.ts";
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
export {
  encodeEvents,
  type EncodeOptions,
  type FilePiece,
  type Patch,
  writeEndingOf,
  type WriteFormat,
  writeFormatOf,
  writeFormats,
} from "./write.ts";
export { type EventWindow, type WindowOptions, windows } from "./windows.ts";
