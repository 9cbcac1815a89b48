/** Residual networks and a transformer of real numbers: ResNet-TF and SEW-ResNet-TF of [Zou2023, table II]. */
import { Random } from "../core/index.ts";
import type { NeuronConfig, SewDepth, SewFunction } from "../snn/index.ts";
import { type PoseHeadConfig, type PoseNetwork, poseNetwork } from "./pose-network.ts";
import { ResNet } from "./resnet.ts";
import { poseNeurons, SewResNet } from "./sew-resnet.ts";
import { type TransformerOptions, TransformerPart } from "./transformer-part.ts";

/** Configuration of {@link resNetTransformer}; see {@link resNetTransformerPresets}. */
export type ResNetTransformerConfig = PoseHeadConfig &
  TransformerOptions & {
    readonly model: "resnet-transformer";
    /** `relu`: the whole network is of real numbers; otherwise the backbone is a SEW-ResNet. */
    readonly backbone: "relu" | { readonly connection: SewFunction; readonly neuron: NeuronConfig };
    readonly depth: SewDepth;
    readonly width: number;
  };

const base = {
  model: "resnet-transformer",
  backbone: "relu",
  depth: 50,
  width: 64,
  inChannels: 4,
  encoderLayers: 2,
  decoderLayers: 2,
  modelWidth: 384,
  feedForwardWidth: 4352,
  heads: 8,
  head: "smpl",
  regressorWidth: null,
} as const;

const spiking = { connection: "add", neuron: poseNeurons } as const;
const small = { depth: 18, width: 4, modelWidth: 16, feedForwardWidth: 24, heads: 2 } as const;

/**
 * ResNet-TF and SEW-ResNet-TF of [Zou2023, table II], and small ones. The paper names layers, 384 channels and heads; the
 * widths of the feed-forward layers were chosen for its counts of parameters.
 */
export const resNetTransformerPresets = {
  paper: base,
  paperSpiking: { ...base, backbone: spiking, feedForwardWidth: 6144 },
  tiny: { ...base, ...small },
  tinySpiking: { ...base, ...small, backbone: spiking },
} as const satisfies Record<string, ResNetTransformerConfig>;

/**
 * ResNet or SEW-ResNet → transformer with a query a step → regressors. Clips have sides of 32 pixels and more.
 *
 * @param config - one of {@link resNetTransformerPresets}, or changes to it
 * @throws ArgumentError
 */
export function resNetTransformer(
  config: ResNetTransformerConfig,
  random: Random = new Random(0),
): PoseNetwork<ResNetTransformerConfig, ResNet | SewResNet> {
  const { backbone: kind, depth, width, inChannels } = config;
  const backbone =
    kind === "relu"
      ? new ResNet(random, { depth, width, inChannels })
      : new SewResNet(random, {
          depth,
          width,
          inChannels,
          connection: kind.connection,
          neurons: kind.neuron,
        });
  const temporal = new TransformerPart(random, backbone.channels, config);
  return poseNetwork(random, config, { backbone, temporal });
}
