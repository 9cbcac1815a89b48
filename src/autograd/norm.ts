/** Batch normalisation over the last axis. */
import { backend } from "../backend/index.ts";
import { dims } from "../core/index.ts";
import { Tensor } from "../tensor/index.ts";
import { recordOne } from "./tape.ts";

/** Statistics of a batch: mean and biased variance of each channel, `[C]`. */
export type Moments = { readonly mean: Tensor; readonly variance: Tensor };

/**
 * y = weight·(x − mean)/√(variance + ε) + bias with the statistics of this batch; the gradient flows through them.
 *
 * @param x - `[..., C]`; statistics run over all other axes
 * @param weight - `[C]`
 * @param bias - `[C]`
 * @returns y, and the statistics (without gradient)
 * @throws ShapeError
 */
export function batchNorm(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  epsilon: number,
): { readonly out: Tensor; readonly moments: Moments } {
  const { C: channels } = dims("batchNorm", "... C", x.shape) as { C: number };
  dims("batchNorm weight", "C", weight.shape, { C: channels });
  dims("batchNorm bias", "C", bias.shape, { C: channels });
  const rows = x.size / channels;
  const mean = Tensor.empty([channels]);
  const variance = Tensor.empty([channels]);
  backend().channelMoments(mean.data, variance.data, x.data, rows, channels);
  const { inverse, scale, shift } = affineOf(weight, bias, mean, variance, epsilon);
  const out = Tensor.empty(x.shape);
  backend().channelAffine(out.data, x.data, scale.data, shift.data, rows, channels);
  recordOne(out, [x, weight, bias], (g) => {
    const dx = Tensor.empty(x.shape);
    const dw = Tensor.empty([channels]);
    const db = Tensor.empty([channels]);
    backend().batchNormGrad(
      dx.data,
      dw.data,
      db.data,
      g.data,
      x.data,
      mean.data,
      inverse.data,
      weight.data,
      rows,
      channels,
    );
    return [dx, dw, db];
  });
  return { out, moments: { mean, variance } };
}

/**
 * Batch normalisation with given statistics, as at inference.
 *
 * @param x - `[..., C]`
 * @returns weight·(x − mean)/√(variance + ε) + bias
 * @throws ShapeError
 */
export function normalize(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  moments: Moments,
  epsilon: number,
): Tensor {
  const { C: channels } = dims("normalize", "... C", x.shape) as { C: number };
  dims("normalize weight", "C", weight.shape, { C: channels });
  const rows = x.size / channels;
  const { inverse, scale, shift } = affineOf(weight, bias, moments.mean, moments.variance, epsilon);
  const out = Tensor.empty(x.shape);
  backend().channelAffine(out.data, x.data, scale.data, shift.data, rows, channels);
  return recordOne(out, [x, weight, bias], (g) => {
    const dx = Tensor.empty(x.shape);
    const none = Tensor.empty([channels]);
    none.data.fill(0);
    backend().channelAffine(dx.data, g.data, scale.data, none.data, rows, channels);
    const dw = Tensor.empty([channels]);
    const db = Tensor.empty([channels]);
    const scratch = Tensor.empty(x.shape);
    backend().batchNormGrad(
      scratch.data,
      dw.data,
      db.data,
      g.data,
      x.data,
      moments.mean.data,
      inverse.data,
      weight.data,
      rows,
      channels,
    );
    return [dx, dw, db];
  });
}

function affineOf(
  weight: Tensor,
  bias: Tensor,
  mean: Tensor,
  variance: Tensor,
  epsilon: number,
): { inverse: Tensor; scale: Tensor; shift: Tensor } {
  const inverse = Tensor.empty(weight.shape);
  const scale = Tensor.empty(weight.shape);
  const shift = Tensor.empty(weight.shape);
  for (let c = 0; c < weight.size; c++) {
    const deviation = 1 / Math.sqrt(variance.data[c]! + epsilon);
    inverse.data[c] = deviation;
    scale.data[c] = weight.data[c]! * deviation;
    shift.data[c] = bias.data[c]! - mean.data[c]! * weight.data[c]! * deviation;
  }
  return { inverse, scale, shift };
}
