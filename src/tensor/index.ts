export { type Disposable, isRecording, persist, scope, withoutGradients } from "./scope.ts";
export { full, type Origin, scalar, Tensor, tensor, zeros } from "./tensor.ts";
