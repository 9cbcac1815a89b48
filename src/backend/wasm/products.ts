/** Dense products and convolutions: how a shape becomes jobs for the kernels of kernels/gemm.ts. */
import type { Convolution, Floats, Gemm } from "../backend.ts";
import { address, type Device } from "./device.ts";
import * as id from "./generated/ids.ts";

/** Rows of a task of row products. */
const TILE_ROWS = 96;
/** Multiply-adds in a nanosecond, for estimates. */
const RATE = 15;
/** Multiply-adds that make a task worth its start. */
const GRAIN = 200_000;

/** Where the entry (q0, q1, q2; j) of a right operand lies, see `packColumns`. */
type Columns = {
  readonly address: number;
  readonly counts: readonly [number, number, number];
  readonly strides: readonly [number, number, number];
  readonly stride: number;
};

/** Places of rows in memory: rows run over (image, y, x) of a grid; strides count numbers. */
type Grid = {
  readonly address: number;
  readonly image: number;
  readonly row: number;
  readonly pixel: number;
};

type Rows = {
  readonly rows: number;
  readonly height: number;
  readonly width: number;
  readonly input: Grid;
  readonly output: Grid;
  readonly runs: number;
  readonly run: number;
  readonly jump: number;
  readonly n: number;
  readonly bias: number;
  readonly accumulate: boolean;
  readonly batch: number;
  readonly batchIn: number;
  readonly batchOut: number;
  readonly batchColumns: number;
};

function rowProducts(device: Device, columns: Columns, p: Rows): void {
  const k = p.runs * p.run;
  const panels = Math.ceil(p.n / 8) * p.batch;
  const work = p.rows * p.n * k * p.batch;
  device.borrow(panels * k * 8, (packed) => {
    const panelGroup = Math.max(1, Math.floor(8192 / (k * 8)));
    device.launch(id.PACK_COLUMNS, Math.ceil(panels / panelGroup), panels * k * 8, [
      packed.byteOffset,
      columns.address,
      p.n,
      ...columns.counts,
      ...columns.strides,
      columns.stride,
      p.batch,
      p.batchColumns,
      panelGroup,
    ]);
    const tiles = Math.ceil(p.rows / TILE_ROWS) * p.batch;
    const group = Math.max(1, Math.floor((GRAIN * tiles) / work));
    device.launch(id.ROW_PRODUCTS, Math.ceil(tiles / group), work / RATE, [
      p.output.address,
      p.input.address,
      packed.byteOffset,
      p.bias,
      p.rows,
      p.n,
      p.height,
      p.width,
      p.input.image,
      p.input.row,
      p.input.pixel,
      p.output.image,
      p.output.row,
      p.output.pixel,
      p.runs,
      p.run,
      p.jump,
      Number(p.accumulate),
      p.batch,
      p.batchIn,
      p.batchOut,
      group,
    ]);
  });
}

type ColumnProducts = {
  readonly out: Floats;
  readonly left: number;
  readonly m: number;
  readonly rows: number;
  readonly height: number;
  readonly width: number;
  readonly input: Grid;
  readonly runs: number;
  readonly run: number;
  readonly jump: number;
  /** Taps that the result is permuted by: k² for a convolution, 1 to leave it. */
  readonly taps: number;
  readonly accumulate: boolean;
  readonly batch: number;
  readonly batchLeft: number;
  readonly batchIn: number;
  readonly batchOut: number;
};

function columnProducts(device: Device, p: ColumnProducts): void {
  const n = p.runs * p.run;
  const panels = p.runs * Math.ceil(p.run / 8);
  const work = p.rows * p.m * n * p.batch;
  const panelGroup = 16;
  const groups = Math.ceil(panels / panelGroup);
  const wanted = Math.ceil(Math.min(8, work / GRAIN) / (groups * p.batch));
  const blocks = Math.ceil(p.rows / 256);
  const chunkRows = Math.ceil(blocks / Math.max(1, Math.min(wanted, Math.floor(blocks / 2)))) * 256;
  const chunks = Math.ceil(p.rows / chunkRows);
  const direct = chunks === 1 && p.taps === 1;
  const start = (part: number, batchPart: number): void => {
    device.launch(id.COLUMN_PRODUCTS, groups * chunks * p.batch, work / RATE, [
      part,
      p.left,
      p.input.address,
      p.rows,
      p.m,
      p.height,
      p.width,
      p.input.image,
      p.input.row,
      p.input.pixel,
      p.runs,
      p.run,
      p.jump,
      chunks,
      chunkRows,
      panelGroup,
      p.batchLeft,
      p.batchIn,
      batchPart,
      Number(direct && p.accumulate),
    ]);
  };
  if (direct) return start(address(p.out), p.batchOut);
  device.borrow(p.batch * chunks * p.m * n, (part) => {
    start(part.byteOffset, chunks * p.m * n);
    const rows = p.m * p.batch;
    const group = Math.max(1, Math.floor(16384 / (n * chunks)));
    device.launch(id.COMBINE, Math.ceil(rows / group), rows * n * chunks, [
      address(p.out),
      part.byteOffset,
      p.m,
      p.taps,
      n / p.taps,
      chunks,
      p.batch,
      p.batchOut,
      Number(p.accumulate),
      group,
    ]);
  });
}

/** See `Backend.gemm`; not for both operands transposed. */
export function gemm(device: Device, c: Floats, a: Floats, b: Floats, p: Gemm): void {
  const { m, n, k, transA = false, transB = false, accumulate = false, batch = 1 } = p;
  const { strideA = m * k, strideB = k * n, strideC = m * n } = p;
  if (transA) {
    return columnProducts(device, {
      out: c,
      left: address(a),
      m,
      rows: k,
      height: 1,
      width: k,
      input: { address: address(b), image: 0, row: 0, pixel: n },
      runs: 1,
      run: n,
      jump: 0,
      taps: 1,
      accumulate,
      batch,
      batchLeft: strideA,
      batchIn: strideB,
      batchOut: strideC,
    });
  }
  const columns: Columns = {
    address: address(b),
    counts: [1, 1, k],
    strides: [0, 0, transB ? 1 : n],
    stride: transB ? k : 1,
  };
  rowProducts(device, columns, {
    rows: m,
    height: 1,
    width: m,
    input: { address: address(a), image: 0, row: 0, pixel: k },
    output: { address: address(c), image: 0, row: 0, pixel: n },
    runs: 1,
    run: k,
    jump: 0,
    n,
    bias: 0,
    accumulate,
    batch,
    batchIn: strideA,
    batchOut: strideC,
    batchColumns: strideB,
  });
}

const single = { batch: 1, batchIn: 0, batchOut: 0, batchColumns: 0 } as const;

/** See `Backend.conv2d`, groups = 1. */
export function conv2d(
  device: Device,
  out: Floats,
  x: Floats,
  w: Floats,
  bias: Floats | null,
  p: Convolution,
): void {
  const { kernel: k, inChannels: ci, outChannels: co } = p;
  const columns: Columns = {
    address: address(w),
    counts: [k, k, ci],
    strides: [k, 1, k * k],
    stride: ci * k * k,
  };
  withBorder(device, x, p.images, p.height, p.width, ci, p.padding, (input, height, width) => {
    rowProducts(device, columns, {
      rows: p.images * p.outHeight * p.outWidth,
      height: p.outHeight,
      width: p.outWidth,
      input: { address: input, image: height * width * ci, row: p.stride * width * ci, pixel: p.stride * ci },
      output: {
        address: address(out),
        image: p.outHeight * p.outWidth * co,
        row: p.outWidth * co,
        pixel: co,
      },
      runs: k,
      run: k * ci,
      jump: width * ci,
      n: co,
      bias: address(bias),
      accumulate: false,
      ...single,
    });
  });
}

/** Calls `use` with the address and size of images with a border of zeros; nothing is copied for a border of 0. */
export function withBorder(
  device: Device,
  x: Floats,
  images: number,
  height: number,
  width: number,
  channels: number,
  border: number,
  use: (address: number, height: number, width: number) => void,
): void {
  if (border === 0) return use(address(x), height, width);
  const outHeight = height + 2 * border;
  const outWidth = width + 2 * border;
  device.borrow(images * outHeight * outWidth * channels, (padded) => {
    padImages(device, padded, x, null, { images, height, width, channels, border, outChannels: channels });
    use(padded.byteOffset, outHeight, outWidth);
  });
}

/** Lays a border of `values` (null: 0), and channels of 0, around images. */
export function padImages(
  device: Device,
  out: Floats,
  x: Floats,
  values: Floats | null,
  p: {
    readonly images: number;
    readonly height: number;
    readonly width: number;
    readonly channels: number;
    readonly border: number;
    readonly outChannels: number;
  },
): void {
  const outHeight = p.height + 2 * p.border;
  const outWidth = p.width + 2 * p.border;
  const rowLength = outWidth * p.outChannels;
  const rows = p.images * outHeight;
  const group = Math.max(1, Math.floor(16384 / rowLength));
  device.launch(id.PAD_IMAGES, Math.ceil(rows / group), (rows * rowLength) / 2, [
    address(out),
    address(x),
    address(values),
    p.images,
    p.height,
    p.width,
    p.channels,
    p.border,
    p.border,
    outHeight,
    outWidth,
    p.outChannels,
    group,
  ]);
}

/** Taps of one axis that reach the input places ≡ `phase` (mod stride), and the first output they come from. */
function tapsOf(phase: number, p: Convolution): { count: number; highest: number; first: number } {
  const shifted = phase + p.padding;
  const lowest = shifted % p.stride;
  const count = Math.max(0, Math.ceil((p.kernel - lowest) / p.stride));
  return {
    count,
    highest: lowest + p.stride * (count - 1),
    first: Math.floor(shifted / p.stride) - count + 1,
  };
}

/**
 * See `Backend.conv2dInputGrad`, groups = 1. The input places of each residue modulo the stride form a grid that is a
 * plain convolution of dy with every stride-th tap, flipped: no scattering, so the order of sums is fixed.
 */
export function conv2dInputGrad(device: Device, dx: Floats, dy: Floats, w: Floats, p: Convolution): void {
  const { kernel: k, inChannels: ci, outChannels: co, stride: s } = p;
  const border =
    k === 1 && p.padding === 0 && p.outHeight * s >= p.height && p.outWidth * s >= p.width ? 0 : k;
  if (s > k) dx.fill(0);
  withBorder(device, dy, p.images, p.outHeight, p.outWidth, co, border, (input, height, width) => {
    for (let phaseY = 0; phaseY < Math.min(s, p.height); phaseY++) {
      for (let phaseX = 0; phaseX < Math.min(s, p.width); phaseX++) {
        const y = tapsOf(phaseY, p);
        const x = tapsOf(phaseX, p);
        if (y.count === 0 || x.count === 0) continue;
        const gridHeight = Math.ceil((p.height - phaseY) / s);
        const gridWidth = Math.ceil((p.width - phaseX) / s);
        const columns: Columns = {
          address: address(w) + 4 * (y.highest * k + x.highest),
          counts: [y.count, x.count, co],
          strides: [-s * k, -s, ci * k * k],
          stride: k * k,
        };
        rowProducts(device, columns, {
          rows: p.images * gridHeight * gridWidth,
          height: gridHeight,
          width: gridWidth,
          input: {
            address: input + 4 * ((y.first + border) * width + x.first + border) * co,
            image: height * width * co,
            row: width * co,
            pixel: co,
          },
          output: {
            address: address(dx) + 4 * (phaseY * p.width + phaseX) * ci,
            image: p.height * p.width * ci,
            row: s * p.width * ci,
            pixel: s * ci,
          },
          runs: y.count,
          run: x.count * co,
          jump: width * co,
          n: ci,
          bias: 0,
          accumulate: false,
          ...single,
        });
      }
    }
  });
}

/** See `Backend.conv2dWeightGrad`, groups = 1. */
export function conv2dWeightGrad(device: Device, dw: Floats, dy: Floats, x: Floats, p: Convolution): void {
  const { kernel: k, inChannels: ci, stride: s } = p;
  withBorder(device, x, p.images, p.height, p.width, ci, p.padding, (input, height, width) => {
    columnProducts(device, {
      out: dw,
      left: address(dy),
      m: p.outChannels,
      rows: p.images * p.outHeight * p.outWidth,
      height: p.outHeight,
      width: p.outWidth,
      input: { address: input, image: height * width * ci, row: s * width * ci, pixel: s * ci },
      runs: k,
      run: k * ci,
      jump: width * ci,
      taps: k * k,
      accumulate: false,
      batch: 1,
      batchLeft: 0,
      batchIn: 0,
      batchOut: 0,
    });
  });
}
