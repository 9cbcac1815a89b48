export { ActivityMonitor, type LayerFiring, type LayerOperations } from "./activity.ts";
export { measureKernelCosts } from "./calibrate.ts";
export { type KernelCosts, type KernelEstimate, typicalCosts } from "./choice.ts";
export { compile, type CompileOptions } from "./compile.ts";
export { demandOf, denseDemand, type LayerLoad } from "./demand.ts";
export {
  accessPj,
  type EnergyCost,
  energyCosts,
  energyMj,
  type EnergyParts,
  energyParts,
  type LayerDemand,
  type MemoryCost,
  memoryCosts,
  totalMj,
  type Traffic,
} from "./energy.ts";
export type { Graph } from "./graph.ts";
export { lower } from "./lower.ts";
export { type OnnxOptions, toOnnx } from "./onnx/export.ts";
export { type Horizon, type KernelName, Plan, type PlannedStep } from "./plan.ts";
export {
  type HybridOperations,
  hybridOperations,
  hybridPower,
  type Operations,
  type Power,
  powerOf,
  type RunningPart,
} from "./power.ts";
export {
  type EnergyEstimate,
  median,
  type OperationCounts,
  type ProfileOptions,
  profileSession,
  type SessionProfile,
  type StepProfile,
} from "./profile.ts";
export { Session, type StepWatch } from "./session.ts";
export { measureFiringRates, tune } from "./tune.ts";
