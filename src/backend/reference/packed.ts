/** Kernels of compiled plans in plain TypeScript: the truth that the fast ones are checked against. */
import {
  type PackedAttention,
  type PackedKernels,
  type PackedWeights,
  planesOf,
  type Precision,
  type Settlement,
  type SpikeConvolution,
  stateChannels,
  tableSize,
  wordsOf,
} from "../packed.ts";
import { quantize } from "../quantize.ts";
import { charged, roundHalfEven } from "./neuron.ts";

/** Largest plan, in bytes: what one array may hold. */
const LIMIT = 2 ** 31;

/** See {@link PackedKernels}. */
export class ReferencePackedKernels implements PackedKernels {
  readonly available: number = LIMIT;

  allocate(bytes: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(bytes);
  }

  release(_block: Uint8Array): void {}

  packSpikes(bits: Uint32Array, x: Float32Array, rows: number, channels: number, planes: number): void {
    bits.fill(0, 0, rows * planes * wordsOf(channels));
    for (let row = 0; row < rows; row++) {
      for (let c = 0; c < channels; c++) writeCount(bits, row, channels, planes, c, x[row * channels + c]!);
    }
  }

  unpackSpikes(x: Float32Array, bits: Uint32Array, rows: number, channels: number, planes: number): void {
    for (let row = 0; row < rows; row++) {
      for (let c = 0; c < channels; c++) x[row * channels + c] = readCount(bits, row, channels, planes, c);
    }
  }

  countSpikes(bits: Uint32Array, rows: number, channels: number, planes: number): number {
    let total = 0;
    for (let row = 0; row < rows; row++) {
      for (let c = 0; c < channels; c++) total += readCount(bits, row, channels, planes, c);
    }
    return total;
  }

  packWeights(
    weight: Float32Array,
    bias: Float32Array | null,
    { outChannels }: Pick<SpikeConvolution, "outChannels" | "inChannels" | "kernel">,
    precision: Precision,
    levels: number,
  ): PackedWeights {
    const start = new Float32Array(outChannels);
    if (bias !== null) start.set(bias);
    if (precision === "f32") {
      return { precision, panels: Float32Array.from(weight), start, scale: null, shift: null };
    }
    const k = weight.length / outChannels;
    const panels = new Int16Array(weight.length);
    const scale = new Float32Array(outChannels);
    for (let n = 0; n < outChannels; n++) {
      scale[n] = quantize(panels.subarray(n * k, (n + 1) * k), weight.subarray(n * k, (n + 1) * k), levels);
    }
    return { precision, panels, start: new Int16Array(outChannels), scale, shift: start };
  }

  releaseWeights(_weights: PackedWeights): void {}

  servesConvolution(): boolean {
    return true;
  }

  convolveSpikes(s: Settlement, spikes: Uint32Array, weights: PackedWeights, p: SpikeConvolution): void {
    const { inChannels, planes, kernel, outChannels } = p;
    const { panels, start, scale, shift } = weights;
    settleEach(s, (t, pixel, currents) => {
      const image = Math.floor(pixel / (p.outHeight * p.outWidth));
      const y0 = (Math.floor(pixel / p.outWidth) % p.outHeight) * p.stride - p.padding;
      const x0 = (pixel % p.outWidth) * p.stride - p.padding;
      for (let n = 0; n < outChannels; n++) currents[n] = start[n]!;
      for (let ky = 0; ky < kernel; ky++) {
        for (let kx = 0; kx < kernel; kx++) {
          const y = y0 + ky;
          const x = x0 + kx;
          if (y < 0 || y >= p.height || x < 0 || x >= p.width) continue;
          const row = ((t * p.images + image) * p.height + y) * p.width + x;
          for (let c = 0; c < inChannels; c++) {
            const count = readCount(spikes, row, inChannels, planes, c);
            if (count === 0) continue;
            for (let n = 0; n < outChannels; n++) {
              currents[n]! += count * panels[((n * inChannels + c) * kernel + ky) * kernel + kx]!;
            }
          }
        }
      }
      if (scale !== null)
        for (let n = 0; n < outChannels; n++) currents[n] = mapped(currents[n]!, scale[n]!, shift![n]!);
    });
  }

  servesDepthwise(): boolean {
    return true;
  }

  packDepthwise(weight: Float32Array): Float32Array {
    return Float32Array.from(weight);
  }

  depthwiseSpikes(
    out: Float32Array,
    spikes: Uint32Array,
    weight: Float32Array,
    timeSteps: number,
    {
      images,
      height,
      width,
      inChannels,
      planes,
      kernel,
      stride,
      padding,
      outHeight,
      outWidth,
    }: SpikeConvolution,
  ): void {
    let to = 0;
    for (let image = 0; image < timeSteps * images; image++) {
      for (let pixel = 0; pixel < outHeight * outWidth; pixel++) {
        const y0 = Math.floor(pixel / outWidth) * stride - padding;
        const x0 = (pixel % outWidth) * stride - padding;
        for (let c = 0; c < inChannels; c++) {
          let sum = 0;
          for (let tap = 0; tap < kernel ** 2; tap++) {
            const y = y0 + Math.floor(tap / kernel);
            const x = x0 + (tap % kernel);
            if (y < 0 || y >= height || x < 0 || x >= width) continue;
            const row = (image * height + y) * width + x;
            sum += readCount(spikes, row, inChannels, planes, c) * weight[c * kernel ** 2 + tap]!;
          }
          out[to++] = sum;
        }
      }
    }
  }

  settle(s: Settlement, currents: Float32Array): void {
    settleEach(s, (t, pixel, row) => {
      const from = (t * s.pixels + pixel) * s.channels;
      for (let n = 0; n < s.channels; n++) row[n] = currents[from + n]!;
    });
  }

  servesAttention(): boolean {
    return true;
  }

  tabulate(
    tables: Int32Array,
    keys: Uint32Array,
    values: Uint32Array,
    p: PackedAttention,
    pixels: number,
    groups: number,
    groupSteps: number,
  ): void {
    const size = tableSize(p);
    const perImage = pixels / p.images;
    tables.fill(0, 0, groups * p.images * size);
    for (let t = 0; t < groups * groupSteps; t++) {
      for (let pixel = 0; pixel < pixels; pixel++) {
        const group = Math.floor(t / groupSteps) * p.images + Math.floor(pixel / perImage);
        addToken(tables.subarray(group * size, (group + 1) * size), keys, values, t * pixels + pixel, p, 1);
      }
    }
  }

  runTables(
    tables: Int32Array,
    leaving: Int32Array | null,
    carried: Int32Array,
    timeSteps: number,
    size: number,
  ): void {
    for (let i = 0; i < size; i++) {
      for (let t = 0; t < timeSteps; t++) {
        carried[i]! += tables[t * size + i]! - (leaving === null ? 0 : leaving[t * size + i]!);
        tables[t * size + i] = carried[i]!;
      }
    }
  }

  attendTables(
    s: Settlement,
    queries: Uint32Array,
    tables: Int32Array,
    perStep: boolean,
    p: PackedAttention,
  ): void {
    const size = tableSize(p);
    settleEach(s, (t, pixel, currents) => {
      const table = (perStep ? t * p.images : 0) + Math.floor((pixel * p.images) / s.pixels);
      attend(currents, tables.subarray(table * size), queries, t * s.pixels + pixel, p);
    });
  }

  attendPixels(
    s: Settlement,
    queries: Uint32Array,
    keys: Uint32Array,
    values: Uint32Array,
    past: { readonly tables: Int32Array; readonly window: number; readonly resume: boolean } | null,
    p: PackedAttention,
  ): void {
    const size = tableSize(p);
    const own = new Int32Array(size);
    settleEach(s, (t, pixel, currents) => {
      const table = past === null ? own : past.tables.subarray(pixel * size, (pixel + 1) * size);
      const token = (step: number): number => step * s.pixels + pixel;
      if (t === 0 && past?.resume !== true) table.fill(0);
      if (past === null) {
        if (t === 0)
          for (let step = 0; step < s.timeSteps; step++) addToken(table, keys, values, token(step), p, 1);
      } else {
        addToken(table, keys, values, token(t + past.window), p, 1);
        if (past.window > 0) addToken(table, keys, values, token(t), p, -1);
      }
      attend(currents, table, queries, token(t), p);
    });
  }
}

function readCount(bits: Uint32Array, row: number, channels: number, planes: number, c: number): number {
  const words = wordsOf(channels);
  let count = 0;
  for (let plane = 0; plane < planes; plane++) {
    count |= ((bits[(row * planes + plane) * words + (c >>> 5)]! >>> (c & 31)) & 1) << plane;
  }
  return count;
}

/** Sets the bits of a count in words that are 0 there. */
function writeCount(
  bits: Uint32Array,
  row: number,
  channels: number,
  planes: number,
  c: number,
  count: number,
): void {
  const words = wordsOf(channels);
  for (let plane = 0; plane < planes; plane++) {
    bits[(row * planes + plane) * words + (c >>> 5)]! |= ((count >>> plane) & 1) << (c & 31);
  }
}

/** Lets `sum` write the currents of each pixel and step, steps innermost, and settles them. */
function settleEach(s: Settlement, sum: (t: number, pixel: number, currents: Float64Array) => void): void {
  const { channels, pixels, neuron } = s;
  const currents = new Float64Array(channels);
  const rest =
    neuron?.dynamics.kind === "lif" && neuron.dynamics.reset === "hard"
      ? Math.fround(neuron.dynamics.resetPotential)
      : 0;
  const planes = neuron === null ? 0 : neuron.dynamics.kind === "lif" ? 1 : planesOf(neuron.dynamics.levels);
  neuron?.spikes.fill(0, 0, s.timeSteps * pixels * planes * wordsOf(channels));
  for (let pixel = 0; pixel < pixels; pixel++) {
    const at = pixel * stateChannels(channels);
    const v = neuron?.state?.subarray(at, at + channels) ?? new Float32Array(channels);
    if (neuron?.resume !== true) v.fill(rest);
    for (let t = 0; t < s.timeSteps; t++) {
      sum(t, pixel, currents);
      for (let c = 0; c < channels; c++) {
        const i = (t * pixels + pixel) * channels + c;
        const current = Math.fround(currents[c]!);
        const x = s.residual === null ? current : Math.fround(current + s.residual[i]!);
        if (s.membrane !== null) s.membrane[i] = x;
        if (neuron === null) continue;
        const { dynamics, spikes } = neuron;
        let count: number;
        if (dynamics.kind === "integer-lif") {
          const u = Math.fround(Math.fround(v[c]! * Math.fround(dynamics.keep)) + x);
          count = roundHalfEven(Math.min(Math.max(u, 0), dynamics.levels));
          v[c] = u - count;
        } else {
          const decay = Math.fround(dynamics.decay);
          const h = charged(v[c]!, x, rest, decay, dynamics.decayInput, Math.fround);
          const threshold = Math.fround(dynamics.firingThreshold);
          count = h >= threshold ? 1 : 0;
          v[c] = count === 0 ? h : dynamics.reset === "hard" ? rest : h - threshold;
        }
        writeCount(spikes, t * pixels + pixel, channels, planes, c, count);
      }
    }
  }
}

/** A sum of whole numbers as a current, rounded as kernels do. */
function mapped(sum: number, scale: number, shift: number): number {
  return Math.fround(Math.fround(Math.fround(sum) * scale) + shift);
}

/** Adds a token to the tables of its group, row 0: |k|·v, row 1: v, row 2 + i: k[i]·v. */
function addToken(
  tables: Int32Array,
  keys: Uint32Array,
  values: Uint32Array,
  token: number,
  { heads, channels, keyPlanes, valuePlanes }: PackedAttention,
  sign: number,
): void {
  const depth = channels / heads;
  const row = (depth + 3) & -4;
  for (let head = 0; head < heads; head++) {
    const at = head * (depth + 2) * row;
    for (let j = 0; j < depth; j++) {
      const v = sign * readCount(values, token, channels, valuePlanes, head * depth + j);
      if (v === 0) continue;
      tables[at + row + j]! += v;
      for (let i = 0; i < depth; i++) {
        const k = readCount(keys, token, channels, keyPlanes, head * depth + i);
        tables[at + j]! += k * v;
        tables[at + (2 + i) * row + j]! += k * v;
      }
    }
  }
}

/** Currents of one query, see `AttentionTerms`. */
function attend(
  currents: Float64Array,
  tables: Int32Array,
  queries: Uint32Array,
  token: number,
  { heads, channels, queryPlanes, terms, scale, shift }: PackedAttention,
): void {
  const depth = channels / heads;
  const row = (depth + 3) & -4;
  for (let head = 0; head < heads; head++) {
    const at = head * (depth + 2) * row;
    const q = Array.from({ length: depth }, (_, i) =>
      readCount(queries, token, channels, queryPlanes, head * depth + i),
    );
    const ones = terms.beta + terms.gamma * q.reduce((a, b) => a + b, 0);
    for (let j = 0; j < depth; j++) {
      let sum = ones * tables[at + row + j]! + terms.delta * tables[at + j]!;
      for (let i = 0; i < depth; i++) sum += terms.alpha * q[i]! * tables[at + (2 + i) * row + j]!;
      const c = head * depth + j;
      currents[c] = mapped(sum, scale[c]!, shift[c]!);
    }
  }
}
