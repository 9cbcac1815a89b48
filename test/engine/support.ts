/** Models that are alive, what they do eagerly, and how spikes of compiled runs are compared with that. */
import { expect } from "vitest";
import { affine, mean } from "../../src/autograd/index.ts";
import { backend } from "../../src/backend/index.ts";
import { Random, show } from "../../src/core/index.ts";
import { compile, type CompileOptions, Session } from "../../src/engine/index.ts";
import { presets, SpikeVideoFormer, type SpikeVideoFormerConfig } from "../../src/models/index.ts";
import { BatchNorm } from "../../src/nn/index.ts";
import {
  IntegerLif,
  Lif,
  type NeuronConfig,
  NeuronLayer,
  ParametricLif,
  surrogate,
} from "../../src/snn/index.ts";
import { Tensor, tensor, withoutGradients } from "../../src/tensor/index.ts";

/** A model of few neurons that has every kind of block. */
export const small: SpikeVideoFormerConfig = {
  ...presets.tiny,
  embedDims: [4, 4, 8, 8],
  depths: [1, 1, 1, 1, 1],
  heads: 2,
  mlpRatio: 2,
  head: { kind: "classification", classes: 5 },
};

/** Neurons of every kind and setting. */
export const neurons = {
  "lif, hard": {},
  "lif, soft": { reset: "soft" },
  "lif, undivided input": { decayInput: false, tau: 4 },
  "lif, low rest": { resetPotential: -0.25, firingThreshold: 0.5 },
  "lif, soft, undivided input": { reset: "soft", decayInput: false, tau: 3, firingThreshold: 0.75 },
  plif: { kind: "plif", tau: 1.6 },
  "integer-lif": { kind: "integer-lif", levels: 4 },
} as const satisfies Record<string, NeuronConfig>;

/** Share of neurons and steps that {@link enliven} makes fire in a layer. */
const RATE = 0.3;

/** Dot products of few tokens reach their threshold where most neurons fire; those of counts pass it soon. */
function rateOf(path: string, { score, neuron }: SpikeVideoFormerConfig): number {
  if (score !== "dot" || !path.includes("projections")) return RATE;
  if (neuron.kind === "integer-lif") return 0.15;
  return path.includes("attention.1") || path.includes("projections.1") ? 0.7 : 0.4;
}

/**
 * Makes every number of a model one of few bits: weights ±1, ±½ or 0 times a power of two, statistics and scales of
 * normalisations likewise. Sums are then exact in float32 in whatever order and however layers are merged.
 */
export function makeExact(model: SpikeVideoFormer, random: Random): void {
  const modules = new Map(model.namedModules());
  const pick = (values: readonly number[]): number => values[random.integer(0, values.length)]!;
  for (const [path, { data, shape }] of model.namedTensors()) {
    const owner = modules.get(path.slice(0, path.lastIndexOf(".")))!;
    const name = path.slice(path.lastIndexOf(".") + 1);
    if (owner instanceof BatchNorm) {
      Object.assign(owner, { epsilon: 0 });
      const choices = {
        weight: [0.5, 1, 1, -1],
        bias: [-0.5, -0.25, 0, 0.125, 0.5],
        runningMean: [-0.25, -0.125, 0, 0.25],
        runningVariance: [0.25, 1, 1, 4],
      };
      data.forEach((_, i) => (data[i] = pick(choices[name as keyof typeof choices])));
    } else if (name === "weight") {
      const fanIn = shape.slice(1).reduce((a, b) => a * b, 1);
      const unit = 2 ** -Math.round(Math.log2(Math.sqrt(fanIn * RATE)));
      data.forEach((_, i) => (data[i] = unit * pick([-1, -0.5, 0, 0.5, 1])));
    } else if (name === "bias") {
      data.forEach((_, i) => (data[i] = pick([-0.25, 0, 0.125])));
    }
  }
}

/** Real numbers everywhere: statistics and scales of normalisations that are not those of the start. */
export function makeReal(model: SpikeVideoFormer, random: Random): void {
  for (const [, module] of model.namedModules()) {
    if (!(module instanceof BatchNorm)) continue;
    for (let c = 0; c < module.weight.size; c++) {
      module.weight.data[c] = (random.uniform() < 0.2 ? -1 : 1) * (1 + random.uniform());
      module.bias.data[c] = random.uniform() - 0.5;
      module.runningMean.data[c] = 0.4 * random.uniform() - 0.2;
      module.runningVariance.data[c] = 0.05 + 0.3 * random.uniform();
    }
  }
  for (const [path, { data }] of model.namedTensors()) {
    if (path.startsWith("head.") && path.endsWith("weight")) {
      for (let i = 0; i < data.length; i++) data[i] = 0.4 * random.uniform() - 0.2;
    }
  }
}

/**
 * Shifts the normalisation before each layer of neurons, as far as there is one, such that 3 of 10 fire (a few
 * more where dot products need them), running a clip once through the model. Shifts are multiples of 1/64.
 */
export function enliven(model: SpikeVideoFormer, clip: Tensor): void {
  let fresh: BatchNorm | null = null;
  const undo = model.namedModules().map(([path, module]) => {
    if (module instanceof BatchNorm) {
      Object.assign(module, {
        forward: (x: Tensor) => {
          fresh = module;
          return BatchNorm.prototype.forward.call(module, x);
        },
      });
    } else if (module instanceof NeuronLayer) {
      Object.assign(module, {
        forward: (current: Tensor) => {
          if (fresh !== null) shift(module, current, fresh, rateOf(path, model.config));
          fresh = null;
          return NeuronLayer.prototype.forward.call(module, current);
        },
      });
    }
    return () => void Reflect.deleteProperty(module, "forward");
  });
  withoutGradients(() => void model.forward(clip));
  undo.forEach((restore) => restore());
}

function shift(layer: NeuronLayer, current: Tensor, norm: BatchNorm, rate: number): void {
  const base = affine(current, 1);
  const most = layer instanceof IntegerLif ? layer.levels : 1;
  const move = (by: number): number => {
    backend().affine(current.data, base.data, 1, by);
    return mean(dynamicsOf(layer, current).spikes).item() / most;
  };
  let [low, high] = [-16 * 64, 16 * 64];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (move(middle / 64) < rate) low = middle;
    else high = middle;
  }
  const nearest = Math.abs(move(low / 64) - rate) < Math.abs(move(high / 64) - rate) ? low : high;
  move(nearest / 64);
  norm.bias.data.forEach((bias, c) => (norm.bias.data[c] = bias + nearest / 64));
}

/** What a layer of neurons does eagerly. */
export type Firing = {
  readonly spikes: Float32Array;
  /** How far the membrane potential is from where the number of spikes changes. */
  readonly distance: Float32Array;
  readonly timeSteps: number;
  readonly levels: number;
};

function dynamicsOf(layer: NeuronLayer, current: Tensor): { readonly spikes: Tensor; readonly h: Tensor } {
  const timeSteps = current.shape[0]!;
  const size = current.size / timeSteps;
  const [spikes, h] = [Tensor.empty(current.shape), Tensor.empty(current.shape)];
  if (layer instanceof IntegerLif) {
    backend().integerNeuron(spikes.data, h.data, current.data, timeSteps, size, layer.keep, layer.levels);
  } else if (layer instanceof Lif || layer instanceof ParametricLif) {
    const { decayInput = true, firingThreshold = 1, reset = "hard", resetPotential = 0 } = layer.options;
    const decay =
      layer instanceof Lif ? 1 / (layer.options.tau ?? 2) : 1 / (1 + Math.exp(-layer.leakLogit.item()));
    backend().neuron(spikes.data, h.data, null, current.data, null, {
      timeSteps,
      size,
      decay,
      decayInput,
      firingThreshold,
      reset,
      resetPotential,
      detachReset: true,
      surrogate: surrogate.sigmoid(),
    });
  }
  return { spikes, h };
}

function distanceOf(layer: NeuronLayer, h: number): number {
  if (layer instanceof IntegerLif) {
    const below = Math.min(Math.max(Math.floor(h), 0), layer.levels - 1);
    return Math.abs(h - below - 0.5);
  }
  const { firingThreshold = 1 } = (layer as Lif | ParametricLif).options;
  return Math.abs(h - firingThreshold);
}

/** What a model does. */
export type Done = {
  readonly outputs: Readonly<
    Record<string, { readonly shape: readonly number[]; readonly data: Float32Array }>
  >;
  /** By path, in the order in which they fired. */
  readonly layers: ReadonlyMap<string, Firing>;
};

/** The eager pass of a model. */
export function eager(model: SpikeVideoFormer, clip: Tensor): Done {
  const layers = new Map<string, Firing>();
  const undo = model.namedModules().flatMap(([path, module]) => {
    if (!(module instanceof NeuronLayer)) return [];
    Object.assign(module, {
      forward: (current: Tensor) => {
        const spikes = NeuronLayer.prototype.forward.call(module, current);
        const { h } = dynamicsOf(module, current);
        layers.set(path, {
          spikes: Float32Array.from(spikes.data),
          distance: Float32Array.from(h.data, (potential) => distanceOf(module, potential)),
          timeSteps: current.shape[0]!,
          levels: spikes.spikeLevels,
        });
        return spikes;
      },
    });
    return [() => void Reflect.deleteProperty(module, "forward")];
  });
  const outputs = withoutGradients(() => copies(model.forward(clip)));
  undo.forEach((restore) => restore());
  return { outputs, layers };
}

function copies(outputs: Readonly<Record<string, Tensor>>): Done["outputs"] {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { shape, data }]) => [
      name,
      { shape, data: Float32Array.from(data) },
    ]),
  );
}

/** All layers of neurons of a model at one rate: near 0 makes a plan gather spikes, near 1 makes it multiply. */
export function allAt(model: SpikeVideoFormer, rate: number): Map<string, number> {
  const layers = model.namedModules().filter(([, module]) => module instanceof NeuronLayer);
  return new Map(layers.map(([path]) => [path, rate]));
}

/** What a session did: outputs of its last run, and the spikes of all layers of its plan. */
export type Ran = { readonly outputs: Done["outputs"]; readonly spikes: ReadonlyMap<string, Float32Array> };

/** Layers of neurons of a plan. */
export function layersOf({ plan }: Session): string[] {
  return plan.steps.flatMap(({ neuron }) => (neuron === null ? [] : [plan.value(neuron.spikes).layer]));
}

/** Runs or pushes and takes note. The plan keeps spikes. */
export function ran(session: Session, run: () => Record<string, Tensor>): Ran {
  return withoutGradients(() => ({
    outputs: copies(run()),
    spikes: new Map(layersOf(session).map((layer) => [layer, Float32Array.from(session.spikes(layer).data)])),
  }));
}

/** Compiles, runs a clip once, and frees. */
export function runCompiled(
  model: SpikeVideoFormer,
  clip: Tensor,
  options: Omit<CompileOptions, "input" | "timeSteps"> = {},
): Ran {
  const [timeSteps, ...input] = clip.shape as [number, ...number[]];
  const plan = compile(model, { input, timeSteps, keepSpikes: true, ...options });
  const session = new Session(plan);
  try {
    return ran(session, () => session.run(clip));
  } finally {
    session.dispose();
    plan.dispose();
  }
}

/** Numbers of flips: neurons that fired otherwise though their inputs were the same, and all that was compared. */
export type Flips = { readonly marginal: number; readonly behind: number; readonly compared: number };

/**
 * Compares spikes layer by layer in the order of the eager pass. As long as all layers before agree, a neuron may
 * fire otherwise only where its eager membrane potential is within `margin` of its threshold, and is not compared in
 * later steps. What lies behind such a neuron may differ, in at most a share `most` of neurons and steps of a layer.
 */
export function expectSpikes(got: Ran["spikes"], want: Done["layers"], margin: number, most: number): Flips {
  expect([...got.keys()].sort()).toEqual([...want.keys()].sort());
  let [marginal, behind, compared] = [0, 0, 0];
  for (const [path, { spikes, distance, timeSteps }] of want) {
    const found = got.get(path)!;
    expect(found.length, path).toBe(spikes.length);
    const clean = marginal === 0;
    const size = spikes.length / timeSteps;
    let differing = 0;
    for (let i = 0; i < size; i++) {
      for (let at = i; at < spikes.length; at += size) {
        compared++;
        if (found[at] === spikes[at]) continue;
        if (!clean) {
          differing++;
          continue;
        }
        const step = Math.floor(at / size);
        if (!(distance[at]! <= margin)) {
          expect.fail(
            `${path}: neuron ${i} at step ${step}: expected ${spikes[at]} spikes, got ${found[at]}, ` +
              `though its membrane potential is ${distance[at]} from its threshold`,
          );
        }
        marginal++;
        break;
      }
    }
    behind += differing;
    expect(
      differing / spikes.length,
      `${path}: share of neurons that differ behind ${marginal} flips`,
    ).toBeLessThanOrEqual(most);
  }
  return { marginal, behind, compared };
}

/** Expects the same spikes and the same outputs, bit for bit. */
export function expectSame(got: Ran, want: Ran): void {
  expect([...got.spikes.keys()]).toEqual([...want.spikes.keys()]);
  for (const [layer, spikes] of want.spikes) expectBits(layer, got.spikes.get(layer)!, spikes);
  expect(Object.keys(got.outputs)).toEqual(Object.keys(want.outputs));
  for (const [name, { shape, data }] of Object.entries(want.outputs)) {
    expect(show(got.outputs[name]!.shape), name).toBe(show(shape));
    expectBits(name, got.outputs[name]!.data, data);
  }
}

/** Expects the same numbers, bit for bit but for the sign of zero. */
export function expectBits(what: string, got: Float32Array, want: Float32Array): void {
  expect(got.length, what).toBe(want.length);
  const at = want.findIndex((value, i) => value !== got[i]);
  if (at >= 0) expect.fail(`${what}: entry ${at} of ${want.length}: expected ${want[at]}, got ${got[at]}`);
}

/** A clip `[T, B, C, H, W]` of multiples of 1/8 in [−2, 2], or of zeros and ones. */
export function clipOf(random: Random, shape: readonly number[], binary = false): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const numbers = Float32Array.from({ length: size }, () =>
    binary ? Number(random.uniform() < 0.3) : random.integer(-16, 17) / 8,
  );
  return tensor(numbers, shape);
}

/** A model, alive for a clip of its own. */
export function lively(
  config: SpikeVideoFormerConfig,
  seed: number,
  shape: readonly number[],
  { exact = true, binary = false } = {},
): { readonly model: SpikeVideoFormer; readonly clip: Tensor } {
  const random = new Random(seed);
  const model = new SpikeVideoFormer(config, random).eval();
  if (exact) makeExact(model, random);
  else makeReal(model, random);
  const clip = clipOf(random, shape, binary);
  enliven(model, clip);
  return { model, clip };
}
