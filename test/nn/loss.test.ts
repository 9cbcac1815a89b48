import { expect, suite, test } from "vitest";
import { gradients } from "../../src/autograd/index.ts";
import { ArgumentError, ShapeError } from "../../src/core/index.ts";
import { crossEntropy, meanSquaredError, weightedSum } from "../../src/nn/index.ts";
import { scalar, scope, type Tensor, tensor, zeros } from "../../src/tensor/index.ts";
import { subjects, useBackend } from "../golden/backends.ts";
import { expectClose } from "../golden/close.ts";

/** From torch 1.13 in float64. */
const entropies = [
  {
    smoothing: 0,
    loss: 1.48644258756878,
    gradient: [
      0.129748230171, -0.147307743651, 0.01755951348, -0.46373927716, 0.021993240146, 0.441746037014,
    ],
  },
  {
    smoothing: 0.1,
    loss: 1.51977592090211,
    gradient: [
      0.113081563505, -0.113974410318, 0.000892846813, -0.430405943826, 0.005326573479, 0.425079370347,
    ],
  },
];

suite.for(subjects)("losses on $name", (subject) => {
  useBackend(subject);

  test.for(entropies)("cross-entropy with smoothing $smoothing is PyTorch's", (which) => {
    scope(() => {
      const logits = tensor([1, 2, -1, 0.5, 0, 3], [2, 3]);
      logits.requiresGrad = true;
      const loss = crossEntropy(logits, [1, 0], { smoothing: which.smoothing });
      expectClose("loss", loss.data, [which.loss], subject.epsilon);
      const [gradient] = gradients(loss, [logits]) as [Tensor];
      expectClose("gradient", gradient.data, which.gradient, subject.epsilon);
    });
  });

  test("cross-entropy does not overflow", () => {
    scope(() => {
      expect(crossEntropy(tensor([1000, -1000], [1, 2]), [1]).item()).toBe(2000);
    });
  });

  test("labels that no class has are refused", () => {
    scope(() => {
      const logits = zeros([2, 3]);
      expect(() => crossEntropy(logits, [0])).toThrow("crossEntropy: expected 2 labels, got 1");
      expect(() => crossEntropy(logits, [0, 3])).toThrow("crossEntropy: expected labels in 0…2, got 3");
      expect(() => crossEntropy(logits, [0, 0.5])).toThrow(ArgumentError);
      expect(() => crossEntropy(zeros([2, 3, 1]), [0, 1])).toThrow(ShapeError);
    });
  });

  test("squared errors are averaged and losses weighted", () => {
    scope(() => {
      expect(meanSquaredError(tensor([1, 2, 3, 4]), tensor([1, 0, 3, 0])).item()).toBe(5);
      const total = weightedSum([
        [2, scalar(3)],
        [0.5, scalar(4)],
      ]);
      expect(total.item()).toBe(8);
      expect(() => weightedSum([])).toThrow(ArgumentError);
    });
  });
});
