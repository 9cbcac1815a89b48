export { gradientError } from "./check.ts";
export { avgPool2d, conv2d, linear, maxPool2d } from "./convolution.ts";
export {
  abs,
  acos,
  add,
  affine,
  broadcastShape,
  clamp,
  cos,
  div,
  exp,
  log,
  mul,
  neg,
  reciprocal,
  relu,
  scaleGradient,
  sigmoid,
  sin,
  sqrt,
  square,
  sub,
} from "./elementwise.ts";
export { matmul } from "./matmul.ts";
export { batchNorm, type Moments, normalize } from "./norm.ts";
export { logSoftmax, max, mean, softmax, sum } from "./reduce.ts";
export { concat, pad, permute, reshape, rows, slice, stack } from "./shape.ts";
export { detach, gradients, record, recordOne } from "./tape.ts";
