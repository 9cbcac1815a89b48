export { ConfusionMatrix } from "./confusion-matrix.ts";
export { classificationLoss, segmentationLoss } from "./labelled-loss.ts";
export {
  type ClassificationMetrics,
  ClassificationScores,
  predictedMasks,
  rankedClasses,
  type SegmentationMetrics,
  SegmentationScores,
} from "./labelled-metrics.ts";
export {
  type Checkpoint,
  encodeCheckpoint,
  parseCheckpoint,
  parseInitialTensors,
  type StoredTensors,
} from "./checkpoint.ts";
export { type ReadClipsOptions, type ReadProgress, readPoseClips } from "./pose-clips.ts";
export { poseData, type PoseRunClips, poseWindows, STEP_SECONDS } from "./pose-data.ts";
export { PoseComparison, type PoseEvaluation } from "./pose-evaluation.ts";
export { poseLoss, type PoseLossWeights } from "./pose-loss.ts";
export { type DomainFeatures, type DomainLearner, domainTerms } from "./domain-terms.ts";
export {
  type AdaptationBatch,
  AdaptationBatches,
  type RealBatch,
  RealWindows,
  type RealWindowOptions,
} from "./real-windows.ts";
export { type HeldRecording, readRecordings } from "./recordings.ts";
export { type DomainLoss, domainLoss, reversalRate } from "./domain-loss.ts";
export { type PenultimateOptions, penultimateLoss } from "./penultimate-loss.ts";
export { HeatmapErrors, type HeatmapMetrics } from "./heatmap-metrics.ts";
export {
  chooseStage,
  heatmapLoss,
  type HeatmapLoss,
  type HeatmapLossOptions,
  type HeatmapPrediction,
  type HeatmapStage,
  predictHeatmaps,
} from "./heatmap-loss.ts";
export { PoseErrors, type PoseMetrics } from "./pose-metrics.ts";
export { triangulationLoss } from "./triangulation-loss.ts";
export { poseMeasure, PoseTask, type PoseTrainingBatch, poseVideo } from "./pose-task.ts";
export { classificationMeasure, ClassificationTask } from "./classification-task.ts";
export { segmentationMeasure, SegmentationTask } from "./segmentation-task.ts";
export { heatmapMeasure, HeatmapTask } from "./heatmap-task.ts";
export {
  type ClassificationRunConfig,
  type DomainConfig,
  type FilmedConfig,
  type HeatmapRunConfig,
  parseRun,
  type PoseRunConfig,
  RUN,
  type RunConfig,
  runOf,
  type SegmentationRunConfig,
  stepsOf,
  runViews,
} from "./run-config.ts";
export {
  evaluate,
  type Evaluation,
  type Loss,
  type Measure,
  type Meter,
  type MetricColumn,
  type Metrics,
  type Task,
  type TaskData,
} from "./task.ts";
export { type Optimization, type StepReport, Trainer } from "./trainer.ts";
