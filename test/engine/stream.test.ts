import fc from "fast-check";
import { expect, suite, test } from "vitest";
import { add } from "../../src/autograd/index.ts";
import { backend } from "../../src/backend/index.ts";
import type { WasmBackend } from "../../src/backend/wasm/index.ts";
import { ArgumentError, Random, UnsupportedError } from "../../src/core/index.ts";
import { compile, type CompileOptions, Session } from "../../src/engine/index.ts";
import type { SpikeVideoFormer, SpikeVideoFormerConfig } from "../../src/models/index.ts";
import {
  type AttentionDesign,
  type Extent,
  type Score,
  scores,
  SpikingAttention,
} from "../../src/snn/index.ts";
import { Tensor, tensor } from "../../src/tensor/index.ts";
import { useBackend, wasm } from "../golden/backends.ts";
import { expectClose } from "../golden/close.ts";
import {
  allAt,
  clipOf,
  type Done,
  eager,
  expectBits,
  expectSame,
  expectSpikes,
  lively,
  neurons,
  type Ran,
  ran,
  runCompiled,
  small,
} from "./support.ts";

const designs: readonly AttentionDesign[] = ["joint", "hierarchical", "factorised", "spatial"];
const allScores: readonly Score[] = ["hamming", "dot", "euclidean", "manhattan"];
const windows = [1, 2, 5, Infinity];

const compact: SpikeVideoFormerConfig = {
  ...small,
  depths: [0, 1, 0, 1, 1],
  head: { kind: "dense", classes: 3 },
};

function streamOf(window: number): true | { readonly window: number } {
  return window === Infinity ? true : { window };
}

/** Sums over the keys that a token sees, by the matrix of scores: Σ (D·score − ½D if Hamming)·v times the scale. */
function causalSums(
  [q, k, v]: readonly [Tensor, Tensor, Tensor],
  extent: Extent,
  { heads, score, sumScale }: SpikingAttention,
  window: number,
): Tensor {
  const [T, B, H, W, C] = q.shape as [number, number, number, number, number];
  const depth = C / heads;
  const sums = Tensor.empty(q.shape);
  sums.data.fill(0);
  const groups =
    extent === "joint" ? [0] : Array.from({ length: extent === "spatial" ? T : H * W }, (_, i) => i);
  for (let b = 0; b < B; b++) {
    for (const group of groups) {
      const tokens = Array.from({ length: T * H * W }, (_, i) => ({
        t: Math.floor(i / (H * W)),
        p: i % (H * W),
      }));
      const own = tokens.filter(({ t, p }) => extent === "joint" || (extent === "spatial" ? t : p) === group);
      for (let head = 0; head < heads; head++) {
        const at = ({ t, p }: { t: number; p: number }): number =>
          ((t * B + b) * H * W + p) * C + head * depth;
        const take = (x: Tensor): Tensor =>
          tensor(
            own.flatMap((token) => Array.from(x.data.subarray(at(token), at(token) + depth))),
            [own.length, depth],
          );
        const all = scores(take(q), take(k), score).data;
        own.forEach((query, i) => {
          own.forEach((key, j) => {
            const seen = extent === "spatial" || (key.t <= query.t && key.t > query.t - window);
            if (!seen) return;
            const similarity = all[i * own.length + j]!;
            const weight =
              score === "dot"
                ? similarity * Math.sqrt(depth)
                : depth * (similarity - (score === "hamming" ? 0.5 : 0));
            for (let c = 0; c < depth; c++) {
              sums.data[at(query) + c]! += weight * sumScale * v.data[at(key) + c]!;
            }
          });
        });
      }
    }
  }
  return sums;
}

/** The eager pass of a model whose attention across time sees the last `window` steps alone. */
function causal(model: SpikeVideoFormer, clip: Tensor, window: number): Done {
  const undo = model.namedModules().flatMap(([, module]) => {
    if (!(module instanceof SpikingAttention)) return [];
    Object.assign(module, {
      forward: (x: Tensor) => {
        const spikes = module.inputNeurons.forward(x);
        const sums = module.extents.map((extent, i) => {
          const { q, k, v } = module.projections[i]!.forward(spikes);
          return causalSums([q, k, v], extent, module, window);
        });
        const merged = sums.reduce(add);
        const current = module.norm === null ? merged : module.norm.forward(merged);
        return module.output.forward(module.outputNeurons.forward(current));
      },
    });
    return [() => void Reflect.deleteProperty(module, "forward")];
  });
  const done = eager(model, clip);
  undo.forEach((restore) => restore());
  return done;
}

/** Steps `from` to `until` of a clip. */
function part(clip: Tensor, from: number, until: number): Tensor {
  const perStep = clip.size / clip.shape[0]!;
  return tensor(clip.data.slice(from * perStep, until * perStep), [until - from, ...clip.shape.slice(1)]);
}

/** Pushes a clip `chunk` steps at a time; spikes and outputs one after the other. */
function pushed(session: Session, clip: Tensor): Ran {
  const chunk = session.plan.timeSteps;
  const spikes = new Map<string, number[]>();
  const outputs: Record<string, number[]> = {};
  for (let t = 0; t < clip.shape[0]!; t += chunk) {
    const frames = part(clip, t, t + chunk);
    const now = ran(session, () => session.push(frames));
    frames.dispose();
    for (const [layer, s] of now.spikes) spikes.set(layer, [...(spikes.get(layer) ?? []), ...s]);
    for (const [name, { data }] of Object.entries(now.outputs)) (outputs[name] ??= []).push(...data);
  }
  return {
    spikes: new Map([...spikes].map(([layer, s]) => [layer, Float32Array.from(s)])),
    outputs: Object.fromEntries(
      Object.entries(outputs).map(([name, o]) => [name, { shape: [], data: Float32Array.from(o) }]),
    ),
  };
}

/** Expects spikes and outputs, whatever the shapes of the latter. */
function expectStream(got: Ran, want: Ran): void {
  for (const [layer, spikes] of want.spikes) expectBits(layer, got.spikes.get(layer)!, spikes);
  for (const [name, { data }] of Object.entries(want.outputs))
    expectBits(name, got.outputs[name]!.data, data);
}

/** Pushes a clip in chunks of every size, from rest each time. */
function inChunks(
  model: SpikeVideoFormer,
  clip: Tensor,
  options: Omit<CompileOptions, "input" | "timeSteps">,
  each: (got: Ran) => void,
): void {
  for (const timeSteps of [1, 2, 3]) {
    const plan = compile(model, { ...options, input: clip.shape.slice(1), timeSteps, keepSpikes: true });
    const session = new Session(plan);
    // Something else before, that a reset forgets.
    const frames = clipOf(new Random(timeSteps), [timeSteps, ...clip.shape.slice(1)]);
    session.push(frames);
    session.push(frames);
    frames.dispose();
    session.reset();
    each(pushed(session, clip));
    session.dispose();
    plan.dispose();
  }
}

suite("a stream", () => {
  useBackend(wasm);

  test.for(designs.flatMap((attention) => windows.map((window) => ({ attention, window }))))(
    "with $attention attention over $window steps is the eager model that sees no more, however it is cut",
    ({ attention, window }) => {
      allScores.forEach((score, i) => {
        const [T, B] = [6, 1 + (i % 2)];
        const neuron = Object.values(neurons)[i]!;
        const config = { ...compact, attention, score, neuron };
        const { model, clip } = lively(config, 60 + i, [T, B, 3, 32, 32]);
        const options = { stream: streamOf(window), firingRates: allAt(model, i < 2 ? 0.001 : 0.15) };
        const whole = runCompiled(model, clip, options);
        const want = causal(model, clip, window);
        expectSpikes(whole.spikes, want.layers, 0, 0);
        expectClose("logits", whole.outputs["logits"]!.data, want.outputs["logits"]!.data, 1e-6);
        if (window === 1 && attention !== "spatial") {
          const clipwise = runCompiled(model, clip);
          expect(() => expectStream(clipwise, whole), "windows matter").toThrow();
        }
        inChunks(model, clip, options, (got) => expectStream(got, whole));
        clip.dispose();
        model.dispose();
      });
    },
  );

  test("of counts is cut as it likes, too", () => {
    for (const attention of designs) {
      for (const window of [2, Infinity]) {
        const neuron = neurons["integer-lif"];
        const { model, clip } = lively({ ...compact, attention, neuron }, 70, [6, 2, 3, 32, 32]);
        const whole = runCompiled(model, clip, { stream: streamOf(window) });
        expectSpikes(whole.spikes, causal(model, clip, window).layers, 0, 0);
        inChunks(model, clip, { stream: streamOf(window) }, (got) => expectStream(got, whole));
        model.dispose();
      }
    }
  });

  test("of real numbers has the same bits however it is cut", () => {
    const streams = fc.record({
      attention: fc.constantFrom(...designs),
      score: fc.constantFrom(...allScores),
      window: fc.constantFrom(...windows, 3, 7),
      neuron: fc.constantFrom(...Object.values(neurons).filter((config) => !("levels" in config))),
      batch: fc.constantFrom(1, 2),
      precision: fc.constantFrom("f32" as const, "int16" as const),
      rate: fc.constantFrom(0.001, 0.15, 1),
      binary: fc.boolean(),
      seed: fc.integer({ min: 1, max: 1e6 }),
    });
    const property = fc.property(streams, (drawn) => {
      const { attention, score, window, neuron, batch, precision, rate, binary, seed } = drawn;
      const config = { ...compact, attention, score, neuron, head: { kind: "pose", inputSize: 32 } } as const;
      const { model, clip } = lively(config, seed, [6, batch, 3, 32, 32], { exact: false, binary });
      const options = { stream: streamOf(window), precision, firingRates: allAt(model, rate) };
      const whole = runCompiled(model, clip, options);
      inChunks(model, clip, options, (got) => expectStream(got, whole));
      clip.dispose();
      model.dispose();
    });
    fc.assert(property, { numRuns: 20, seed: 1 });
  });

  test("with spatial attention is the clip that it is cut from", () => {
    for (const stream of [true, { window: 2 }]) {
      const { model, clip } = lively({ ...compact, attention: "spatial" }, 5, [6, 2, 3, 32, 48], {
        exact: false,
      });
      const whole = runCompiled(model, clip);
      inChunks(model, clip, { stream }, (got) => expectStream(got, whole));
      model.dispose();
    }
  });

  test("goes on where a run ended, and a run starts from rest", () => {
    const { model, clip } = lively({ ...compact, attention: "factorised" }, 6, [6, 1, 3, 32, 32]);
    const options = { input: [3, 32, 32], stream: true, keepSpikes: true } as const;
    const long = compile(model, { ...options, timeSteps: 6 });
    const short = compile(model, { ...options, timeSteps: 3 });
    const [once, twice] = [new Session(long), new Session(short)];
    const whole = ran(once, () => once.run(clip));
    for (let repeat = 0; repeat < 2; repeat++) {
      const halves = [
        ran(twice, () => twice.run(part(clip, 0, 3))),
        ran(twice, () => twice.push(part(clip, 3, 6))),
      ];
      for (const [layer, spikes] of whole.spikes) {
        const joined = halves.flatMap((half) => [...half.spikes.get(layer)!]);
        expectBits(layer, Float32Array.from(joined), spikes);
      }
    }
    expectSame(
      ran(once, () => once.run(clip)),
      whole,
    );
    [once, twice, long, short, model].forEach((used) => used.dispose());
  });

  test("takes single frames without the leading axes, and means are those of the steps of a push", () => {
    const config = { ...compact, head: { kind: "classification", classes: 5 } } as const;
    const { model, clip } = lively(config, 7, [4, 1, 3, 32, 48]);
    const options = { stream: true, keepSpikes: true } as const;
    const { outputs } = runCompiled(model, clip, options);
    const plan = compile(model, { ...options, input: [3, 32, 48], timeSteps: 1 });
    const session = new Session(plan);
    const means = new Float64Array(5);
    for (let t = 0; t < 4; t++) {
      const frame = tensor(part(clip, t, t + 1).data, [3, 32, 48]);
      session.push(frame)["logits"]!.data.forEach((logit, i) => (means[i]! += logit / 4));
    }
    expectClose("logits", means, outputs["logits"]!.data, 1e-6);
    session.dispose();
    plan.dispose();
    model.dispose();
  });

  test.for([true, { window: 4 }])("needs no more memory after a thousand steps: %o", (stream) => {
    const { allocator } = (backend() as WasmBackend).device;
    const config = { ...small, depths: [0, 0, 0, 1, 0], attention: "factorised" } as const;
    const { model } = lively(config, 8, [2, 1, 3, 16, 16]);
    const frames = Array.from({ length: 8 }, (_, i) => clipOf(new Random(i), [1, 1, 3, 16, 16]));
    const plan = compile(model, { input: [3, 16, 16], timeSteps: 1, stream });
    const session = new Session(plan);
    const push = (i: number): void =>
      Object.values(session.push(frames[i % 8]!)).forEach((output) => output.dispose());
    push(0);
    const before = [session.bytes, allocator.blocks, allocator.capacity, allocator.available];
    for (let i = 1; i < 1000; i++) push(i);
    expect([session.bytes, allocator.blocks, allocator.capacity, allocator.available]).toEqual(before);
    [session, plan, model, ...frames].forEach((used) => used.dispose());
  });

  test("over all of the past ends with an error before sums leave 32 bits, and goes on after a reset", () => {
    const neuron = { kind: "integer-lif", levels: 63 } as const;
    const config = { ...compact, depths: [0, 0, 0, 1, 0], neuron } as const;
    // Heads of 4 channels, counts up to 63, one token a step: ⌊(2³¹ − 1) / (8·4·63³)⌋ steps.
    const most = 268;
    const { model, clip } = lively(config, 9, [most, 1, 3, 16, 16]);
    const options = { input: [3, 16, 16], keepSpikes: true } as const;
    expect(() => compile(model, { ...options, timeSteps: most + 1 })).toThrow(UnsupportedError);
    expect(() => compile(model, { ...options, timeSteps: 1, stream: { window: most + 1 } })).toThrow(
      UnsupportedError,
    );
    const whole = runCompiled(model, clip, { stream: true });
    const plan = compile(model, { ...options, timeSteps: 1, stream: true });
    const session = new Session(plan);
    expectStream(pushed(session, clip), whole);
    const frame = part(clip, 0, 1);
    expect(() => session.push(frame)).toThrow(ArgumentError);
    expect(() => session.push(frame)).toThrow("at most 268 steps");
    session.reset();
    expectStream(pushed(session, clip), whole);
    session.dispose();
    plan.dispose();
    for (const [attention, ends] of [
      ["hierarchical", true],
      ["spatial", false],
    ] as const) {
      const other = lively({ ...config, attention }, 9, [2, 1, 3, 16, 16]).model;
      const endless = compile(other, { ...options, timeSteps: 67, stream: true });
      const stream = new Session(endless);
      const frames = part(clip, 0, 67);
      for (let i = 0; i < 4; i++) stream.push(frames);
      if (ends) expect(() => stream.push(frames)).toThrow(ArgumentError);
      else stream.push(frames);
      [stream, endless, other].forEach((used) => used.dispose());
    }
    model.dispose();
  });

  test("with a window never ends", () => {
    const neuron = { kind: "integer-lif", levels: 63 } as const;
    const { model, clip } = lively({ ...compact, depths: [0, 0, 0, 1, 0], neuron }, 9, [300, 1, 3, 16, 16]);
    const plan = compile(model, { input: [3, 16, 16], timeSteps: 100, stream: { window: 268 } });
    const session = new Session(plan);
    for (let i = 0; i < 3; i++) session.push(part(clip, 100 * i, 100 * i + 100));
    [session, plan, model].forEach((used) => used.dispose());
  });
});
