import { expect, suite, test } from "vitest";
import { ReferenceBackend, setBackend } from "../../src/backend/index.ts";
import { ArgumentError, DisposedError, Random, ShapeError, UnsupportedError } from "../../src/core/index.ts";
import { compile, type CompileOptions, Session } from "../../src/engine/index.ts";
import { type Outputs, SpikeVideoFormer, type SpikeVideoFormerConfig } from "../../src/models/index.ts";
import { BatchNorm, Conv2d, Linear, Module } from "../../src/nn/index.ts";
import { ConvBlock, type NeuronConfig, NeuronLayer } from "../../src/snn/index.ts";
import { scope, type Tensor, tensor, zeros } from "../../src/tensor/index.ts";
import { useBackend, wasm } from "../golden/backends.ts";
import { small } from "./support.ts";

const config: SpikeVideoFormerConfig = { ...small, depths: [0, 1, 0, 1, 0] };
const options = { input: [3, 16, 16], timeSteps: 2 } as const;

function build(change: Partial<SpikeVideoFormerConfig> = {}): SpikeVideoFormer {
  return new SpikeVideoFormer({ ...config, ...change }, new Random(1)).eval();
}

/** Runs with a session that is freed. */
function withSession(
  use: (session: Session) => void,
  more: Partial<CompileOptions> = {},
  change: Partial<SpikeVideoFormerConfig> = {},
): void {
  const model = build(change);
  const plan = compile(model, { ...options, ...more });
  const session = new Session(plan);
  scope(() => use(session));
  session.dispose();
  plan.dispose();
  model.dispose();
}

suite("compile", () => {
  useBackend(wasm);

  test.for([
    ["no axes", []],
    ["two axes", [16, 16]],
    ["five axes", [2, 1, 3, 16, 16]],
    ["no pixels", [3, 0, 16]],
    ["half a pixel", [3, 16, 16.5]],
    ["a negative batch", [-1, 3, 16, 16]],
    ["NaN", [3, NaN, 16]],
    ["other channels than the model's", [4, 16, 16]],
  ] as const)("refuses an input of %s", ([, input]) => {
    const model = build();
    expect(() => compile(model, { ...options, input })).toThrow(ShapeError);
    model.dispose();
  });

  test.for([0, -1, 1.5, NaN, Infinity])("refuses %d time steps", (timeSteps) => {
    const model = build();
    expect(() => compile(model, { ...options, timeSteps })).toThrow(ArgumentError);
    expect(() => compile(model, { ...options, timeSteps })).toThrow("timeSteps");
    model.dispose();
  });

  test.for([0, -2, 0.5, NaN])("refuses a window of %d steps", (window) => {
    const model = build();
    expect(() => compile(model, { ...options, stream: { window } })).toThrow(ArgumentError);
    expect(() => compile(model, { ...options, stream: { window } })).toThrow("window");
    model.dispose();
  });

  test("refuses a precision that there is not", () => {
    const model = build();
    const precision = "int8" as "int16";
    expect(() => compile(model, { ...options, precision })).toThrow(ArgumentError);
    model.dispose();
  });

  test("refuses pictures of another size than the head reads", () => {
    const model = build({ head: { kind: "pose", inputSize: 32 } });
    expect(() => compile(model, options)).toThrow(ArgumentError);
    model.dispose();
  });

  class Other extends Module {
    forward(x: Tensor): Tensor {
      return x;
    }
  }
  class OtherNeurons extends NeuronLayer {
    protected fire(current: Tensor): Tensor {
      return current;
    }
  }
  class OtherHead extends Module {
    forward(features: Tensor): Outputs {
      return { features };
    }
  }

  test.for([
    ["stages.1.blocks.0", Other],
    ["stages.1.blocks.0.sep", Other],
    ["stages.1.blocks.0.sep.norm1", Other],
    ["stages.1.blocks.0.sep.depthwise", Other],
    ["stages.1.blocks.0.neurons2", OtherNeurons],
    ["stages.1.down", Other],
    ["stages.1.down.norm", Other],
    ["stages.3.blocks.0", ConvBlock],
    ["stages.3.blocks.0.attention.0", Other],
    ["stages.3.blocks.0.attention.0.norm", Other],
    ["stages.3.blocks.0.attention.0.output", Other],
    ["stages.3.blocks.0.attention.0.output.norm3", Other],
    ["stages.3.blocks.0.attention.0.output.depthwise", Other],
    ["stages.3.blocks.0.attention.0.projections.0.query", Other],
    ["stages.3.blocks.0.attention.0.projections.0.keyNeurons", OtherNeurons],
    ["stages.3.blocks.0.mlp", Other],
    ["stages.3.blocks.0.mlp.linear1", Other],
    ["head", OtherHead],
    ["head.neurons", OtherNeurons],
    ["head.classifier", Other],
  ] as const)("names the module that it does not know: %s", ([path, kind]) => {
    const model = build();
    const modules = new Map(model.namedModules());
    // A convolution block can stand where it likes.
    const known = kind === ConvBlock;
    const made = known ? new ConvBlock(new Random(1), 8, {}) : new (kind as typeof Other)();
    const names = path.split(".");
    let owner = "";
    const last = names.pop()!;
    if (/^\d+$/.test(last)) {
      const list = names.pop()! as keyof Module;
      owner = names.join(".");
      (modules.get(owner)![list] as unknown as Module[])[Number(last)] = made;
    } else {
      owner = names.join(".");
      Object.assign(modules.get(owner)!, { [last]: made });
    }
    if (known) {
      compile(model, options).dispose();
    } else {
      expect(() => compile(model, options)).toThrow(UnsupportedError);
      expect(() => compile(model, options)).toThrow(`got ${kind.name} at ${path}`);
    }
    model.dispose();
  });

  test("refuses what is no model of the library", () => {
    expect(() => compile(new Other(), options)).toThrow(UnsupportedError);
    expect(() => compile(new Other(), options)).toThrow("got Other");
    for (const module of [
      new Conv2d(new Random(1), 3, 3, 1),
      new Linear(new Random(1), 3, 3),
      new BatchNorm(3),
    ]) {
      expect(() => compile(module, options)).toThrow(UnsupportedError);
      module.dispose();
    }
  });

  test.for([
    ["distances between counts", { score: "euclidean", neuron: { kind: "integer-lif" } }],
    ["distances between counts", { score: "manhattan", neuron: { kind: "integer-lif" } }],
    ["heads as wide as no table", { embedDims: [4, 4, 512, 8], heads: 1 }],
    // Channel by channel a query could list more spikes than there is room for.
    ["counts of too many spikes", { embedDims: [4, 4, 256, 8], heads: 1, neuron: counting(127) }],
  ] as const)("says by name which attention it cannot serve: %s", ([, change]) => {
    const model = build(change);
    const frames = { input: [3, 16, 16], timeSteps: 1 } as const;
    expect(() => compile(model, frames)).toThrow(UnsupportedError);
    expect(() => compile(model, frames)).toThrow("stages.3.blocks.0.attention.0");
    model.dispose();
  });

  test("refuses more tokens than sums can hold", () => {
    const model = build({ neuron: counting(15) });
    // Of 4 channels: ⌊(2³¹ − 1) / (8·4·15³)⌋ tokens.
    expect(() => compile(model, { ...options, timeSteps: 19884 }).dispose()).not.toThrow();
    expect(() => compile(model, { ...options, timeSteps: 19885 })).toThrow(UnsupportedError);
    expect(() => compile(model, { ...options, timeSteps: 19885 })).toThrow("at most 19884 tokens");
    expect(() => compile(model, { ...options, stream: { window: 19885 } })).toThrow(UnsupportedError);
    model.dispose();
  });
});

function counting(levels: number): NeuronConfig {
  return { kind: "integer-lif", levels };
}

suite("a session", () => {
  useBackend(wasm);

  test.for([
    ["another number of steps", [3, 1, 3, 16, 16]],
    ["another batch", [2, 2, 3, 16, 16]],
    ["other channels", [2, 1, 4, 16, 16]],
    ["other frames", [2, 1, 3, 16, 8]],
    ["fewer axes than it needs", [3, 16, 16]],
    ["more axes", [1, 2, 1, 3, 16, 16]],
    ["nothing", [2, 1, 3, 0, 16]],
  ] as const)("refuses a clip of %s", ([, shape]) => {
    withSession(
      (session) => {
        for (const run of [() => session.run(zeros(shape)), () => session.push(zeros(shape))]) {
          expect(run).toThrow(ShapeError);
          expect(run).toThrow("expected input [2, 1, 3, 16, 16]");
        }
      },
      { stream: true },
    );
  });

  test.for([NaN, Infinity, -Infinity])(
    "refuses %d, says where it is, and goes on as if it had not been",
    (fault) => {
      withSession(
        (session) => {
          const numbers = Float32Array.from({ length: 2 * 3 * 256 }, (_, i) => (i % 7) - 3);
          const good = tensor(numbers, [2, 1, 3, 16, 16]);
          const [first, second] = [session.run(good), session.push(good)];
          session.run(good);
          const bad = tensor(numbers, good.shape);
          bad.data[768 + 256 + 3 * 16 + 5] = fault;
          for (const run of [() => session.push(bad)]) {
            expect(run).toThrow(ArgumentError);
            expect(run).toThrow(`session: expected finite numbers, got ${fault} at [1, 0, 1, 3, 5]`);
          }
          expect(session.push(good)["logits"]!.data).toEqual(second["logits"]!.data);
          expect(() => session.run(bad)).toThrow(ArgumentError);
          expect(session.run(good)["logits"]!.data).toEqual(first["logits"]!.data);
        },
        { stream: true },
      );
    },
  );

  test("takes numbers whose sum is not finite", () => {
    withSession((session) => {
      const huge = tensor(new Float32Array(2 * 3 * 256).fill(3e38), [2, 1, 3, 16, 16]);
      expect(session.run(huge)["logits"]!.shape).toEqual([1, 5]);
    });
  });

  test("pushes only where its plan is a stream", () => {
    withSession((session) => {
      expect(() => session.push(zeros([2, 1, 3, 16, 16]))).toThrow(UnsupportedError);
      expect(() => session.push(zeros([2, 1, 3, 16, 16]))).toThrow("stream");
    });
  });

  test("shows spikes only of layers of neurons, where they are kept, and after a run", () => {
    withSession((session) => {
      session.run(zeros([2, 1, 3, 16, 16]));
      expect(() => session.spikes("head.neurons")).toThrow(ArgumentError);
      expect(() => session.spikes("head.neurons")).toThrow("keepSpikes");
    });
    withSession(
      (session) => {
        expect(() => session.spikes("head.neurons")).toThrow(ArgumentError);
        session.run(zeros([2, 1, 3, 16, 16]));
        expect(session.spikes("head.neurons").shape).toEqual([2, 1, 1, 1, 8]);
        for (const layer of ["head", "stages.0.down.conv", "", "input"]) {
          expect(() => session.spikes(layer)).toThrow(ArgumentError);
        }
      },
      { keepSpikes: true },
    );
  });

  test("throws after it was freed, and after its plan was", () => {
    const model = build();
    const frames = zeros([2, 1, 3, 16, 16]);
    const plan = compile(model, { ...options, stream: true, keepSpikes: true });
    const [one, two] = [new Session(plan), new Session(plan)];
    two.run(frames);
    const spikes = plan.steps.find(({ neuron }) => neuron !== null)!.neuron!.spikes;
    one.dispose();
    for (const session of [one, two]) {
      for (const use of [
        () => session.run(frames),
        () => session.push(frames),
        () => session.spikes("head.neurons"),
        () => session.firingRate(spikes),
      ]) {
        expect(use).toThrow(DisposedError);
      }
      plan.dispose();
    }
    expect(() => new Session(plan)).toThrow(DisposedError);
    two.dispose();
    frames.dispose();
    model.dispose();
  });

  test("refuses frames that were freed", () => {
    withSession((session) => {
      const frames = zeros([2, 1, 3, 16, 16]);
      frames.dispose();
      expect(() => session.run(frames)).toThrow(DisposedError);
    });
  });

  test("belongs to the backend of its plan", () => {
    const model = build();
    const plan = compile(model, options);
    const session = new Session(plan);
    const frames = zeros([2, 1, 3, 16, 16]);
    const own = setBackend(new ReferenceBackend());
    expect(() => session.run(frames)).toThrow(ArgumentError);
    expect(() => new Session(plan)).toThrow(ArgumentError);
    setBackend(own);
    session.run(frames);
    [session, plan, frames, model].forEach((used) => used.dispose());
  });
});
