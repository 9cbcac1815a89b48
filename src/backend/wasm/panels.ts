/** Weights of convolutions from packed spikes, in the order in which kernels/packed-spikes.ts reads them. */
import { type PackedWeights, type Precision, type SpikeConvolution, stateChannels } from "../packed.ts";
import { quantize } from "../quantize.ts";
import type { Allocator } from "./allocator.ts";

/** See `PackedKernels.packWeights`. */
export function packPanels(
  allocator: Allocator,
  weight: Float32Array,
  bias: Float32Array | null,
  shape: Pick<SpikeConvolution, "outChannels" | "inChannels" | "kernel">,
  precision: Precision,
  levels: number,
): PackedWeights {
  const { outChannels, inChannels, kernel } = shape;
  const columns = stateChannels(outChannels);
  const taps = kernel * kernel;
  const k = taps * inChannels;
  if (precision === "f32") {
    const panels = allocator.floats(k * columns);
    const start = allocator.floats(columns).fill(0);
    if (bias !== null) start.set(bias);
    spread(panels, weight, (n) => (columns - n >= 32 ? 32 : 16), columns, outChannels, inChannels, taps);
    return { precision, panels, start, scale: null, shift: null };
  }
  // Before anything is allocated, as weights may turn out not to be finite.
  const whole = new Int16Array(outChannels * k);
  const scales = Float32Array.from({ length: outChannels }, (_, n) =>
    quantize(whole.subarray(n * k, (n + 1) * k), weight.subarray(n * k, (n + 1) * k), levels),
  );
  const panels = allocator.shorts(k * columns);
  const start = allocator.shorts(columns).fill(0);
  const scale = allocator.floats(columns).fill(0);
  const shift = allocator.floats(columns).fill(0);
  scale.set(scales);
  if (bias !== null) shift.set(bias);
  const width = (n: number): number => (columns - n >= 64 ? 64 : columns - n >= 32 ? 32 : 16);
  spread(panels, whole, width, columns, outChannels, inChannels, taps);
  return { precision, panels, start, scale, shift };
}

/** `[Co, Ci, taps]` → panels `[taps, Ci][width]`, the panel of column n at n·K; columns past Co are 0. */
function spread<T extends Float32Array | Int16Array>(
  panels: T,
  weights: T,
  widthAt: (n: number) => number,
  columns: number,
  outChannels: number,
  inChannels: number,
  taps: number,
): void {
  const k = taps * inChannels;
  panels.fill(0);
  for (let n = 0; n < columns;) {
    const width = widthAt(n);
    for (let j = 0; j < width && n + j < outChannels; j++) {
      let from = (n + j) * k;
      for (let c = 0; c < inChannels; c++) {
        let to = n * k + c * width + j;
        for (let tap = 0; tap < taps; tap++) {
          panels[to] = weights[from]!;
          from++;
          to += inChannels * width;
        }
      }
    }
    n += width;
  }
}
