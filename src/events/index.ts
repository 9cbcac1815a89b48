export type { Events, EventStream, SensorSize } from "./columns.ts";
export { blobFile, type ByteFile, memoryFile } from "./byte-file.ts";
export { type Fault, FAULTS_KEPT, type FaultReport, type ReadMode } from "./faults.ts";
export { crop, cut, indexAtTime, limit, type Region } from "./filter.ts";
export { type Aedat4Options, encodeAedat4 } from "./formats/aedat4/encode.ts";
export { encodeDat } from "./formats/dat/encode.ts";
export { encodeEventStream } from "./formats/event-stream/encode.ts";
export { type GenericEvent, readGenericEvents } from "./formats/event-stream/generic.ts";
export { encodeEvt2 } from "./formats/evt2/encode.ts";
export { encodeEvt21 } from "./formats/evt21/encode.ts";
export { encodeEvt3 } from "./formats/evt3/encode.ts";
export { encodeHdf5 } from "./formats/hdf5/encode.ts";
export type { TableLayout, TimeUnit } from "./formats/table/layout.ts";
export { emptyEvents, joinEvents, LastEvents, sliceEvents } from "./join.ts";
export { isLiveAddress, type LiveAddress, parseLiveAddress } from "./live/address.ts";
export { type DatagramFormat, datagramFormats } from "./live/datagram.ts";
export { type DropPolicy, dropPolicies, type Drops } from "./live/queue.ts";
export { type LiveBytes, type LiveOptions, type LiveRecording, openLiveBytes } from "./live/recording.ts";
export { openWebSocket } from "./live/websocket.ts";
export { formatNames, openEvents } from "./open.ts";
export {
  type Fit,
  placement,
  type Placement,
  type PlacementOptions,
  pointPlacement,
  type PointPlacement,
} from "./placement.ts";
export type { OpenOptions, ReaderOptions, Recording } from "./recording.ts";
export { BinaRep, type BinaRepOptions, toBinaRep } from "./representations/bina-rep.ts";
export {
  type BinaryGridOptions,
  BinaryVoxelGrid,
  binaryVoxelGrid,
  mergeFrames,
} from "./representations/binary.ts";
export { countFrames, CountGrid } from "./representations/counts.ts";
export {
  EventImage,
  FrameBuilder,
  type FrameBuilderOptions,
  type FrameOptions,
  type Grid,
  toFrame,
  toImage,
} from "./representations/frames.ts";
export type { GridOptions, GridShape } from "./representations/grid.ts";
export { type Slice, type SliceOptions, slices } from "./representations/slices.ts";
export {
  type HistogramOptions,
  stackBins,
  StackedHistogram,
  stackedHistogram,
  type StackOptions,
} from "./representations/stacks.ts";
export { TimeSurface, type TimeSurfaceOptions, toTimesurface } from "./representations/time-surface.ts";
export { type ToreOptions, ToreVolume, toreVolume } from "./representations/tore.ts";
export {
  type BilinearGridOptions,
  BilinearVoxelGrid,
  bilinearVoxelGrid,
  type BinLayout,
  normalizeNonZero,
  toVoxelGrid,
} from "./representations/voxels.ts";
export type { Frame, ImuSample, Trigger } from "./samples.ts";
export { type ByteInput, ByteSource, MAX_SPOOL_BYTES } from "./source.ts";
export {
  dropChunk,
  dropEvent,
  dropEventByArea,
  dropEventByTime,
  eventDrop,
  randomDropPixel,
} from "./transforms/drops.ts";
export type { TransformFunction } from "./transforms/define.ts";
export { eventDownsampling } from "./transforms/event-downsampling.ts";
export { flipLR, flipPolarity, flipUD, mergePolarities } from "./transforms/flips.ts";
export { centerCrop, downsample, randomCrop, rotate } from "./transforms/geometry.ts";
export { transforms } from "./transforms/index.ts";
export { spatialJitter, timeJitter } from "./transforms/jitter.ts";
export { cutMix, eventMix, type MixedEvents, type MixOptions } from "./transforms/mixes.ts";
export { backgroundActivityFilter, denoise, hotPixelFilter } from "./transforms/noise-filters.ts";
export { backgroundNoise, uniformNoise } from "./transforms/noise.ts";
export { optionFromText, type OptionsOf } from "./transforms/options.ts";
export { decimate, refractoryPeriod } from "./transforms/thinning.ts";
export { timeAlignment, timeReversal, timeSkew, timeWarp } from "./transforms/times.ts";
export type {
  BooleanOption,
  ChoiceOption,
  EventBatch,
  NumberOption,
  OptionSpecs,
  OptionValues,
  Transform,
  TransformOption,
} from "./transforms/transform.ts";
export { undistort } from "./transforms/undistort.ts";
export {
  assemble,
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
