/** Depthwise convolutions: how a shape becomes jobs for the kernels of kernels/depthwise.ts. */
import type { Convolution, Floats } from "../backend.ts";
import { address, type Device } from "./device.ts";
import * as id from "./generated/ids.ts";
import { padImages } from "./products.ts";

/** Whether a convolution is one that these kernels compute. */
export function isDepthwise(p: Convolution): boolean {
  return p.groups === p.inChannels && p.groups === p.outChannels;
}

/** Lays the border and fills channels up to a multiple of 8, where there is something to do. */
function withChannels(
  device: Device,
  x: Floats,
  p: { images: number; height: number; width: number; channels: number; border: number },
  use: (x: number, height: number, width: number, channels: number) => void,
): void {
  const outChannels = Math.ceil(p.channels / 8) * 8;
  if (p.border === 0 && outChannels === p.channels) return use(address(x), p.height, p.width, p.channels);
  const height = p.height + 2 * p.border;
  const width = p.width + 2 * p.border;
  device.borrow(p.images * height * width * outChannels, (padded) => {
    padImages(device, padded, x, null, { ...p, outChannels });
    use(padded.byteOffset, height, width, outChannels);
  });
}

/** Packs weights `[C, k²]` as `[k², Cp]`, the last tap first if `flipped`, then the bias `[Cp]`. */
function packWeights(
  to: Float32Array,
  w: Floats,
  bias: Floats | null,
  channels: number,
  pitch: number,
  taps: number,
  flipped: boolean,
): void {
  to.fill(0);
  for (let tap = 0; tap < taps; tap++) {
    const from = flipped ? taps - 1 - tap : tap;
    for (let c = 0; c < channels; c++) to[tap * pitch + c] = w[c * taps + from]!;
  }
  if (bias !== null) to.set(bias, taps * pitch);
}

type Pass = {
  readonly images: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly border: number;
  readonly kernel: number;
  readonly stride: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly flipped: boolean;
};

function convolve(device: Device, out: Floats, x: Floats, w: Floats, bias: Floats | null, p: Pass): void {
  const { kernel, channels } = p;
  withChannels(device, x, p, (input, height, width, pitch) => {
    device.borrow((kernel * kernel + 1) * pitch, (packed) => {
      packWeights(packed, w, bias, channels, pitch, kernel * kernel, p.flipped);
      const rows = p.images * p.outHeight;
      const perRow = p.outWidth * pitch * kernel * kernel;
      const group = Math.max(1, Math.floor(200_000 / perRow));
      device.launch(id.DEPTHWISE, Math.ceil(rows / group), (rows * perRow) / 6, [
        address(out),
        input,
        packed.byteOffset,
        bias === null ? 0 : packed.byteOffset + 4 * kernel * kernel * pitch,
        rows,
        p.outHeight,
        p.outWidth,
        channels,
        pitch,
        height,
        width,
        kernel,
        p.stride,
        group,
      ]);
    });
  });
}

/** See `Backend.conv2d`, groups = inChannels = outChannels. */
export function conv2d(
  device: Device,
  out: Floats,
  x: Floats,
  w: Floats,
  bias: Floats | null,
  p: Convolution,
): void {
  convolve(device, out, x, w, bias, { ...p, channels: p.inChannels, border: p.padding, flipped: false });
}

/** See `Backend.conv2dInputGrad`: the convolution of dy with flipped weights. Stride 1 and padding < kernel only. */
export function conv2dInputGrad(device: Device, dx: Floats, dy: Floats, w: Floats, p: Convolution): void {
  convolve(device, dx, dy, w, null, {
    images: p.images,
    height: p.outHeight,
    width: p.outWidth,
    channels: p.inChannels,
    border: p.kernel - 1 - p.padding,
    kernel: p.kernel,
    stride: 1,
    outHeight: p.height,
    outWidth: p.width,
    flipped: true,
  });
}

/** See `Backend.conv2dWeightGrad`. */
export function conv2dWeightGrad(device: Device, dw: Floats, dy: Floats, x: Floats, p: Convolution): void {
  const { kernel, inChannels: channels } = p;
  const taps = kernel * kernel;
  withChannels(device, x, { ...p, channels, border: p.padding }, (input, height, width, pitch) => {
    const rows = p.images * p.outHeight;
    const chunkRows = Math.max(Math.ceil(128 / p.outWidth), Math.ceil(rows / 32));
    const chunks = Math.ceil(rows / chunkRows);
    device.borrow(chunks * taps * channels, (part) => {
      device.launch(id.DEPTHWISE_WEIGHT_GRAD, chunks, (rows * p.outWidth * pitch * taps) / 6, [
        part.byteOffset,
        address(dy),
        input,
        rows,
        p.outHeight,
        p.outWidth,
        channels,
        pitch,
        height,
        width,
        kernel,
        p.stride,
        chunkRows,
      ]);
      const total = chunks * taps * channels;
      const ints = [address(dw), part.byteOffset, 1, taps, channels, chunks, 1, 0, 0, 1];
      device.launch(id.COMBINE, 1, total, ints);
    });
  });
}
