/** Lists of spikes, and convolutions that visit nothing but them. */
import type { Convolution, Floats, SpikeLists } from "../backend.ts";

/** See {@link Backend.spikeLists}. */
export function spikeLists(x: Floats, rows: number, columns: number): SpikeLists {
  const offsets = new Uint32Array(rows + 1);
  for (let r = 0; r < rows; r++) {
    let count = 0;
    for (let c = 0; c < columns; c++) if (x[r * columns + c] !== 0) count++;
    offsets[r + 1] = offsets[r]! + count;
  }
  const indices = new Uint16Array(offsets[rows]!);
  let at = 0;
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) if (x[r * columns + c] !== 0) indices[at++] = c;
  }
  return { rows, columns, offsets, indices };
}

/** Calls `visit` with (first output, weight index of output channel 0) for every spike that reaches an output pixel. */
function eachSpike(x: SpikeLists, p: Convolution, visit: (out: number, weight: number) => void): void {
  for (let n = 0; n < p.images; n++) {
    for (let oy = 0; oy < p.outHeight; oy++) {
      for (let ox = 0; ox < p.outWidth; ox++) {
        const out = ((n * p.outHeight + oy) * p.outWidth + ox) * p.outChannels;
        for (let ky = 0; ky < p.kernel; ky++) {
          const y = oy * p.stride + ky - p.padding;
          if (y < 0 || y >= p.height) continue;
          for (let kx = 0; kx < p.kernel; kx++) {
            const column = ox * p.stride + kx - p.padding;
            if (column < 0 || column >= p.width) continue;
            const row = (n * p.height + y) * p.width + column;
            for (let i = x.offsets[row]!; i < x.offsets[row + 1]!; i++) {
              visit(out, (x.indices[i]! * p.kernel + ky) * p.kernel + kx);
            }
          }
        }
      }
    }
  }
}

/** See {@link Backend.spikeConv2d}. */
export function spikeConv2d(
  out: Floats,
  x: SpikeLists,
  w: Floats,
  bias: Floats | null,
  p: Convolution,
): void {
  const perOutput = p.inChannels * p.kernel * p.kernel;
  for (let i = 0; i < out.length; i++) out[i] = bias === null ? 0 : bias[i % p.outChannels]!;
  eachSpike(x, p, (o, k) => {
    for (let co = 0; co < p.outChannels; co++) out[o + co]! += w[co * perOutput + k]!;
  });
}

/** See {@link Backend.spikeConv2dWeightGrad}. */
export function spikeConv2dWeightGrad(dw: Floats, dy: Floats, x: SpikeLists, p: Convolution): void {
  const perOutput = p.inChannels * p.kernel * p.kernel;
  dw.fill(0);
  eachSpike(x, p, (o, k) => {
    for (let co = 0; co < p.outChannels; co++) dw[co * perOutput + k]! += dy[o + co]!;
  });
}
