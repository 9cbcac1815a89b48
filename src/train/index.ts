export {
  type Checkpoint,
  encodeCheckpoint,
  parseCheckpoint,
  parseInitialTensors,
  type StoredTensors,
} from "./checkpoint.ts";
export { HeatmapErrors, type HeatmapMetrics } from "./heatmap-metrics.ts";
export {
  chooseStage,
  heatmapLoss,
  type HeatmapLoss,
  type HeatmapLossOptions,
  type HeatmapModel,
  type HeatmapPrediction,
  type HeatmapStage,
  predictHeatmaps,
} from "./heatmap-loss.ts";
export { parsePoseTraining, type PoseTraining } from "./pose-config.ts";
export { evaluatePose, PoseComparison, type PoseEvaluation } from "./pose-evaluation.ts";
export { poseLoss, type PoseLoss, type PoseLossWeights } from "./pose-loss.ts";
export { PoseErrors, type PoseMetrics } from "./pose-metrics.ts";
export { PoseTrainer, type StepReport, videoShape } from "./pose-trainer.ts";
export { triangulationLoss } from "./triangulation-loss.ts";
