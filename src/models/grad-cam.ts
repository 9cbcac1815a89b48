/** Where a classifier looked: gradient-weighted class activation maps [Selvaraju2017]. */
import { detach, gradients, mean, mul, relu, reshape, slice, sum } from "../autograd/index.ts";
import { ArgumentError, dims } from "../core/index.ts";
import { type Module, observe } from "../nn/index.ts";
import { isRecording, scope, type Tensor, withoutGradients } from "../tensor/index.ts";
import type { Outputs } from "./spikevideoformer.ts";

/**
 * Maps of the evidence for a class, one for each layer of neurons that fires in maps `[T, B, H, W, C]`:
 *
 *     α[b, c] = mean over T, H, W of ∂logit[b, class] / ∂S[t, b, h, w, c]
 *     map[b, h, w] = ReLU(Σ_c α[b, c]·mean over T of S[t, b, h, w, c])
 *
 * Time goes first, as [Zhang2025, §4.4] has it: the means over T make one picture of the clip. Numbers are not normalised.
 *
 * Run the model in evaluation mode, or examples of a batch mix. Its observers are replaced while it runs.
 *
 * @param model - a classifier whose outputs have `logits` `[B, classes]`
 * @param input - what it takes
 * @param classIndex - the class that is asked about
 * @param layer - path of one layer of neurons, or all of them
 * @returns maps `[B, H', W']` by the layer's path, in the order in which layers ran; the caller disposes of them
 * @throws ArgumentError when there is no such class or layer, or no gradients are recorded; ShapeError when logits are a map's
 */
export function gradCam(
  model: Module & { forward(input: Tensor): Outputs },
  input: Tensor,
  classIndex: number,
  layer?: string,
): Map<string, Tensor> {
  if (!isRecording())
    throw new ArgumentError("gradCam: expected a scope that records gradients, got one without");
  return scope(() => {
    // A leaf of its own wants gradients, so that layers are reached even where no parameter wants any.
    const leaf = detach(input);
    leaf.requiresGrad = true;
    const found = new Map<string, Tensor>();
    const stop = observe(model, (path, observation) => {
      if (observation.kind !== "neuron" || (layer !== undefined && path !== layer)) return;
      if (observation.spikes.shape.length === 5) found.set(path, observation.spikes);
    });
    let logits: Tensor | undefined;
    try {
      logits = model.forward(leaf)["logits"];
    } finally {
      stop();
    }
    if (logits === undefined)
      throw new ArgumentError("gradCam: expected a model with logits, got one without");
    const { K } = dims("gradCam logits", "B K", logits.shape) as { K: number };
    if (!(Number.isInteger(classIndex) && classIndex >= 0 && classIndex < K)) {
      throw new ArgumentError(`gradCam: expected a class in 0…${K - 1}, got ${classIndex}`);
    }
    if (found.size === 0) {
      throw new ArgumentError(
        `gradCam: expected a layer of neurons that fires in maps, got ${layer ?? "none"}`,
      );
    }
    const score = sum(slice(logits, 1, classIndex, classIndex + 1));
    const slopes = gradients(score, [...found.values()]);
    return withoutGradients(
      () => new Map([...found].map(([path, spikes], i) => [path, weighted(spikes, slopes[i]!)] as const)),
    );
  });
}

/** The map of one layer from its spikes and their gradients, both `[T, B, H, W, C]`. */
function weighted(spikes: Tensor, slopes: Tensor): Tensor {
  const { B, H, W, C } = dims("gradCam", "T B H W C", spikes.shape) as Record<"B" | "H" | "W" | "C", number>;
  const alpha = reshape(mean(slopes, [0, 2, 3]), [B, 1, 1, C]);
  return reshape(relu(sum(mul(mean(spikes, [0]), alpha), [3])), [B, H, W]);
}
