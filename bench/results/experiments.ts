/** The experiments of docs/results.md. */
import type { Column, Experiment } from "./experiment.ts";

const SEEDS = [1, 2, 3];

const TOP1: Column = { key: "top1", label: "top-1 %", digits: 1, scale: 100 };

/** In the order of the page. */
export const EXPERIMENTS: readonly Experiment[] = [
  {
    name: "staa-nmnist",
    title: "STAA-SNN: N-MNIST",
    about:
      "Real recordings of an ATIS camera before moving digits, 901 samples: 700 for training, 101 for validation, the published 100 for the test. VGG-13 with a quarter of the channels (0.68 M parameters), four frames at 32×32. The baseline is the same network with plain LIF neurons, as in the paper's ablation.",
    config: "staa-nmnist.yaml",
    data: "nmnist",
    split: "test",
    columns: [TOP1],
    variants: [
      { label: "STAA", stages: [{}] },
      { label: "plain LIF", stages: [{ model: { neuron: "lif" } }] },
    ],
    seeds: SEEDS,
    remarks: "",
  },
  {
    name: "staa-cifar10",
    title: "STAA-SNN: CIFAR-10",
    about:
      "2,500 pictures for training and 500 for the test, a twentieth of CIFAR-10. ResNet-20 with a quarter of the channels (0.80 M parameters), four steps. The baseline is the same network with plain LIF neurons.",
    config: "staa-cifar10.yaml",
    data: "cifar10",
    split: "test",
    columns: [TOP1, { key: "top5", label: "top-5 %", digits: 1, scale: 100 }],
    variants: [
      { label: "STAA", stages: [{}] },
      { label: "plain LIF", stages: [{ model: { neuron: "lif" } }] },
    ],
    seeds: SEEDS,
    remarks: "",
  },
  {
    name: "svf-video",
    title: "SpikeVideoFormer: video classification",
    about:
      "253 clips of two seconds, of people who fight and who do not, split by the video that they are from. The `tiny` preset (1.0 M parameters), eight frames of 64×64. The baseline is dot-product attention in the place of Hamming attention.",
    config: "svf-video.yaml",
    data: "video_fight",
    split: "test",
    columns: [TOP1],
    variants: [
      { label: "Hamming", stages: [{}] },
      { label: "dot product", stages: [{ model: { score: "dot" } }] },
    ],
    seeds: SEEDS,
    remarks: "",
  },
  {
    name: "svf-camvid",
    title: "SpikeVideoFormer: segmentation",
    about:
      "CamVid at 96×128 pixels, eleven classes, 367 pictures for training. The `tiny` preset with integer neurons (1.1 M parameters), as the paper has them for segmentation. The baseline is dot-product attention.",
    config: "svf-camvid.yaml",
    data: "camvid",
    split: "test",
    columns: [
      { key: "meanIou", label: "mIoU %", digits: 1, scale: 100 },
      { key: "pixelAccuracy", label: "pixels %", digits: 1, scale: 100 },
    ],
    variants: [
      { label: "Hamming", stages: [{}] },
      { label: "dot product", stages: [{ model: { score: "dot" } }] },
    ],
    seeds: SEEDS,
    remarks: "",
  },
];
