/**
 * What V8's revectorisation brings, one thread: additions for spikes from packed lists (256 → 256 channels, 3×3, 14×14
 * pixels, T = 8, a firing rate of 15 %), and a dense product. Both backends take turns, fastest of many runs.
 */
import type { Precision } from "../src/backend/index.ts";
import { stateChannels, wordsOf } from "../src/backend/index.ts";
import type { WasmBackend } from "../src/backend/wasm/index.ts";
import { createWasmBackend } from "../src/backend/wasm/node.ts";
import { Random } from "../src/core/index.ts";
import { fastest, table } from "./harness.ts";

const FIRING_RATE = 0.15;
const TURNS = 5;
const TIME_STEPS = 8;
const PIXELS = 14 * 14;
const CHANNELS = 256;

const shape = {
  images: 1,
  height: 14,
  width: 14,
  inChannels: CHANNELS,
  planes: 1,
  outChannels: CHANNELS,
  kernel: 3,
  stride: 1,
  padding: 1,
  outHeight: 14,
  outWidth: 14,
} as const;

const dynamics = {
  kind: "lif",
  decay: 0.5,
  decayInput: true,
  firingThreshold: 1,
  reset: "hard",
  resetPotential: 0,
} as const;

function reals(backend: WasmBackend, length: number): Float32Array {
  const random = new Random(length);
  const block = backend.device.allocator.floats(length);
  for (let i = 0; i < length; i++) block[i] = random.uniform() - 0.5;
  return block;
}

function product(backend: WasmBackend): () => void {
  const [a, b, c] = [0, 1, 2].map(() => reals(backend, 512 * 512));
  return () => backend.gemm(c!, a!, b!, { m: 512, n: 512, k: 512 });
}

function gather(precision: Precision): (backend: WasmBackend) => () => void {
  return (backend) => {
    const { packed, device } = backend;
    const rows = TIME_STEPS * PIXELS;
    const spikes = reals(backend, rows * CHANNELS);
    for (let i = 0; i < spikes.length; i++) spikes[i] = Number(spikes[i]! + 0.5 < FIRING_RATE);
    const bits = device.allocator.words(rows * wordsOf(CHANNELS));
    packed.packSpikes(bits, spikes, rows, CHANNELS, 1);
    const weight = reals(backend, CHANNELS * CHANNELS * 9);
    const bias = reals(backend, stateChannels(CHANNELS));
    const weights = packed.packWeights(weight, bias, shape, precision, 1);
    const fired = device.allocator.words(bits.length);
    const settlement = {
      timeSteps: TIME_STEPS,
      pixels: PIXELS,
      channels: CHANNELS,
      residual: null,
      membrane: null,
      neuron: { dynamics, spikes: fired, state: null, resume: false },
    };
    return () => packed.convolveSpikes(settlement, bits, weights, shape);
  };
}

const jobs: [string, (backend: WasmBackend) => () => void][] = [
  ["spikes, int16", gather("int16")],
  ["spikes, f32", gather("f32")],
  ["product 512×512×512", product],
];

const plain = await createWasmBackend({ threads: 1 });
const wide = await createWasmBackend({ threads: 1, revectorize: true });
const rows = jobs.map(([name, prepare]) => {
  const [one, other] = [prepare(plain), prepare(wide)];
  const turns = Array.from({ length: TURNS }, () => [fastest(one), fastest(other)] as const);
  const before = Math.min(...turns.map(([ms]) => ms));
  const after = Math.min(...turns.map(([, ms]) => ms));
  return [name, before.toFixed(2), after.toFixed(2), `${(before / after).toFixed(2)}×`];
});
console.log(`Revectorisation (${wide.revectorized ? "in use" : "refused"}), Node ${process.versions.node}\n`);
console.log(table(["job", "ms", "ms, revectorised", "ratio"], rows));
for (const backend of [plain, wide]) backend.dispose();
