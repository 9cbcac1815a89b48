export {
  ActivityMonitor,
  type EnergyCost,
  energyCosts,
  energyMj,
  type LayerFiring,
  type LayerOperations,
} from "./activity.ts";
