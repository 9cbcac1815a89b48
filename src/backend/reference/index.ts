export { ReferenceBackend } from "./reference.ts";
export { surrogateDerivative } from "./surrogate.ts";
