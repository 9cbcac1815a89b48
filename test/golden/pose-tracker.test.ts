import { readFileSync } from "node:fs";
import { expect, suite, test } from "vitest";
import {
  add,
  affine,
  clamp,
  concat,
  detach,
  div,
  gradients,
  mean,
  mul,
  permute,
  reshape,
  slice,
  square,
  sub,
} from "../../src/autograd/index.ts";
import {
  axisAngleToMatrix,
  bodyJoints,
  rotationAngle,
  rotationFromSixD,
  smplJointBasis,
  type SmplModel,
} from "../../src/body/index.ts";
import { Random } from "../../src/core/index.ts";
import { officialPoseTrackerName, PoseTracker, poseTrackerPresets } from "../../src/models/index.ts";
import { observe, weightedSum } from "../../src/nn/index.ts";
import { scope, tensor, type Tensor, withoutGradients } from "../../src/tensor/index.ts";
import { golden as geometry } from "../body/golden.ts";
import { float64, useBackend, wasm } from "./backends.ts";
import { expectClose, l2 } from "./close.ts";
import { type AffineRules, binary, fillModule, type GainRules, uniform } from "./fill.ts";
import { goldenFile } from "./fixtures.ts";

type Case = {
  readonly key: string;
  readonly params: number;
  readonly config: {
    readonly backbone: string;
    readonly d_hidden: number;
    readonly n_head: number;
    readonly n_layers: number;
    readonly cam_intr: readonly [number, number, number, number];
  };
  readonly input: {
    readonly fill: string;
    readonly shape: readonly [number, number, number, number, number];
  };
  readonly gain_rules: GainRules;
  readonly affine_rules: AffineRules;
  readonly rates: Readonly<Record<string, number>>;
  readonly losses: Readonly<Record<"trans" | "theta" | "joints3d" | "joints2d" | "beta", number>>;
  readonly grad_l2: Readonly<Record<string, number>>;
};

const file = new URL("../fixtures/golden/pose-tracker.json", import.meta.url);
const cases = JSON.parse(readFileSync(file, "utf8")) as readonly Case[];
const find = (key: string) => cases.find((one) => one.key === key)!;

function build({ config, gain_rules, affine_rules }: Case): PoseTracker {
  const depth = Number(config.backbone.slice("sew_resnet".length)) as 18;
  const sizes = { depth, layers: config.n_layers, width: config.d_hidden, heads: config.n_head };
  const model = new PoseTracker({ ...poseTrackerPresets.released, ...sizes }, new Random(0));
  fillModule(model, officialPoseTrackerName, gain_rules, affine_rules);
  return model;
}

/** The clip of a case as our models take it, `[T, B, C, H, W]`. */
function clip({ input }: Case): Tensor {
  return permute(tensor(binary(input.fill, input.shape, 0.1), input.shape), [1, 0, 2, 3, 4]);
}

/** The official name of a layer of neurons. */
function officialNeurons(layer: string): string {
  return officialPoseTrackerName(`${layer}.leakLogit`).replace(/\.w$/, "");
}

// R50 has a neuron 2e-7 from its threshold, which float32 sums in another order may cross: float64 alone.
const runs = [
  { subject: wasm, keys: ["small_r18", "small_r34"] },
  { subject: float64, keys: ["small_r50"] },
];

suite.for(runs)("the pose tracker on $subject.name", ({ subject, keys }) => {
  useBackend(subject);

  test.for(keys.map((key) => [key]))(
    "%s: firing rates, attention scores and outputs are those of the released code",
    { timeout: 120_000 },
    ([key]) => {
      const which = find(key!);
      const model = build(which).eval();
      expect(model.parameterCount()).toBe(which.params);
      const rates = new Map<string, number>();
      const stop = observe(model, (layer, seen) => {
        if (seen.kind === "neuron")
          rates.set(officialNeurons(layer), l2(seen.spikes.data) ** 2 / seen.spikes.size);
      });
      withoutGradients(() => {
        const { outputs, scores } = model.run(clip(which));
        const names = Object.keys(which.rates);
        expect([...rates.keys()].sort()).toEqual([...names].sort());
        expectClose(
          "rates",
          names.map((name) => rates.get(name)!),
          Object.values(which.rates),
          1e-8,
        );
        const golden = goldenFile(`hpt_${key}`);
        for (const [ours, theirs] of [
          ["pose6d", "pose6d"],
          ["translation", "trans"],
          ["shape", "beta"],
        ] as const) {
          const got = permute(outputs[ours]!, [1, 0, 2]).data;
          expectClose(theirs, got, golden.get(theirs).data, 10 * subject.epsilon);
        }
        expectClose("scores", scores.at(-1)!.data, golden.get("attention_score").data, subject.epsilon, 0.05);
      });
      stop();
      model.dispose();
    },
  );
});

suite("training the pose tracker", () => {
  useBackend(wasm);

  test("one step has the losses and gradients of the released code", { timeout: 120_000 }, () => {
    const which = find("train_r18");
    const model = build(which);
    const smpl: SmplModel = {
      vTemplate: geometry("smpl/v_template"),
      shapedirs: geometry("smpl/shapedirs"),
      posedirs: geometry("smpl/posedirs"),
      jRegressor: geometry("smpl/J_regressor"),
      weights: geometry("smpl/weights"),
      parents: geometry("smpl/parents"),
      faces: geometry("smpl/faces"),
    };
    scope(() => {
      const { outputs } = model.run(clip(which));
      // The released code counts batches first: [B, T + 1, …].
      const [B, N] = [which.input.shape[0], which.input.shape[0] * (which.input.shape[1] + 1)];
      const official = (name: string) => reshape(permute(outputs[name]!, [1, 0, 2]), [N, -1]);
      const [fx, fy, cx, cy] = which.config.cam_intr.map((value) => value / which.input.shape[3]) as [
        number,
        number,
        number,
        number,
      ];
      const rotations = rotationFromSixD(reshape(official("pose6d"), [N, 24, 6]));
      const translation = official("translation");
      const shape = official("shape");
      const joints = add(
        bodyJoints(rotations, shape, smplJointBasis(smpl)),
        reshape(detach(translation), [N, 1, 3]),
      );
      const depth = affine(slice(joints, 2, 2, 3), 1, 1e-5);
      const x = affine(div(slice(joints, 2, 0, 1), depth), fx, cx);
      const y = affine(div(slice(joints, 2, 1, 2), depth), fy, cy);
      const pixels = clamp(concat([x, y], 2), 0, 1);
      const steps = N / B;
      const target = (name: string, sizes: number[], low: number, high: number) =>
        tensor(uniform(`hpt.train.${name}`, [B, steps, ...sizes], low, high), [N, ...sizes]);
      const theta = target("ttheta", [72], -1.5, 1.5);
      const wanted = tensor(axisAngleToMatrix(theta.data), [N, 24, 3, 3]);
      const error = (a: Tensor, b: Tensor) => mean(square(sub(a, b)));
      const terms = {
        trans: mul(error(translation, target("ttrans", [3], -1, 1)), tensor([50], [])),
        theta: mul(mean(rotationAngle(rotations, wanted)), tensor([10], [])),
        joints3d: error(joints, target("tj3", [24, 3], -1, 1)),
        joints2d: mul(error(pixels, target("tj2", [24, 2], 0, 1)), tensor([10], [])),
        beta: error(shape, target("tbeta", [10], -1, 1)),
      };
      for (const [name, loss] of Object.entries(terms)) {
        const want = which.losses[name as keyof typeof terms];
        expectClose(name, [loss.item()], [want], 2e-5, 0);
      }
      const named = [...model.namedTensors()].filter(([, one]) => one.requiresGrad);
      const found = gradients(
        weightedSum(Object.values(terms).map((term) => [1, term] as const)),
        named.map(([, one]) => one),
      );
      expect(named.map(([path]) => officialPoseTrackerName(path)).sort()).toEqual(
        Object.keys(which.grad_l2).sort(),
      );
      const largest = Math.max(...Object.values(which.grad_l2));
      named.forEach(([path], i) => {
        const name = officialPoseTrackerName(path);
        const want = which.grad_l2[name]!;
        const got = l2(found[i]!.data);
        // Biases in front of a normalisation have no gradient but rounding; those of neurons' leaks are sums that cancel.
        if (want < 1e-6) expect(got, name).toBeLessThan(1e-4 * largest);
        else expectClose(`gradient of ${name}`, [got], [want], name.endsWith(".w") ? 1e-3 : 2e-4, 0);
      });
    });
    model.dispose();
  });
});
