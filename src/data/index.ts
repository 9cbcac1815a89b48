export { type Augmentation, changePixels, drawChange, type PictureChange, UNCHANGED } from "./augment.ts";
export {
  evaluationBatches,
  type EvaluationOptions,
  type PoseBatch,
  PoseBatches,
  type PoseBatchesOptions,
  type PoseBatchesState,
  type PoseTimes,
} from "./batches.ts";
export { toTensor } from "./event-tensor.ts";
export { type BatchSource, type BatchState, restoreRandom, ShuffledBatches } from "./batch-source.ts";
export type { ClassificationBatch } from "./classification-batch.ts";
export {
  type EventInput,
  type ImageInput,
  type InputDescription,
  modelInput,
  type Prepared,
  preparedEvents,
  preparedImage,
  type VideoInput,
} from "./input-description.ts";
export { inputMetadata, type LabelledInput, parseInputMetadata } from "./input-metadata.ts";
export {
  type ClassificationConfig,
  classificationDataSchema,
  imageAugmentSchema,
  type LabelledConfig,
  labelledDataSchema,
  type MaskAugmentation,
  maskAugmentSchema,
  parseLabelledData,
  type SegmentationConfig,
  segmentationDataSchema,
} from "./labelled-config.ts";
export type { LabelledData, LabelledOptions } from "./labelled-data.ts";
export { type SegmentationBatch, segmentationData, type SegmentationOptions } from "./segmentation.ts";
export {
  type HeatmapBatch,
  type HeatmapBatchOptions,
  HeatmapBatches,
  type HeatmapBatchesState,
  heatmapEvaluationBatches,
} from "./heatmap-batches.ts";
export {
  type ClipWindowOptions,
  clipWindows,
  HEATMAP_JOINTS,
  type HeatmapWindow,
  jointWindows,
} from "./heatmap-windows.ts";
export { type ClipSubject, generatePoseClip, type RecordingOptions } from "./generate.ts";
export { type MeanPose, meanPose } from "./mean-pose.ts";
export {
  bvhSources,
  type ClipPlan,
  generatePlanned,
  type MotionSource,
  planClips,
  proceduralSources,
} from "./plan.ts";
export { encodePoseClip, parsePoseClip, type PoseClip } from "./pose-clip.ts";
export {
  type Dataset,
  datasetOf,
  type EventSample,
  type ImageSample,
  joined,
  mapDataset,
  type MaskSample,
  type Named,
  randomSplit,
  shuffledOrder,
  stratifiedSplit,
  subset,
  type VideoSample,
} from "./dataset.ts";
export { type DatasetName, datasets } from "./datasets/index.ts";
export type { DatasetKind } from "./datasets/kind.ts";
export { VOID_LABEL } from "./datasets/masks.ts";
export type { JointWindowOptions, JointWindowSample } from "./datasets/joint-windows.ts";
export type { PoseWindowOptions, PoseWindowSample } from "./datasets/smpl-frames.ts";
export { browserFolder, type DirectoryHandle } from "./directory.ts";
export { type Batch, collate, encodeExample, type Example, parseExample } from "./example.ts";
export type { Folder, FolderEntry } from "./folder.ts";
export { readShard, type ShardSet, shardSet } from "./open-shards.ts";
export { type ClipCamera, filmClip, type LabelledClip } from "./labelled-clip.ts";
export { MOTION_ENDINGS, parseMotion } from "./motion-file.ts";
export { partMask, type PartMasks, PartMaskWriter } from "./part-masks.ts";
export {
  type Label,
  LABELS,
  type MotionSelection,
  parseRecipe,
  type Recipe,
  type SensorPreset,
} from "./recipe.ts";
export { encodeShard, parseShard } from "./shard-file.ts";
export {
  encodeManifest,
  manifestName,
  mergeManifests,
  parseManifest,
  type ShardEntry,
  type ShardManifest,
} from "./shard-manifest.ts";
export { type PlannedClip, type PlannedMotion, type PlannedShard, planShards } from "./shard-plan.ts";
export {
  clipsByView,
  generateViews,
  joinViews,
  type MultiViewBatch,
  MultiViewBatches,
  multiViewEvaluationBatches,
} from "./views.ts";
export { augmentImage, type ImageAugmentation, type MixedPicture, mixup } from "./image-augment.ts";
export type { Picture } from "./picture.ts";
