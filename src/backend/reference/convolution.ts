/** Convolutions and pooling by their definition, over channels-last images. */
import type { Convolution, Floats, Pooling } from "../backend.ts";

/** Calls `visit` for every multiply of a convolution: out index, in index, weight index. */
function eachProduct(p: Convolution, visit: (out: number, at: number, weight: number) => void): void {
  const inPerGroup = p.inChannels / p.groups;
  const outPerGroup = p.outChannels / p.groups;
  for (let n = 0; n < p.images; n++) {
    for (let oy = 0; oy < p.outHeight; oy++) {
      for (let ox = 0; ox < p.outWidth; ox++) {
        const out = ((n * p.outHeight + oy) * p.outWidth + ox) * p.outChannels;
        for (let ky = 0; ky < p.kernel; ky++) {
          const y = oy * p.stride + ky - p.padding;
          if (y < 0 || y >= p.height) continue;
          for (let kx = 0; kx < p.kernel; kx++) {
            const x = ox * p.stride + kx - p.padding;
            if (x < 0 || x >= p.width) continue;
            const pixel = ((n * p.height + y) * p.width + x) * p.inChannels;
            for (let co = 0; co < p.outChannels; co++) {
              const first = Math.floor(co / outPerGroup) * inPerGroup;
              for (let ci = 0; ci < inPerGroup; ci++) {
                const weight = ((co * inPerGroup + ci) * p.kernel + ky) * p.kernel + kx;
                visit(out + co, pixel + first + ci, weight);
              }
            }
          }
        }
      }
    }
  }
}

/** See {@link Backend.conv2d}. */
export function conv2d(out: Floats, x: Floats, w: Floats, bias: Floats | null, p: Convolution): void {
  for (let i = 0; i < out.length; i++) out[i] = bias === null ? 0 : bias[i % p.outChannels]!;
  eachProduct(p, (o, i, k) => {
    out[o]! += x[i]! * w[k]!;
  });
}

/** See {@link Backend.conv2dInputGrad}. */
export function conv2dInputGrad(dx: Floats, dy: Floats, w: Floats, p: Convolution): void {
  dx.fill(0);
  eachProduct(p, (o, i, k) => {
    dx[i]! += dy[o]! * w[k]!;
  });
}

/** See {@link Backend.conv2dWeightGrad}. */
export function conv2dWeightGrad(dw: Floats, dy: Floats, x: Floats, p: Convolution): void {
  dw.fill(0);
  eachProduct(p, (o, i, k) => {
    dw[k]! += dy[o]! * x[i]!;
  });
}

/** Calls `visit` for every output of a pooling with the input indices in its window, in row order. */
function eachWindow(p: Pooling, visit: (out: number, window: number[]) => void): void {
  const window: number[] = [];
  for (let n = 0; n < p.images; n++) {
    for (let oy = 0; oy < p.outHeight; oy++) {
      for (let ox = 0; ox < p.outWidth; ox++) {
        for (let c = 0; c < p.channels; c++) {
          window.length = 0;
          for (let ky = 0; ky < p.kernel; ky++) {
            const y = oy * p.stride + ky - p.padding;
            if (y < 0 || y >= p.height) continue;
            for (let kx = 0; kx < p.kernel; kx++) {
              const x = ox * p.stride + kx - p.padding;
              if (x < 0 || x >= p.width) continue;
              window.push(((n * p.height + y) * p.width + x) * p.channels + c);
            }
          }
          visit(((n * p.outHeight + oy) * p.outWidth + ox) * p.channels + c, window);
        }
      }
    }
  }
}

/** See {@link Backend.avgPool2d}. */
export function avgPool2d(out: Floats, x: Floats, p: Pooling): void {
  eachWindow(p, (o, window) => {
    let total = 0;
    for (const i of window) total += x[i]!;
    out[o] = total / (p.kernel * p.kernel);
  });
}

/** See {@link Backend.avgPool2dGrad}. */
export function avgPool2dGrad(dx: Floats, dy: Floats, p: Pooling): void {
  dx.fill(0);
  eachWindow(p, (o, window) => {
    for (const i of window) dx[i]! += dy[o]! / (p.kernel * p.kernel);
  });
}

function largest(x: Floats, window: readonly number[]): number {
  return window.reduce((best, i) => (x[i]! > x[best]! ? i : best), window[0]!);
}

/** See {@link Backend.maxPool2d}. */
export function maxPool2d(out: Floats, x: Floats, p: Pooling): void {
  eachWindow(p, (o, window) => {
    out[o] = x[largest(x, window)]!;
  });
}

/** See {@link Backend.maxPool2dGrad}. */
export function maxPool2dGrad(dx: Floats, dy: Floats, x: Floats, p: Pooling): void {
  dx.fill(0);
  eachWindow(p, (o, window) => {
    dx[largest(x, window)]! += dy[o]!;
  });
}
