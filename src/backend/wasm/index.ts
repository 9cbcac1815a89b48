export type { Build, WasmOptions } from "./build.ts";
export { WasmBackend } from "./wasm.ts";
