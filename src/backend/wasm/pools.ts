/** Pooling: shapes become jobs for the kernels of kernels/pool.ts. */
import type { Floats, Pooling } from "../backend.ts";
import { address, type Device } from "./device.ts";
import * as id from "./generated/ids.ts";

function shapeOf(p: Pooling): number[] {
  const size = [p.images, p.height, p.width, p.channels];
  return [...size, p.kernel, p.stride, p.padding, p.outHeight, p.outWidth];
}

function workOf(p: Pooling): number {
  return p.images * p.outHeight * p.outWidth * p.channels * p.kernel * p.kernel;
}

/** See `Backend.avgPool2d` and `Backend.maxPool2d`. */
export function pool(
  device: Device,
  kernel: typeof id.AVG_POOL | typeof id.MAX_POOL,
  out: Floats,
  x: Floats,
  p: Pooling,
): void {
  const rows = p.images * p.outHeight;
  const group = Math.max(1, Math.floor((16384 * rows) / workOf(p)));
  const ints = [address(out), address(x), ...shapeOf(p), group];
  device.launch(kernel, Math.ceil(rows / group), workOf(p) / 2, ints);
}

/** See `Backend.avgPool2dGrad` (`x` null) and `Backend.maxPool2dGrad`. */
export function poolGrad(device: Device, dx: Floats, dy: Floats, x: Floats | null, p: Pooling): void {
  const ints = [address(dx), address(dy), ...shapeOf(p), 1, address(x)];
  device.launch(id.POOL_GRAD, p.images, workOf(p), ints);
}
