/** Streams for measurements: a plan of single steps, and frames to push. */
import { compile, measureFiringRates, Session } from "../src/engine/index.ts";
import type { Precision } from "../src/backend/index.ts";
import type { SpikeVideoFormer } from "../src/models/index.ts";
import { type Tensor, tensor } from "../src/tensor/index.ts";

/** How far back attention sees: all steps, or so many. */
export type Past = true | { readonly window: number };

/** The frames of a clip, `[1, 1, C, H, W]` each. */
export function framesOf(clip: Tensor): Tensor[] {
  const [timeSteps, ...frame] = clip.shape as [number, ...number[]];
  const size = clip.size / timeSteps;
  return Array.from({ length: timeSteps }, (_, t) =>
    tensor(clip.data.slice(t * size, (t + 1) * size), [1, ...frame], { spikeLevels: clip.spikeLevels }),
  );
}

/** A session that takes a frame at a time, compiled with the firing rates that these frames cause. */
export function streamOf(
  model: SpikeVideoFormer,
  frames: readonly Tensor[],
  stream: Past,
  precision: Precision,
): Session {
  const options = { input: frames[0]!.shape.slice(2), timeSteps: 1, stream, precision };
  const draft = new Session(compile(model, options));
  let firingRates = new Map<string, number>();
  // The last of a few frames: membranes start at rest.
  for (const frame of frames.slice(0, 8)) firingRates = measureFiringRates(draft, () => draft.push(frame));
  draft.dispose();
  draft.plan.dispose();
  return new Session(compile(model, { ...options, firingRates }));
}
