import fc from "fast-check";
import { beforeAll, expect, suite, test } from "vitest";
import { gradientError } from "../../src/autograd/index.ts";
import { ReferenceBackend, setBackend } from "../../src/backend/index.ts";
import { ArgumentError, CheckpointError, Random, ShapeError } from "../../src/core/index.ts";
import {
  type InputDescription,
  inputMetadata,
  parseInputMetadata,
  VOID_LABEL,
} from "../../src/data/index.ts";
import { crossEntropy, softCrossEntropy } from "../../src/nn/index.ts";
import { type Tensor, tensor } from "../../src/tensor/index.ts";
import {
  classificationLoss,
  ClassificationScores,
  ConfusionMatrix,
  predictedMasks,
  segmentationLoss,
  SegmentationScores,
} from "../../src/train/index.ts";

beforeAll(() => setBackend(new ReferenceBackend({ precision: "float64" })));

function noise(shape: readonly number[], seed = 1): Tensor {
  const random = new Random(seed);
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Float64Array.from({ length: size }, () => random.normal()),
    shape,
  );
}

suite("losses", () => {
  test("of classes have the gradients of their differences", () => {
    const logits = noise([3, 4]);
    const targets = Float32Array.of(1, 0, 0, 0, 0.25, 0.75, 0, 0, 0, 0, 0, 1);
    const loss = () => classificationLoss(logits, { targets }, { labelSmoothing: 0.1 });
    expect(gradientError(loss, [logits])).toBeLessThan(1e-8);
  });

  test("of pixels have the gradients of their differences", () => {
    const logits = noise([2, 1, 3, 2, 3]);
    const masks = Uint8Array.of(0, 1, 2, VOID_LABEL, 2, 1);
    expect(gradientError(() => segmentationLoss(logits, { masks }), [logits])).toBeLessThan(1e-8);
  });

  test("with whole targets are the cross-entropy of labels, smoothed alike", () => {
    const logits = noise([3, 4]);
    const targets = Float32Array.of(0, 1, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0);
    for (const smoothing of [0, 0.1]) {
      const soft = softCrossEntropy(logits, targets, { smoothing }).item();
      expect(soft).toBeCloseTo(crossEntropy(logits, [1, 3, 0], { smoothing }).item(), 12);
    }
    expect(() => softCrossEntropy(logits, [1])).toThrow("softCrossEntropy: expected 12 targets, got 1");
    expect(() => softCrossEntropy(logits, targets, { smoothing: 1 })).toThrow(ArgumentError);
  });

  test("of pixels do not see what is void, and are 0 where all of it is", () => {
    const logits = noise([2, 1, 3, 1, 2]);
    const masks = Uint8Array.of(1, VOID_LABEL);
    const before = segmentationLoss(logits, { masks }).item();
    for (let i = 1; i < logits.size; i += 2) logits.data[i] = 100 * i;
    expect(segmentationLoss(logits, { masks }).item()).toBe(before);
    expect(segmentationLoss(logits, { masks: Uint8Array.of(VOID_LABEL, VOID_LABEL) }).item()).toBeCloseTo(0);
    expect(() => segmentationLoss(logits, { masks: Uint8Array.of(1, 3) })).toThrow(
      "segmentationLoss: expected labels in 0…2, got 3",
    );
    expect(() => segmentationLoss(logits, { masks: Uint8Array.of(1) })).toThrow(ArgumentError);
  });
});

suite("scores of classes", () => {
  test("are shares of the samples, and a table of what was taken for what", () => {
    const scores = new ClassificationScores(7);
    const logits = [
      [9, 1, 2, 3, 4, 5, 6],
      [9, 1, 2, 3, 4, 5, 6],
      [9, 1, 2, 3, 4, 5, 6],
    ];
    scores.add({ shape: [3, 7], data: logits.flat() }, [0, 2, 3]);
    const { top1, top5, samples, confusion } = scores.metrics();
    expect([top1, samples]).toEqual([1 / 3, 3]);
    expect(top5).toBe(2 / 3);
    expect(confusion[2]).toEqual([1, 0, 0, 0, 0, 0, 0]);
    expect(() => scores.add({ shape: [1, 6], data: [] }, [0])).toThrow(ShapeError);
    expect(() => scores.add({ shape: [1, 7], data: logits[0]! }, [7])).toThrow(ArgumentError);
  });

  test("do not hang on how samples are batched", () => {
    const [rows, labels] = [noise([6, 8]), [0, 1, 2, 3, 4, 5]];
    const whole = new ClassificationScores(8);
    whole.add(rows, labels);
    const parts = new ClassificationScores(8);
    for (let b = 0; b < 6; b += 2) {
      parts.add({ shape: [2, 8], data: rows.data.slice(8 * b, 8 * b + 16) }, labels.slice(b, b + 2));
    }
    expect(parts.metrics()).toEqual(whole.metrics());
  });
});

suite("scores of pixels", () => {
  /** Logits that choose a mask at both of two steps together. */
  function logitsOf(mask: readonly number[], classes: number) {
    const data = new Float64Array(2 * classes * mask.length);
    mask.forEach((label, i) => {
      for (let k = 0; k < classes; k++) data[k * mask.length + i] = k === label ? 2 : 1.5;
    });
    return { shape: [2, 1, classes, 1, mask.length], data };
  }

  test("are intersections over unions of the classes that are present", () => {
    const scores = new SegmentationScores(4);
    scores.add(logitsOf([0, 0, 1, 1, 1], 4), Uint8Array.of(0, 1, 1, 1, VOID_LABEL));
    const { iou, meanIou, pixelAccuracy, pixels } = scores.metrics();
    expect(iou).toEqual([1 / 2, 2 / 3, null, null]);
    expect(meanIou).toBeCloseTo(7 / 12, 12);
    expect([pixelAccuracy, pixels]).toEqual([3 / 4, 4]);
    expect(() => scores.add(logitsOf([0], 3), Uint8Array.of(0))).toThrow(ShapeError);
  });

  test("are 1 for the truth, below 1 for anything else, and the same by set arithmetic", () => {
    const masks = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(masks, masks, (truth, predicted) => {
        const scores = new SegmentationScores(4);
        scores.add(logitsOf(predicted, 4), Uint8Array.from(truth));
        const { iou, meanIou } = scores.metrics();
        for (let k = 0; k < 4; k++) {
          const both = truth.filter((label, i) => label === k && predicted[i] === k).length;
          const either = truth.filter((label, i) => label === k || predicted[i] === k).length;
          expect(iou[k]).toBe(either === 0 ? null : both / either);
        }
        expect(meanIou === 1).toBe(truth.every((label, i) => label === predicted[i]));
      }),
    );
  });

  test("of the most frequent class are those of a model that gives it to all", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 12 }), (truth) => {
        const counts = [0, 1, 2, 3].map((k) => truth.filter((label) => label === k).length);
        const most = counts.indexOf(Math.max(...counts));
        const constant = new SegmentationScores(4);
        constant.add(
          logitsOf(
            truth.map(() => most),
            4,
          ),
          Uint8Array.from(truth),
        );
        const scores = new SegmentationScores(4);
        scores.add(logitsOf(truth, 4), Uint8Array.from(truth));
        const { meanIou, ...rest } = scores.mostFrequent();
        const { meanIou: wanted, ...others } = constant.metrics();
        expect(meanIou).toBeCloseTo(wanted, 12);
        expect(rest).toEqual(others);
      }),
    );
  });

  test("come from the mean over the steps", () => {
    const data = [3, 0, 0, 1, 0, 2, 0, 0]; // step 0: class 0 has (3, 0), class 1 (0, 1); step 1: (0, 2), (0, 0)
    expect([...predictedMasks({ shape: [2, 1, 2, 1, 2], data })]).toEqual([0, 0]);
  });
});

test("a confusion matrix refuses what is no class", () => {
  expect(() => new ConfusionMatrix(0)).toThrow(ArgumentError);
  expect(() => new ConfusionMatrix(2).add(0, 2)).toThrow("expected labels in 0…1, got 2");
});

suite("how inputs are made", () => {
  const colours = { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] } as const;
  const inputs: readonly InputDescription[] = [
    { kind: "events", frames: 4, by: "events", values: "binary", size: [34, 34], fit: "cover", cut: null },
    { kind: "video", frames: 8, stride: 2, size: [40, 40], cut: [32, 32], ...colours },
    { kind: "image", frames: null, size: 256, cut: [224, 224], ...colours },
    { kind: "image", frames: 2, size: [32, 48], cut: null, ...colours },
  ];

  test.each(inputs)("comes back from a model file's metadata: $kind", (input) => {
    const metadata = inputMetadata({ input, classes: ["a", "b"] });
    expect(parseInputMetadata(metadata)).toEqual({ input, classes: ["a", "b"] });
  });

  test.each([
    [{}, "expected saccade.input, how inputs are made, as training writes it, got none"],
    [{ "saccade.input": "{" }, "got no JSON"],
    [
      inputMetadata({ input: { ...inputs[0]!, frames: 0 } as InputDescription, classes: ["a"] }),
      "got input.frames: ",
    ],
    [inputMetadata({ input: inputs[0]!, classes: [] }), "got classes: "],
  ])("is refused if it is missing or wrong: %j", (metadata, message) => {
    expect(() => parseInputMetadata(metadata, "m.safetensors")).toThrow(CheckpointError);
    expect(() => parseInputMetadata(metadata, "m.safetensors")).toThrow(`m.safetensors: expected`);
    expect(() => parseInputMetadata(metadata, "m.safetensors")).toThrow(message);
  });
});
