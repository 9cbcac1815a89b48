import { expect, suite, test } from "vitest";
import { ArgumentError, Random } from "../../src/core/index.ts";
import {
  type AttentionDesign,
  attentionModules,
  RepConv,
  type Score,
  SpikingAttention,
} from "../../src/snn/index.ts";
import { scope, tensor, type Tensor, withoutGradients } from "../../src/tensor/index.ts";
import { useBackend, wasm } from "../golden/backends.ts";
import { fillModule } from "../golden/fill.ts";

const channels = 8;
/** T, B, H, W */
const [steps, clips, height, width] = [3, 2, 7, 7] as const;
const shape = [steps, clips, height, width, channels];

/** Modules whose layers all fire, in evaluation. */
function modulesOf(design: AttentionDesign, score: Score = "hamming"): SpikingAttention[] {
  const modules = attentionModules(new Random(1), channels, design, { heads: 2, score, neurons: {} });
  modules.forEach((module, i) => {
    // Sums over the few tokens of a place are smaller than those over the many of a frame.
    const [mean, variance] = i === 0 ? [0.3, 0.05] : [-0.2, 0.01];
    fillModule(
      module,
      (name) => name,
      [
        ["pointwise1", 12],
        ["output.pointwise2", 1],
        ["pointwise2", 4],
        ["*", 1],
      ],
      [
        ["norm.runningMean", 1, mean],
        ["norm.runningVariance", variance, 0],
      ],
    );
    module.eval();
  });
  return modules;
}

function clip(seed: number): Tensor {
  const random = new Random(seed);
  return tensor(
    Array.from({ length: steps * clips * height * width * channels }, () => random.uniform(-3, 3)),
    shape,
  );
}

/** Places `t b y x` whose result changes when the input changes at one place. */
function reach(module: SpikingAttention, [t, b, y, x]: readonly [number, number, number, number]): string[] {
  return withoutGradients(() => {
    const changed = new Set<string>();
    // Several clips and values, as some change no spike.
    for (const seed of [1, 2, 3, 4, 5]) {
      const before = [...module.forward(clip(seed)).data];
      for (const value of [-3, 6]) {
        const other = clip(seed);
        const at = (((t * clips + b) * height + y) * width + x) * channels;
        other.data.fill(value, at, at + channels);
        module.forward(other).data.forEach((after, i) => {
          if (after === before[i]) return;
          const place = Math.floor(i / channels);
          const column = place % width;
          const row = Math.floor(place / width) % height;
          const image = Math.floor(place / width / height);
          changed.add(`${Math.floor(image / clips)} ${image % clips} ${row} ${column}`);
        });
      }
    }
    return [...changed];
  });
}

const last = [steps - 1, 1, 0, 0] as const;
const ofClip = (place: string) => place.split(" ")[1] === "1";
const ofLastFrame = (place: string) => place.startsWith(`${steps - 1} `);
/** Two 3×3 convolutions, before and behind the attention, reach two pixels. */
const near = (place: string) =>
  place
    .split(" ")
    .slice(2)
    .every((at) => Number(at) <= 2);

suite("spiking attention", () => {
  useBackend(wasm);

  test("over all of a clip reaches every frame of it, earlier ones, too, and no other clip", () => {
    const [module] = modulesOf("joint");
    const reached = reach(module!, last);
    expect(reached.every(ofClip)).toBe(true);
    expect(reached.some((place) => !ofLastFrame(place) && !near(place))).toBe(true);
    module!.dispose();
  });

  test("over a frame reaches all of the frame and no frame before it", () => {
    for (const module of [modulesOf("spatial")[0]!, modulesOf("hierarchical")[0]!]) {
      const reached = reach(module, last);
      expect(reached.every((place) => ofClip(place) && ofLastFrame(place))).toBe(true);
      expect(reached.some((place) => !near(place))).toBe(true);
      module.dispose();
    }
  });

  test("over time reaches other frames of a place, and no other places", () => {
    const module = modulesOf("hierarchical")[1]!;
    const reached = reach(module, last);
    expect(reached.every((place) => ofClip(place) && near(place))).toBe(true);
    expect(reached.some((place) => !ofLastFrame(place))).toBe(true);
    module.dispose();
  });

  test("over space and time at once reaches the frame and the place, and nothing beside both", () => {
    const [module] = modulesOf("factorised");
    const reached = reach(module!, last);
    expect(reached.every((place) => ofClip(place) && (ofLastFrame(place) || near(place)))).toBe(true);
    expect(reached.some((place) => ofLastFrame(place) && !near(place))).toBe(true);
    expect(reached.some((place) => !ofLastFrame(place) && near(place))).toBe(true);
    module!.dispose();
  });

  test.for([
    { design: "joint", projections: 4, modules: 1 },
    { design: "spatial", projections: 4, modules: 1 },
    { design: "hierarchical", projections: 8, modules: 2 },
    { design: "factorised", projections: 7, modules: 1 },
  ] as const)("the $design design has $projections projections", ({ design, projections, modules }) => {
    const one = new RepConv(new Random(1), channels);
    const projection = one.parameterCount();
    expect(projection).toBe(2 * channels ** 2 + 9 * channels + 6 * channels);
    const count = (score: Score) => {
      const made = modulesOf(design, score);
      expect(made.length).toBe(modules);
      const total = made.reduce((sum, module) => sum + module.parameterCount(), 0);
      for (const module of made) module.dispose();
      return total;
    };
    expect(count("dot")).toBe(projections * projection);
    expect(count("hamming")).toBe(projections * projection + modules * 2 * channels);
    one.dispose();
  });

  test("channels divide into heads", () => {
    const options = { heads: 3, score: "dot", neurons: {} } as const;
    expect(() => new SpikingAttention(new Random(1), 8, ["joint"], options)).toThrow(ArgumentError);
  });

  test("scores that agree on binary vectors give the same result", () => {
    scope(() => {
      const [euclidean, manhattan] = (["euclidean", "manhattan"] as const).map((score) => {
        const [module] = modulesOf("factorised", score);
        const out = module!.forward(clip(7));
        module!.dispose();
        return [...out.data];
      });
      expect(euclidean).toEqual(manhattan);
    });
  });
});
