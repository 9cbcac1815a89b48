/** Spike lists and convolutions on them: how a shape becomes jobs for the kernels of kernels/spikes.ts. */
import type { Convolution, Floats, SpikeLists } from "../backend.ts";
import { address, type Device } from "./device.ts";
import * as id from "./generated/ids.ts";

/** Pixels of a task of the gather kernel. */
const TILE = 128;
/** Bytes of scratch for cursors and sums. */
const SCRATCH_BYTES = 992 << 10;
/** Places of a block of the weight gradient: its rows of dy stay in the cache. */
const BLOCK = 512;

/** Rounds up to a multiple of 4, as panels do. */
function whole(columns: number): number {
  return Math.ceil(columns / 4) * 4;
}

/** See `Backend.spikeLists`. */
export function spikeLists(device: Device, x: Floats, rows: number, columns: number): SpikeLists {
  const group = Math.max(1, Math.floor(16384 / columns));
  const tasks = Math.ceil(rows / group);
  const starts = device.allocator.words(tasks + 1);
  const offsets = device.allocator.words(rows + 1);
  const ints = [starts.byteOffset, address(x), rows, columns, group];
  device.launch(id.COUNT_SPIKES, tasks, (rows * columns) / 4, ints);
  let total = 0;
  for (let i = 0; i < tasks; i++) {
    const count = starts[i]!;
    starts[i] = total;
    total += count;
  }
  starts[tasks] = total;
  const indices = device.allocator.halves(total);
  const lists = [offsets.byteOffset, indices.byteOffset];
  device.launch(id.LIST_SPIKES, tasks, (rows * columns) / 2, [...ints, ...lists]);
  offsets[rows] = total;
  device.allocator.give(starts);
  return { rows, columns, offsets, indices };
}

/** See `Backend.freeSpikeLists`. */
export function freeSpikeLists(device: Device, lists: SpikeLists): void {
  device.allocator.give(lists.offsets);
  device.allocator.give(lists.indices);
}

/** Whether indices of a kernel row fit into 16 bits and the tables of a tile into scratch. */
export function servesForward(p: Convolution): boolean {
  return p.kernel * p.inChannels <= 65536 && p.kernel <= 31;
}

/** See `Backend.spikeConv2d`. */
export function spikeConv2d(
  device: Device,
  out: Floats,
  x: SpikeLists,
  w: Floats,
  bias: Floats | null,
  p: Convolution,
): void {
  const { kernel: k, inChannels: channels, outChannels: columns } = p;
  const pixels = p.images * p.outHeight * p.outWidth;
  const perColumn = k * k * channels;
  device.borrow(whole(columns) * (perColumn + 1), (packed) => {
    const start = packed.subarray(whole(columns) * perColumn).fill(0);
    if (bias !== null) start.set(bias);
    const packInts = [packed.byteOffset, address(w), columns, channels, k * k, 32];
    device.launch(id.PACK_PANELS, Math.ceil(columns / 32), columns * perColumn, packInts);
    withRuns(device, x, p, (offsets, runs, cells) => {
      device.launch(id.GATHER, Math.ceil(pixels / TILE), (x.indices.length * columns * k * k) / 10, [
        address(out),
        offsets,
        runs,
        packed.byteOffset,
        start.byteOffset,
        pixels,
        columns,
        channels,
        k,
        p.stride,
        p.padding,
        p.height,
        p.outHeight,
        p.outWidth,
        cells,
      ]);
    });
  });
}

/** Calls `use` with the lists of each place of a kernel row; for 1×1 those of the pixels themselves. */
function withRuns(
  device: Device,
  x: SpikeLists,
  p: Convolution,
  use: (offsets: number, runs: number, cells: number) => void,
): void {
  if (p.kernel === 1 && p.stride === 1 && p.padding === 0) {
    return use(address(x.offsets), address(x.indices), p.outWidth);
  }
  const rows = p.images * p.height;
  const group = Math.max(1, Math.floor(1024 / p.outWidth));
  const spikes = x.indices.length * p.kernel;
  device.borrowWords(rows * (p.outWidth + 1), (offsets) => {
    device.borrowHalves(spikes, (runs) => {
      device.launch(id.LIST_RUNS, Math.ceil(rows / group), spikes, [
        offsets.byteOffset,
        runs.byteOffset,
        address(x.offsets),
        address(x.indices),
        rows,
        p.width,
        p.inChannels,
        p.kernel,
        p.stride,
        p.padding,
        p.outWidth,
        group,
      ]);
      use(offsets.byteOffset, runs.byteOffset, p.outWidth + 1);
    });
  });
}

/** How pixels and rows of dy are laid into blocks of places, see `transposeLists`. */
type Blocks = {
  readonly height: number;
  readonly width: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly border: number;
  readonly placeHeight: number;
  readonly placeWidth: number;
  readonly images: number;
  readonly count: number;
};

function blocksOf(p: Convolution): Blocks {
  if (p.kernel === 1 && p.stride === 1 && p.padding === 0) {
    // No neighbours: pixels are one long row, cut anywhere.
    const size = {
      height: 1,
      width: BLOCK,
      outHeight: 1,
      outWidth: BLOCK,
      placeHeight: 1,
      placeWidth: BLOCK,
    };
    return { ...size, border: 0, images: 1, count: Math.ceil((p.images * p.height * p.width) / BLOCK) };
  }
  const border = Math.floor((p.kernel - 1) / p.stride);
  const reach = (size: number, outSize: number): number =>
    border + Math.max(outSize, Math.floor((size - 1 + p.padding) / p.stride) + 1);
  const placeHeight = reach(p.height, p.outHeight);
  const placeWidth = reach(p.width, p.outWidth);
  const images = Math.min(p.images, Math.max(1, Math.floor(BLOCK / (placeHeight * placeWidth))));
  const { height, width, outHeight, outWidth } = p;
  const count = Math.ceil(p.images / images);
  return { height, width, outHeight, outWidth, border, placeHeight, placeWidth, images, count };
}

/** Channels of a task of the weight gradient. */
function channelGroup(p: Convolution): number {
  const room = Math.floor(SCRATCH_BYTES / (p.kernel * p.kernel * 32 * 4));
  return Math.min(16, room);
}

/** Whether places fit into 16 bits and cursors and sums into scratch. */
export function servesWeightGrad(p: Convolution): boolean {
  const { images, placeHeight, placeWidth } = blocksOf(p);
  const keys = p.stride * p.stride * p.inChannels;
  return images * placeHeight * placeWidth <= 65536 && keys * 4 <= SCRATCH_BYTES && channelGroup(p) >= 1;
}

/** Calls `use` with the places of the spikes of each channel, block by block, see `transposeLists`. */
function withPlaces(
  device: Device,
  x: SpikeLists,
  p: Convolution,
  { height, width, placeHeight, placeWidth, images, count }: Blocks,
  use: (offsets: number, places: number) => void,
): void {
  const spikes = x.indices.length;
  device.borrowWords(count * (p.stride * p.stride * p.inChannels + 1), (offsets) => {
    device.borrowHalves(spikes, (places) => {
      device.launch(id.TRANSPOSE_LISTS, count, 4 * spikes, [
        offsets.byteOffset,
        places.byteOffset,
        address(x.offsets),
        address(x.indices),
        x.rows,
        images,
        height,
        width,
        p.inChannels,
        p.stride,
        p.padding,
        placeHeight,
        placeWidth,
      ]);
      use(offsets.byteOffset, places.byteOffset);
    });
  });
}

/** See `Backend.spikeConv2dWeightGrad`. */
export function spikeConv2dWeightGrad(
  device: Device,
  dw: Floats,
  dy: Floats,
  x: SpikeLists,
  p: Convolution,
): void {
  const { kernel: k, inChannels: channels, outChannels: columns } = p;
  const blocks = blocksOf(p);
  const { outHeight, outWidth, border, placeHeight, placeWidth, images, count } = blocks;
  const positions = images * placeHeight * placeWidth;
  withPlaces(device, x, p, blocks, (offsets, places) => {
    device.borrow(count * positions * whole(columns), (spread) => {
      const pixels = p.images * p.outHeight * p.outWidth;
      const size = [images, outHeight, outWidth, border, placeHeight, placeWidth];
      const ints = [spread.byteOffset, address(dy), pixels, columns, ...size];
      device.launch(id.SPREAD_PANELS, count, count * positions * columns, ints);
      const group = channelGroup(p);
      const tasks = panelsOf(columns) * Math.ceil(channels / group);
      device.launch(id.GATHER_WEIGHT_GRAD, tasks, (x.indices.length * columns * k * k) / 10, [
        address(dw),
        spread.byteOffset,
        offsets,
        places,
        count,
        positions,
        placeWidth,
        columns,
        channels,
        k,
        p.stride,
        border,
        group,
      ]);
    });
  });
}

/** Number of panels of 32, then 16, 8 and 4 columns. */
function panelsOf(columns: number): number {
  const quads = whole(columns) / 4;
  return (quads >> 3) + ((quads >> 2) & 1) + ((quads >> 1) & 1) + (quads & 1);
}
