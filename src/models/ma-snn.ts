/** MA-SNN [Yao2023]: SEW-ResNet with attention over time, channels and places, as a network of poses [Zou2023, table II]. */
import { Random } from "../core/index.ts";
import { MultiDimensionalAttention, type MultiDimensionalOptions } from "../snn/index.ts";
import { type PoseNetwork, poseNetwork } from "./pose-network.ts";
import { SewResNet, type SewResNetConfig, sewResNetPresets } from "./sew-resnet.ts";

/** Configuration of {@link maSnn}; see {@link maSnnPresets}. */
export type MaSnnConfig = Omit<SewResNetConfig, "model"> &
  MultiDimensionalOptions & { readonly model: "ma-snn" };

const attention = { timeSteps: 8, timeReduction: 4, channelReduction: 9 } as const;

/**
 * The network of [Zou2023, table II] for clips of 8 steps, and a small one for 2. The reduction of the channels was chosen
 * for the published count: attention has 4.4 M parameters more than SEW-ResNet alone.
 */
export const maSnnPresets = {
  paper: { ...sewResNetPresets.paper, ...attention, model: "ma-snn" },
  tiny: {
    ...sewResNetPresets.tiny,
    timeSteps: 2,
    timeReduction: 1,
    channelReduction: 2,
    model: "ma-snn",
  },
} as const satisfies Record<string, MaSnnConfig>;

/**
 * SEW-ResNet whose branches pass through {@link MultiDimensionalAttention} before their last neurons → mean over the map →
 * regressors. Clips have sides of 32 pixels and more, and as many steps as the configuration says.
 *
 * @param config - one of {@link maSnnPresets}, or changes to it
 * @throws ArgumentError
 */
export function maSnn(
  config: MaSnnConfig,
  random: Random = new Random(0),
): PoseNetwork<MaSnnConfig, SewResNet> {
  const { neuron: neurons } = config;
  const recalibration = (channels: number) => new MultiDimensionalAttention(random, channels, config);
  const backbone = new SewResNet(random, { ...config, neurons, recalibration });
  return poseNetwork(random, config, { backbone, temporal: null });
}
