/** What turns the features of a clip into poses, the same behind every network. */
import { add, affine, concat, mean, relu, reshape, slice } from "../autograd/index.ts";
import type { Random } from "../core/index.ts";
import { Linear, Module } from "../nn/index.ts";
import type { Tensor } from "../tensor/index.ts";
import type { Outputs } from "./spikevideoformer.ts";

/** `smpl`: pose, shape and translation; `joints`: 24 joints in 3D without a body model, and translation. */
export type RegressorHead = "smpl" | "joints";

/**
 * Three linear maps of a feature vector, or two where joints are wanted themselves [Zou2023, §III-D]; behind a linear map
 * to `hidden` channels and a ReLU, if there is one.
 */
export class Regressor extends Module {
  readonly hidden: Linear | null;
  readonly pose: Linear | null;
  readonly joints: Linear | null;
  readonly translation: Linear;
  readonly shape: Linear | null;

  constructor(
    random: Random,
    channels: number,
    { head = "smpl", hidden = null }: { readonly head?: RegressorHead; readonly hidden?: number | null } = {},
  ) {
    super();
    const smpl = head === "smpl";
    const width = hidden ?? channels;
    this.hidden = hidden === null ? null : new Linear(random, channels, hidden);
    this.pose = smpl ? new Linear(random, width, 144) : null;
    this.joints = smpl ? null : new Linear(random, width, 72);
    this.translation = new Linear(random, width, 3);
    this.shape = smpl ? new Linear(random, width, 10) : null;
  }

  /** Poses of feature vectors. @param features - `[..., C]` */
  forward(features: Tensor): Outputs {
    const read = this.hidden === null ? features : relu(this.hidden.forward(features));
    return {
      translation: this.translation.forward(read),
      ...(this.pose !== null && { pose6d: this.pose.forward(read) }),
      ...(this.shape !== null && { shape: this.shape.forward(read) }),
      ...(this.joints !== null && {
        joints3d: reshape(this.joints.forward(read), [...read.shape.slice(0, -1), 24, 3]),
      }),
    };
  }
}

/** Mean over the map, `[T, B, H, W, C]` → `[T, B, C]`. */
export function averagePool(features: Tensor): Tensor {
  return mean(features, [2, 3]);
}

/** Steps as the edges between them, `[T, …]` → `[T + 1, …]`: the first step, means of neighbours, the last step. */
export function betweenSteps(x: Tensor): Tensor {
  const T = x.shape[0]!;
  const before = concat([slice(x, 0, 0, 1), x], 0);
  const after = concat([x, slice(x, 0, T - 1, T)], 0);
  return affine(add(before, after), 0.5);
}
