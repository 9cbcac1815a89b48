/**
 * The networks of docs/comparison.md: parameters, operations and energy of a clip, beside those of [Zou2023, table III].
 * Multiplications are counted layer by layer in a forward pass; those of layers that spikes drive become accumulates at a
 * stated rate, since the networks are not trained.
 *
 *   npm run bench -- compare-models [--size=64] [--T=8] [--rate=22.6] [--networks=spikformer,…]
 */
import { setBackend } from "../src/backend/index.ts";
import { createWasmBackend } from "../src/backend/wasm/node.ts";
import { Random } from "../src/core/index.ts";
import { energyCosts, energyMj } from "../src/engine/index.ts";
import {
  convertToSpiking,
  maSnn,
  maSnnPresets,
  metaSpikeFormer,
  metaSpikeFormerPresets,
  type PoseNetwork,
  PoseTracker,
  poseTrackerPresets,
  resNetGru,
  type ResNetGruConfig,
  resNetGruPresets,
  resNetTransformer,
  resNetTransformerPresets,
  sewResNetPose,
  sewResNetPresets,
  spikformer,
  spikformerPresets,
  spikingformer,
  spikingformerPresets,
  videoSwin,
  videoSwinPresets,
} from "../src/models/index.ts";
import { type Module, observe } from "../src/nn/index.ts";
import { scope, type Tensor, tensor, withoutGradients } from "../src/tensor/index.ts";
import { digits, flags, table } from "./harness.ts";

const text = { type: "string" } as const;
const options = flags({ size: text, T: text, rate: text, networks: text });
const size = Number(options.size ?? 64);
const timeSteps = Number(options.T ?? 8);
const rate = Number(options.rate ?? 22.6) / 100;
const random = new Random(1);

/** A network, and what the papers print of it at T = 8 and 256×256: millions, G and mJ; null where they do not. */
type Entry = {
  readonly name: string;
  readonly make: () => Module & { forward(clip: Tensor): unknown };
  readonly spiking: boolean;
  /** Spikes a neuron and step, where the paper states them. */
  readonly rate?: number;
  readonly paper: readonly [params: number, operations: number | null, millijoules: number | null];
};

const entries: readonly Entry[] = [
  {
    name: "ResNet-GRU",
    make: () => resNetGru(resNetGruPresets.paper, random),
    spiking: false,
    paper: [46.9, 43.6, 200],
  },
  {
    name: "ResNet-TF",
    make: () => resNetTransformer(resNetTransformerPresets.paper, random),
    spiking: false,
    paper: [41.3, 50.5, 230],
  },
  {
    name: "Video Swin",
    make: () => videoSwin(videoSwinPresets.paper, random),
    spiking: false,
    paper: [48.9, 44.7, 200],
  },
  {
    name: "Video Swin, deep",
    make: () => videoSwin(videoSwinPresets.deep, random),
    spiking: false,
    paper: [48.9, 44.7, 200],
  },
  {
    name: "SEW-ResNet-TF",
    make: () => resNetTransformer(resNetTransformerPresets.paperSpiking, random),
    spiking: true,
    paper: [47.0, 24.5, 97],
  },
  { name: "ANN2SNN", make: converted, spiking: true, paper: [46.9, 12.5, 11] },
  {
    name: "SEW-ResNet",
    make: () => sewResNetPose(sewResNetPresets.paper, random),
    spiking: true,
    paper: [25.8, 9.1, 8.2],
  },
  {
    name: "MA-SNN",
    make: () => maSnn({ ...maSnnPresets.paper, timeSteps }, random),
    spiking: true,
    rate: 0.164,
    paper: [30.2, 8.3, 8.0],
  },
  {
    name: "Spikformer",
    make: () => spikformer(spikformerPresets.paper, random),
    spiking: true,
    paper: [36.8, 13.2, 12],
  },
  {
    name: "Spikingformer",
    make: () => spikingformer(spikingformerPresets.paper, random),
    spiking: true,
    paper: [37.1, 12.5, 12],
  },
  {
    name: "SST",
    make: () => new PoseTracker(poseTrackerPresets.released, random),
    spiking: true,
    rate: 0.226,
    paper: [47.7, 9.4, 8.3],
  },
  {
    name: "Meta-SpikeFormer",
    make: () => metaSpikeFormer(metaSpikeFormerPresets["55M"], random),
    spiking: true,
    paper: [55.8, null, null],
  },
];

/** The converted ResNet-GRU, one step a frame: its operations in more steps are as many times these. */
function converted(): PoseNetwork<ResNetGruConfig> {
  const network = resNetGru(resNetGruPresets.paper, random).eval();
  return convertToSpiking(network, [events(1, 64)], { steps: 1 });
}

/** Events in a tenth of the voxels. */
function events(steps: number, side: number): Tensor {
  const values = Float32Array.from({ length: steps * 4 * side * side }, () => +(random.uniform(0, 1) < 0.1));
  return tensor(values, [steps, 1, 4, side, side], { spikeLevels: 1 });
}

/** Numbers that were learned: all but the statistics of normalisations; those of a converted network are its buffers. */
function learned(network: Module): number {
  let count = 0;
  for (const [name, values] of network.namedTensors()) if (!name.includes(".running")) count += values.size;
  return count;
}

/** Multiplications that real numbers drive, and that whole numbers do: spikes, or sums of them. */
function multiplications({ make, spiking }: Entry): { params: number; real: number; driven: number } {
  return scope(() => {
    const network = make().eval();
    const params = learned(network);
    let [real, driven] = [0, 0];
    const stop = observe(network, (_, observation) => {
      if (observation.kind === "neuron") return;
      if (spiking && observation.input.data.every(Number.isInteger)) driven += observation.macs;
      else real += observation.macs;
    });
    withoutGradients(() => {
      network.forward(events(timeSteps, size));
    });
    stop();
    network.dispose();
    return { params, real, driven };
  });
}

const wanted = options.networks?.split(",");
const rows: string[][] = [];
for (const entry of entries) {
  if (wanted !== undefined && !wanted.includes(entry.name)) continue;
  // A memory of its own: blocks that one network gave back do not fit the next.
  setBackend(await createWasmBackend());
  const { params, real, driven } = multiplications(entry);
  const fired = entry.rate ?? rate;
  const acs = driven * fired;
  const [paperParams, paperOperations, paperEnergy] = entry.paper;
  const deviation = (100 * (params / 1e6 / paperParams - 1)).toFixed(1);
  rows.push([
    entry.name,
    `${(params / 1e6).toFixed(2)} M`,
    `${paperParams} M`,
    `${deviation.startsWith("-") ? "−" : "+"}${deviation.replace("-", "")} %`,
    digits(real / 1e9),
    digits(driven / 1e9),
    driven === 0 ? "–" : `${(100 * fired).toFixed(1)} %`,
    digits((real + acs) / 1e9),
    String(paperOperations ?? "–"),
    digits(energyMj({ macs: real, acs }, energyCosts[0])),
    String(paperEnergy ?? "–"),
  ]);
}
console.log(`T = ${timeSteps}, ${size}×${size}; G operations, mJ at 45 nm\n`);
console.log(
  table(
    [
      "network",
      "parameters",
      "paper",
      "difference",
      "real-driven",
      "spike-driven, dense",
      "at a rate of",
      "operations",
      "paper",
      "mJ",
      "paper",
    ],
    rows,
  ),
);
