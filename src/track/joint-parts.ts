/** The parts of models that tell joints in the picture: all that {@link JointTracker} has to know of a kind. */
import {
  type HeatmapModel,
  Hybrid,
  type HybridRun,
  type HybridStart,
  type HybridState,
  SpikingPose,
} from "../models/index.ts";
import { type Tensor, tensor } from "../tensor/index.ts";

/** What a step goes on from. */
export type JointState = HybridStart | HybridState;

/** An ANN, an SNN that goes on from what it tells, or one of both. */
export type JointParts = {
  readonly ann?: {
    readonly channels: number;
    /** @param input - the last events, `[1, C, H, W]` */
    run(input: Tensor): JointState;
  };
  readonly snn?: {
    readonly channels: number;
    /** @param events - counts of a step, `[1, 1, P, H, W]`; @param from - nothing at the first step */
    run(events: Tensor, from: JointState | undefined): HybridState;
  };
};

/** The parts of a model that are run; a hybrid's ANN only where its SNN asks for it. */
export function jointParts(model: HeatmapModel): JointParts {
  if (model instanceof Hybrid) {
    const { annChannels, snnChannels } = model.config;
    const snn = {
      channels: snnChannels,
      run: (events: Tensor, from: JointState | undefined) =>
        lastOf(isState(from) ? model.resume(events, from) : model.follow(events, from)),
    };
    if (!model.asksAnn) return { snn };
    return { ann: { channels: annChannels, run: (input) => model.start(input) }, snn };
  }
  if (model instanceof SpikingPose) {
    const run = (events: Tensor, from: JointState | undefined) =>
      lastOf(isState(from) ? model.resume(events, from) : model.forward(events));
    return { snn: { channels: model.config.inChannels, run } };
  }
  const run = (input: Tensor) => ({ heatmaps: model.forward(input)["heatmaps"]!, membranePotentials: [] });
  return { ann: { channels: model.config.inChannels, run } };
}

/** All tensors of a state. */
export function tensorsOf(state: JointState | undefined): readonly Tensor[] {
  if (state === undefined) return [];
  return [state.heatmaps, ...((isState(state) ? state.membranePotentials : state.states) ?? [])];
}

function isState(from: JointState | undefined): from is HybridState {
  return from !== undefined && "membranePotentials" in from;
}

/** Where a run of one step leaves the SNN. */
function lastOf({ heatmaps, membranePotentials }: HybridRun): HybridState {
  return { heatmaps: tensor(heatmaps.data, heatmaps.shape.slice(1)), membranePotentials };
}
