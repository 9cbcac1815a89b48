/** Convolutions, linear layers and pooling over channels-last images. */
import { backend, type Convolution, type Pooling } from "../backend/index.ts";
import { ArgumentError, dims, ShapeError, show, sizeOf } from "../core/index.ts";
import { Tensor } from "../tensor/index.ts";
import { recordOne } from "./tape.ts";

/**
 * Where adding what fired beats multiplying everything, measured (`npm run bench -- kernels`): a core multiplies at 26
 * GMAC/s and gathers at 15 Gadd/s when inputs and outputs are many; with few the lists cost more than they save.
 */
const EVENT_DRIVEN = { highestFiringRate: 0.4, fewestInputs: 72, fewestOutputs: 16 };

/**
 * 2D convolution (cross-correlation, as in PyTorch). Where the input is binary spikes, groups = 1, and few fire, only
 * the weights of those that fired are added.
 *
 * @param x - `[..., H, W, Ci]`
 * @param weight - `[Co, Ci/groups, k, k]`
 * @param bias - `[Co]`, or null
 * @returns `[..., H', W', Co]`
 * @throws ShapeError, ArgumentError
 */
export function conv2d(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  options: { readonly stride?: number; readonly padding?: number; readonly groups?: number } = {},
): Tensor {
  const { stride = 1, padding = 0, groups = 1 } = options;
  const { H, W, C } = dims("conv2d", "... H W C", x.shape) as { H: number; W: number; C: number };
  const { Co, I, k } = dims("conv2d weight", "Co I k k", weight.shape) as {
    Co: number;
    I: number;
    k: number;
  };
  if (I * groups !== C || Co % groups !== 0) {
    throw new ShapeError(
      `conv2d: expected weights for ${C} channels in ${groups} groups, got ${show(weight.shape)}`,
    );
  }
  if (bias !== null) dims("conv2d bias", "Co", bias.shape, { Co });
  const outHeight = outputSize("conv2d", H, k, stride, padding);
  const outWidth = outputSize("conv2d", W, k, stride, padding);
  const lead = x.shape.slice(0, -3);
  const p: Convolution = {
    images: sizeOf(lead),
    height: H,
    width: W,
    inChannels: C,
    outChannels: Co,
    kernel: k,
    stride,
    padding,
    groups,
    outHeight,
    outWidth,
  };
  return convolve(x, weight, bias, p, [...lead, outHeight, outWidth, Co]);
}

/**
 * y = x·Wᵀ + b over the last axis; spikes are gathered as in {@link conv2d}.
 *
 * @param x - `[..., I]`
 * @param weight - `[O, I]`
 * @param bias - `[O]`, or null
 * @returns `[..., O]`
 * @throws ShapeError
 */
export function linear(x: Tensor, weight: Tensor, bias: Tensor | null): Tensor {
  const size = dims("linear", "... I", x.shape);
  dims("linear weight", "O I", weight.shape, size);
  if (bias !== null) dims("linear bias", "O", bias.shape, size);
  const { I, O } = size as { I: number; O: number };
  const lead = x.shape.slice(0, -1);
  const p: Convolution = {
    images: sizeOf(lead),
    height: 1,
    width: 1,
    inChannels: I,
    outChannels: O,
    kernel: 1,
    stride: 1,
    padding: 0,
    groups: 1,
    outHeight: 1,
    outWidth: 1,
  };
  return convolve(x, weight, bias, p, [...lead, O]);
}

/** Channels that lists of spikes can name. */
const LIST_COLUMNS = 65535;

function convolve(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  p: Convolution,
  shape: readonly number[],
): Tensor {
  const out = Tensor.empty(shape);
  const eventDriven = fewFire(x, p);
  if (eventDriven) backend().spikeConv2d(out.data, x.spikeLists(), weight.data, bias?.data ?? null, p);
  else backend().conv2d(out.data, x.data, weight.data, bias?.data ?? null, p);
  return recordOne(out, bias === null ? [x, weight] : [x, weight, bias], (g) => {
    let dx: Tensor | null = null;
    if (x.requiresGrad) {
      dx = Tensor.empty(x.shape);
      backend().conv2dInputGrad(dx.data, g.data, weight.data, p);
    }
    let dw: Tensor | null = null;
    if (weight.requiresGrad) {
      dw = Tensor.empty(weight.shape);
      if (eventDriven) backend().spikeConv2dWeightGrad(dw.data, g.data, x.spikeLists(), p);
      else backend().conv2dWeightGrad(dw.data, g.data, x.data, p);
    }
    if (bias === null) return [dx, dw];
    const db = Tensor.empty(bias.shape);
    backend().sum(db.data, g.data, 1, g.size / p.outChannels, p.outChannels);
    return [dx, dw, db];
  });
}

function fewFire(x: Tensor, p: Convolution): boolean {
  const { highestFiringRate, fewestInputs, fewestOutputs } = EVENT_DRIVEN;
  if (x.spikeLevels !== 1 || p.groups !== 1 || p.inChannels > LIST_COLUMNS) return false;
  if (p.kernel ** 2 * p.inChannels < fewestInputs || p.outChannels < fewestOutputs) return false;
  return x.spikeLists().indices.length <= highestFiringRate * x.size;
}

function outputSize(where: string, size: number, kernel: number, stride: number, padding: number): number {
  const out = Math.floor((size + 2 * padding - kernel) / stride) + 1;
  if (!(stride >= 1) || !(padding >= 0) || out < 1) {
    throw new ArgumentError(
      `${where}: expected a window that fits, got kernel ${kernel}, stride ${stride}, padding ${padding} on ${size} pixels`,
    );
  }
  return out;
}

/** Mean over k×k windows of `[..., H, W, C]`; padding counts as zeros, as in PyTorch. @throws ArgumentError */
export function avgPool2d(x: Tensor, kernel: number, { stride = kernel, padding = 0 } = {}): Tensor {
  const { out, p } = pooled("avgPool2d", x, kernel, stride, padding);
  backend().avgPool2d(out.data, x.data, p);
  return recordOne(out, [x], (g) => {
    const dx = Tensor.empty(x.shape);
    backend().avgPool2dGrad(dx.data, g.data, p);
    return [dx];
  });
}

/** Largest entry of k×k windows of `[..., H, W, C]`; the first of equals takes the gradient. @throws ArgumentError */
export function maxPool2d(x: Tensor, kernel: number, { stride = kernel, padding = 0 } = {}): Tensor {
  const { out, p } = pooled("maxPool2d", x, kernel, stride, padding, x.spikeLevels);
  backend().maxPool2d(out.data, x.data, p);
  return recordOne(out, [x], (g) => {
    const dx = Tensor.empty(x.shape);
    backend().maxPool2dGrad(dx.data, g.data, x.data, p);
    return [dx];
  });
}

function pooled(
  where: string,
  x: Tensor,
  kernel: number,
  stride: number,
  padding: number,
  spikeLevels = 0,
): { out: Tensor; p: Pooling } {
  const { H, W, C } = dims(where, "... H W C", x.shape) as { H: number; W: number; C: number };
  const lead = x.shape.slice(0, -3);
  const outHeight = outputSize(where, H, kernel, stride, padding);
  const outWidth = outputSize(where, W, kernel, stride, padding);
  const images = sizeOf(lead);
  const out = Tensor.empty([...lead, outHeight, outWidth, C], { spikeLevels });
  return {
    out,
    p: { images, height: H, width: W, channels: C, kernel, stride, padding, outHeight, outWidth },
  };
}
