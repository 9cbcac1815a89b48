/** One convolution of a spiking network, in every way that there is. */
import { InferenceSession, Tensor } from "onnxruntime-node";
import {
  backend,
  type Convolution,
  type Floats,
  type Precision,
  type Settlement,
  wordsOf,
} from "../src/backend/index.ts";
import { Random } from "../src/core/index.ts";
import { encodeOnnx } from "../src/io/index.ts";
import { type Contender, contender } from "./harness.ts";

/** Frames, T · B: the steps of one clip. */
export const TIME_STEPS = 8;

/** A convolution of stride 1: side of the map, channels in and out. */
export type Layer = {
  readonly side: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernel: number;
};

function shapeOf({ side, inChannels, outChannels, kernel }: Layer) {
  return {
    height: side,
    width: side,
    inChannels,
    outChannels,
    kernel,
    stride: 1,
    padding: kernel >> 1,
    outHeight: side,
    outWidth: side,
  };
}

/** Random numbers of the backend. */
export function gaussians(length: number, deviation: number): Floats {
  const random = new Random(length);
  const block = backend().alloc(length);
  for (let i = 0; i < length; i++) block[i] = deviation * random.normal();
  return block;
}

/** Spikes in, spikes out: what a plan runs for convolution and neurons together. */
export function eventDriven(layer: Layer, weight: Float32Array, precision: Precision, rate: number) {
  const kernels = backend().packed;
  const pixels = layer.side ** 2;
  const [inWords, outWords] = [wordsOf(layer.inChannels), wordsOf(layer.outChannels)];
  const random = new Random(`${rate}`);
  const bits = kernels.allocate(4 * TIME_STEPS * pixels * inWords);
  const spikes = new Uint32Array(bits.buffer, bits.byteOffset, TIME_STEPS * pixels * inWords);
  const frame = backend().alloc(TIME_STEPS * pixels * layer.inChannels) as Float32Array;
  for (let i = 0; i < frame.length; i++) frame[i] = Number(random.uniform() < rate);
  kernels.packSpikes(spikes, frame, TIME_STEPS * pixels, layer.inChannels, 1);
  backend().free(frame);
  const fired = kernels.allocate(4 * TIME_STEPS * pixels * outWords);
  const packed = kernels.packWeights(weight, null, layer, precision, 1);
  const settlement: Settlement = {
    timeSteps: TIME_STEPS,
    pixels,
    channels: layer.outChannels,
    residual: null,
    membrane: null,
    neuron: {
      dynamics: {
        kind: "lif",
        decay: 0.5,
        decayInput: true,
        firingThreshold: 1,
        reset: "hard",
        resetPotential: 0,
      },
      spikes: new Uint32Array(fired.buffer, fired.byteOffset, TIME_STEPS * pixels * outWords),
      state: null,
      resume: false,
    },
  };
  const shape = { ...shapeOf(layer), images: 1, planes: 1 };
  return {
    name: `${precision} ${rate}`,
    run: () => kernels.convolveSpikes(settlement, spikes, packed, shape),
    free: () => {
      kernels.release(bits);
      kernels.release(fired);
      kernels.releaseWeights(packed);
    },
  };
}

/** The convolution alone, in ONNX Runtime. */
export async function onnxRuntime(layer: Layer, weight: Float32Array, threads: number): Promise<Contender> {
  const { side, inChannels, outChannels, kernel } = layer;
  const dims = [TIME_STEPS, inChannels, side, side];
  const pad = kernel >> 1;
  const file = encodeOnnx({
    name: "layer",
    operatorSet: 17,
    nodes: [
      {
        operator: "Conv",
        inputs: ["x", "w"],
        outputs: ["y"],
        attributes: { kernel_shape: [kernel, kernel], pads: [pad, pad, pad, pad] },
      },
    ],
    constants: new Map([
      ["w", { dtype: "F32", shape: [outChannels, inChannels, kernel, kernel], data: weight }],
    ]),
    inputs: new Map([["x", dims]]),
    outputs: new Map([["y", [TIME_STEPS, outChannels, side, side]]]),
  });
  const session = await InferenceSession.create(file, { intraOpNumThreads: threads, interOpNumThreads: 1 });
  const random = new Random(0);
  const x = Float32Array.from({ length: dims.reduce((a, b) => a * b) }, () =>
    Number(random.uniform() < 0.15),
  );
  const feeds = { x: new Tensor("float32", x, dims) };
  return contender("onnx", async () => {
    (await session.run(feeds))["y"]!.dispose();
  });
}

/** The convolution alone, in this library's dense kernel. */
export function dense(layer: Layer, weight: Floats): Contender & { free: () => void } {
  const pixels = TIME_STEPS * layer.side ** 2;
  const x = gaussians(pixels * layer.inChannels, 1);
  const y = backend().alloc(pixels * layer.outChannels);
  const p: Convolution = { ...shapeOf(layer), images: TIME_STEPS, groups: 1 };
  const free = (): void => [x, y].forEach((block) => backend().free(block));
  return { ...contender("dense", () => backend().conv2d(y, x, weight, null, p)), free };
}
