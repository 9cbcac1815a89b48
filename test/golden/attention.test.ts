import { suite, test } from "vitest";
import { affine, gradients, mul, softmax, sum } from "../../src/autograd/index.ts";
import { attention, linearAttention, type Score, scores } from "../../src/snn/index.ts";
import { scope, type Tensor, tensor } from "../../src/tensor/index.ts";
import { subjects, useBackend } from "./backends.ts";
import { expectClose } from "./close.ts";
import { goldenFile, manifest } from "./fixtures.ts";

const golden = goldenFile("attention");

/** Heads × channels of a head: the width that the released code divides by. */
const WIDTH = 16;
const HEAD_WIDTH = 8;

type Form = {
  readonly out: (q: Tensor, k: Tensor, v: Tensor) => Tensor;
  /** The matrix of scores, where the form has one. */
  readonly score?: (q: Tensor, k: Tensor) => Tensor;
};

function explicit(score: Score, options: { readonly softmax?: boolean } = {}): Form {
  return {
    out: (q, k, v) => attention(q, k, v, score, options),
    score: (q, k) => (options.softmax === true ? softmax(scores(q, k, score)) : scores(q, k, score)),
  };
}

const forms: Record<string, Form> = {
  hamming_explicit: explicit("hamming"),
  hamming_linear_official: {
    out: (q, k, v) => linearAttention(q, k, v, "hamming", 1 / WIDTH),
  },
  hamming_linear_headdim: { out: (q, k, v) => linearAttention(q, k, v, "hamming", 1 / HEAD_WIDTH) },
  dot_linear_official: { out: (q, k, v) => linearAttention(q, k, v, "dot", 0.125) },
  dot_scaled: explicit("dot"),
  dot_scaled_softmax: explicit("dot", { softmax: true }),
  manhattan_normalized: explicit("manhattan"),
  hamming_softmax_hpt: explicit("hamming", { softmax: true }),
};

/** Golden forms that are not ours, and why. */
const others: Record<string, string> = {
  euclidean_normalized: "golden has 1 − √Σ(q−k)²/√D; ours is the squared form of the paper, 1 − Σ(q−k)²/D",
};

suite.for(subjects)("attention on $name", (subject) => {
  useBackend(subject);

  const load = (key: string): Tensor => {
    const { shape, data } = golden.get(key);
    const loaded = tensor(data, shape);
    loaded.requiresGrad = true;
    return loaded;
  };

  test.for(manifest.attention)("$key: result, scores and gradients", ({ key, form, v: values }, context) => {
    if (others[form] !== undefined) context.skip(others[form]);
    const { out, score } = forms[form]!;
    scope(() => {
      const inputs = [load("q"), load("k"), load(values)] as [Tensor, Tensor, Tensor];
      const result = out(...inputs);
      expectClose("out", result.data, golden.get(`${key}/out`).data, subject.epsilon);
      if (score !== undefined) {
        const all = score(inputs[0], inputs[1]);
        expectClose("score", all.data, golden.get(`${key}/score`).data, subject.epsilon);
      }
      const found = gradients(sum(mul(result, load("c"))), inputs);
      ["grad_q", "grad_k", "grad_v"].forEach((name, i) => {
        expectClose(name, found[i]!.data, golden.get(`${key}/${name}`).data, subject.epsilon);
      });
    });
  });

  // On binary vectors Σ(q−k)² = Σ|q−k|: the golden Manhattan numbers are those of the squared Euclidean form, too,
  // and its gradient is twice theirs.
  test("the squared Euclidean score has the values of Manhattan and twice its gradients", () => {
    scope(() => {
      const inputs = [load("q"), load("k"), load("v_real")] as [Tensor, Tensor, Tensor];
      const result = attention(...inputs, "euclidean");
      const at = (name: string) => golden.get(`manhattan_normalized/v_real/${name}`).data;
      expectClose("out", result.data, at("out"), subject.epsilon);
      const [dq, dk, dv] = gradients(sum(mul(result, load("c"))), inputs) as [Tensor, Tensor, Tensor];
      expectClose("grad_q", affine(dq, 0.5).data, at("grad_q"), subject.epsilon);
      expectClose("grad_k", affine(dk, 0.5).data, at("grad_k"), subject.epsilon);
      expectClose("grad_v", dv.data, at("grad_v"), subject.epsilon);
    });
  });
});
