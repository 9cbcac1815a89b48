/** Small kernels with a memory of their own. */

const PAGE = 65536;
/** Where columns may begin: on lines of the cache, after what the compiler keeps to itself. */
const LINE = 64;
const FIRST = 1024;

/** A kernel from its bytes, compiled when it is first asked for; undefined if the engine has no SIMD. */
export function kernelOf(base64: string): () => WebAssembly.Module | undefined {
  let compiled: { readonly module: WebAssembly.Module | undefined } | undefined;
  return () => (compiled ??= { module: compile(base64) }).module;
}

function compile(base64: string): WebAssembly.Module | undefined {
  try {
    return new WebAssembly.Module(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
  } catch {
    return undefined;
  }
}

/** Room for columns, and the kernel that works on them. */
export type Instance = {
  readonly buffer: ArrayBuffer;
  /** First byte of each column. */
  readonly places: readonly number[];
  /** What the kernel exports; undefined if there is none. */
  readonly exports: WebAssembly.Exports | undefined;
};

/**
 * Lays columns out one after the other, in the memory of a kernel, or in a buffer of their own if there is none, or
 * the engine lacks so much memory.
 *
 * @param module - the kernel; undefined for none
 * @param sizes - bytes of the columns
 */
export function instantiate(module: WebAssembly.Module | undefined, sizes: readonly number[]): Instance {
  const places: number[] = [];
  let end = FIRST;
  for (const size of sizes) {
    places.push(end);
    end = Math.ceil((end + size) / LINE) * LINE;
  }
  if (module !== undefined) {
    try {
      const memory = new WebAssembly.Memory({ initial: Math.ceil(end / PAGE) });
      const { exports } = new WebAssembly.Instance(module, { env: { memory } });
      return { buffer: memory.buffer, places, exports };
    } catch {
      // No such memory: plain TypeScript does the same.
    }
  }
  return { buffer: new ArrayBuffer(end), places, exports: undefined };
}
