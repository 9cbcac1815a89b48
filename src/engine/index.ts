export {
  ActivityMonitor,
  type EnergyCost,
  energyCosts,
  energyMj,
  type LayerFiring,
  type LayerOperations,
} from "./activity.ts";
export type { Graph } from "./graph.ts";
export { lower } from "./lower.ts";
export { type OnnxOptions, toOnnx } from "./onnx/export.ts";
export {
  compile,
  type CompileOptions,
  type Horizon,
  type KernelName,
  Plan,
  type PlannedStep,
} from "./plan.ts";
export { Session, type StepWatch } from "./session.ts";
