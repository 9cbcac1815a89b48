/** The backend that computes with the kernels of kernels/: WebAssembly with SIMD and threads. */
import type { Convolution, Floats, Gemm } from "../backend.ts";
import { ReferenceBackend } from "../reference/index.ts";
import type { Device } from "./device.ts";
import * as products from "./products.ts";

/** See {@link Backend}. Numbers live in one shared memory, on which the inherited methods work, too. */
export class WasmBackend extends ReferenceBackend {
  override readonly name: string = "wasm";
  override readonly threads: number;
  readonly device: Device;
  readonly #release: () => void;

  /**
   * @param device - module, memory and threads
   * @param release - ends the workers
   */
  constructor(device: Device, release: () => void) {
    super();
    this.device = device;
    this.threads = device.threads;
    this.#release = release;
  }

  override alloc(length: number): Floats {
    return this.device.allocator.floats(length);
  }

  override free(block: Floats): void {
    this.device.allocator.give(block);
  }

  override dispose(): void {
    this.device.stop();
    this.#release();
  }

  override gemm(c: Floats, a: Floats, b: Floats, p: Gemm): void {
    const { m, n, k, batch = 1 } = p;
    if (m * n * batch === 0) return;
    if (k === 0 || (p.transA === true && p.transB === true)) return super.gemm(c, a, b, p);
    products.gemm(this.device, c, a, b, p);
  }

  override conv2d(out: Floats, x: Floats, w: Floats, bias: Floats | null, p: Convolution): void {
    if (p.groups > 1) return super.conv2d(out, x, w, bias, p);
    products.conv2d(this.device, out, x, w, bias, p);
  }

  override conv2dInputGrad(dx: Floats, dy: Floats, w: Floats, p: Convolution): void {
    if (p.groups > 1) return super.conv2dInputGrad(dx, dy, w, p);
    products.conv2dInputGrad(this.device, dx, dy, w, p);
  }

  override conv2dWeightGrad(dw: Floats, dy: Floats, x: Floats, p: Convolution): void {
    if (p.groups > 1) return super.conv2dWeightGrad(dw, dy, x, p);
    products.conv2dWeightGrad(this.device, dw, dy, x, p);
  }
}
