/** Runs of the whole model, watched stage by stage under the official names. */
import { mean } from "../../src/autograd/index.ts";
import { Random } from "../../src/core/index.ts";
import { officialName, presets, SpikeVideoFormer } from "../../src/models/index.ts";
import { observe } from "../../src/nn/index.ts";
import type { NeuronConfig } from "../../src/snn/index.ts";
import type { Tensor } from "../../src/tensor/index.ts";
import { fromGolden } from "./layout.ts";
import type { Golden } from "./fixtures.ts";

export const designs = {
  "3D_ham": { attention: "joint", score: "hamming" },
  "3D_dot": { attention: "joint", score: "dot" },
  "2D": { attention: "spatial", score: "dot" },
} as const;

/** Saves the time of drawing initial weights that the fill replaces. */
class Zeros extends Random {
  override uniform(): number {
    return 0;
  }
  override normal(): number {
    return 0;
  }
}

/** The model of a golden case, to be filled. */
export function modelOf(
  preset: "tiny" | "15M" | "55M",
  mode: keyof typeof designs,
  neuron: NeuronConfig = {},
): SpikeVideoFormer {
  return new SpikeVideoFormer({ ...presets[preset], ...designs[mode], neuron }, new Zeros(0));
}

/** What a run shows: maps of every stage and block, firing rate of every layer of neurons, and the logits. */
export type Watched = {
  readonly stages: ReadonlyMap<string, Tensor>;
  readonly rates: ReadonlyMap<string, number>;
  readonly logits: Tensor;
};

/** Runs a clip `[T, B, C, H, W]` through the parts of the model. */
export function watch(model: SpikeVideoFormer, video: Golden): Watched {
  const stages = new Map<string, Tensor>();
  const rates = new Map<string, number>();
  const stop = observe(model, (layer, seen) => {
    if (seen.kind !== "neuron") return;
    const { data } = seen.spikes;
    let fired = 0;
    for (let i = 0; i < data.length; i++) fired += data[i]!;
    rates.set(officialNeurons(layer), fired / data.length);
    if (layer === "head.neurons") stages.set("head_lif_spikes", seen.spikes);
  });
  let x = fromGolden(video);
  model.stages.forEach((stage, i) => {
    x = stage.down.forward(x);
    stages.set(officialName(`stages.${i}.down.conv.`).replace(".encode_conv.", ""), x);
    stage.blocks.forEach((block, j) => {
      x = block.forward(x);
      stages.set(officialName(`stages.${i}.blocks.${j}.`).slice(0, -1), x);
    });
  });
  stages.set("head_lif_input", mean(x, [2, 3]));
  const [height, width] = video.shape.slice(-2) as [number, number];
  const logits = model.head.forward(x, height, width)["logits"]!;
  stop();
  return { stages, rates, logits };
}

/** The official name of a layer of neurons of ours. */
function officialNeurons(layer: string): string {
  return officialName(`${layer}.`)
    .slice(0, -1)
    .replace(/^head\.neurons$/, "lif")
    .replace(/\.down\.neurons$/, ".encode_lif")
    .replace(/\.sep\.neurons/, ".Conv.lif")
    .replace(/\.mlp\.neurons/, ".mlp.neuronsfc")
    .replace(/\.attention\.0\.inputNeurons$/, ".attn.head_lif")
    .replace(/\.attention\.0\.outputNeurons$/, ".attn.attn_lif")
    .replace(/\.attention\.0\.projections\.0\.(\w)\w+Neurons$/, ".attn.$1_lif")
    .replace(/\.neuronsfc(\d)$/, ".fc$1_lif")
    .replace(/\.neurons(\d)$/, ".lif$1");
}
