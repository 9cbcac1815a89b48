import { expect, suite, test } from "vitest";
import { gradients, mul, slice, sum } from "../../src/autograd/index.ts";
import { backend, type Neuron } from "../../src/backend/index.ts";
import {
  integerLif,
  lif,
  type LifOptions,
  type NeuronOutput,
  parametricLif,
  type Surrogate,
  surrogate as surrogates,
} from "../../src/snn/index.ts";
import { scope, type Tensor, tensor } from "../../src/tensor/index.ts";
import { subjects, useBackend } from "./backends.ts";
import { expectClose } from "./close.ts";
import { type Golden, goldenFile, manifest, type NeuronCase, type SurrogateKey } from "./fixtures.ts";

const golden = goldenFile("neurons");

const surrogateOf: Record<SurrogateKey, Surrogate> = {
  atan2: surrogates.atan(),
  sigmoid4: surrogates.sigmoid(),
  rect1: surrogates.rectangular(),
  eq5_c2: surrogates.gatedAtan(),
};

function load({ shape, data }: Golden): Tensor {
  const loaded = tensor(data, shape);
  loaded.requiresGrad = true;
  return loaded;
}

function optionsOf({ neuron, tau, reset, decay_input }: NeuronCase): LifOptions {
  return { tau: neuron === "IF" ? Infinity : (tau ?? 2), reset, decayInput: decay_input };
}

function fire(x: Tensor, which: NeuronCase, leakLogit: Tensor | null, options: LifOptions): NeuronOutput {
  const { tau: _, ...rest } = options;
  return leakLogit === null || which.neuron !== "PLIF" ? lif(x, options) : parametricLif(x, leakLogit, rest);
}

suite.for(subjects)("neurons on $name", (subject) => {
  useBackend(subject);

  test.for(manifest.neurons.cases)("$key: spikes, potentials before and after the reset", (which) => {
    scope(() => {
      const x = load(golden.get(`${which.key}/x`));
      const leakLogit = which.neuron === "PLIF" ? load(golden.get("plif_w")) : null;
      const options = optionsOf(which);
      const { spikes } = fire(x, which, leakLogit, options);
      expect([...spikes.data]).toEqual([...(golden.get(`${which.key}/spikes`).data as Float32Array)]);
      expect(spikes.spikeLevels).toBe(1);
      const [steps, size] = x.shape as [number, number];
      const v = golden.get(`${which.key}/v`).data as Float32Array;
      for (let t = 0; t < steps; t++) {
        const { membranePotential } = fire(slice(x, 0, 0, t + 1), which, leakLogit, options);
        const want = v.subarray(t * size, (t + 1) * size);
        expectClose(`v after step ${t}`, membranePotential.data, want, subject.epsilon);
      }
      const h = tensor(x.data, x.shape);
      const decay = leakLogit === null ? 1 / options.tau! : 1 / (1 + Math.exp(-leakLogit.item()));
      const p: Neuron = {
        timeSteps: steps,
        size,
        decay,
        decayInput: which.decay_input,
        firingThreshold: 1,
        reset: which.reset,
        resetPotential: 0,
        detachReset: true,
        surrogate: surrogates.sigmoid(),
      };
      backend().neuron(spikes.data, h.data, null, x.data, null, p);
      expectClose("h", h.data, golden.get(`${which.key}/h`).data, subject.epsilon);
    });
  });

  test.for(manifest.neurons.cases)("$key: gradients of every surrogate, reset detached or not", (which) => {
    for (const { surrogate, detach_reset, grad_x, grad_w } of which.grads) {
      scope(() => {
        const x = load(golden.get(`${which.key}/x`));
        const leakLogit = load(golden.get("plif_w"));
        const options = {
          ...optionsOf(which),
          surrogate: surrogateOf[surrogate],
          detachReset: detach_reset,
        };
        const { spikes } = fire(x, which, leakLogit, options);
        const loss = sum(mul(spikes, load(golden.get("c"))));
        const [dx, dw] = gradients(loss, [x, leakLogit]) as [Tensor, Tensor];
        expectClose(grad_x, dx.data, golden.get(grad_x).data, subject.epsilon);
        // The gradient of the leak is a sum over the layer that cancels.
        if (grad_w !== undefined)
          expectClose(grad_w, dw.data, golden.get(grad_w).data, 100 * subject.epsilon);
      });
    }
  });

  test("a given membrane potential is where the first step starts, and takes a gradient", () => {
    scope(() => {
      const at = (name: string) => golden.get(`vinit_LIF3_soft_decay/${name}`);
      const x = load(at("x"));
      const initial = load(at("v0"));
      const surrogate = surrogates.atan();
      const options = { tau: 3, reset: "soft", detachReset: false, surrogate, initial } as const;
      const { spikes, membranePotential } = lif(x, options);
      expect([...spikes.data]).toEqual([...(at("spikes").data as Float32Array)]);
      const v = at("v").data as Float32Array;
      expectClose("v", membranePotential.data, v.subarray(v.length - initial.size), subject.epsilon);
      const [dx, dInitial] = gradients(sum(mul(spikes, load(golden.get("c")))), [x, initial]) as [
        Tensor,
        Tensor,
      ];
      expectClose("grad_x", dx.data, at("grad_x").data, subject.epsilon);
      expectClose("grad_v0", dInitial.data, at("grad_v0").data, subject.epsilon);
    });
  });

  test.for([
    { key: "ilif_D4", keep: 0.25, norm: 1 },
    { key: "ilif_D4_norm", keep: 0, norm: 4 },
  ])("$key: counts and gradient of the integer neuron", ({ key, keep, norm }) => {
    scope(() => {
      const x = load(golden.get(`${key}/x`));
      const counts = integerLif(x, { levels: 4, keep });
      const want = golden.get(`${key}/out`).data as Float32Array;
      expect([...counts.data]).toEqual([...want].map((n) => n * norm));
      const [dx] = gradients(sum(mul(counts, load(golden.get("c")))), [x]) as [Tensor];
      const wanted = [...(golden.get(`${key}/grad_x`).data as Float32Array)].map((g) => g * norm);
      expectClose("grad_x", dx.data, wanted, subject.epsilon);
    });
  });
});
