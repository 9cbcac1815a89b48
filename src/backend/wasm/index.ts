export { type Build, supports, type WasmOptions } from "./build.ts";
export { WasmBackend } from "./wasm.ts";
