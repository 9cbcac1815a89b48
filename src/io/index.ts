export { encodeSafetensors, parseSafetensors, type Safetensors } from "./safetensors.ts";
export {
  bytesOf,
  checkedSize,
  isStoredDtype,
  ITEM_BYTES,
  type StoredData,
  type StoredDtype,
  storedTensor,
  type StoredTensor,
  toFloat32,
} from "./stored-tensor.ts";
