/** A bound on every single allocation, put up before the library is loaded. */

/** What an allocation beyond the bound throws: no error of the library, so the fuzzer reports it. */
export class AllocationError extends Error {
  override readonly name = "AllocationError";
}

const ARRAYS = [
  "ArrayBuffer",
  "Uint8Array",
  "Int8Array",
  "Uint16Array",
  "Int16Array",
  "Uint32Array",
  "Int32Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
  "BigUint64Array",
] as const;

/** Makes the constructors of arrays refuse more than `maxBytes` at once. Code that runs before keeps the old ones. */
export function boundAllocations(maxBytes: number): void {
  for (const name of ARRAYS) {
    const original: ArrayConstructor = globalThis[name];
    const size = original.BYTES_PER_ELEMENT ?? 1;
    const bounded: ArrayConstructor = new Proxy(original, {
      construct(target, values: unknown[], self) {
        const [length] = values;
        if (typeof length === "number" && length * size > maxBytes) {
          throw new AllocationError(`${name} of ${length} elements`);
        }
        return Reflect.construct(target, values, self === bounded ? target : self) as object;
      },
    });
    Object.assign(globalThis, { [name]: bounded });
  }
}

type ArrayConstructor = (new (length: number) => object) & { readonly BYTES_PER_ELEMENT?: number };
