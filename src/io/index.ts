export { CompressionFault } from "./compression/fault.ts";
export { decompressLz4, lz4Decompressor } from "./compression/lz4-decode.ts";
export { compressLz4 } from "./compression/lz4-encode.ts";
export { type DecompressZstd, loadZstd } from "./compression/zstd.ts";
export type { AttributeValue } from "./hdf5/attributes.ts";
export { Hdf5Dataset } from "./hdf5/dataset.ts";
export type { Datatype, Field } from "./hdf5/datatype.ts";
export { Hdf5File, Hdf5Group } from "./hdf5/file.ts";
export { type Numbers, numbersOf, type Places } from "./hdf5/values.ts";
export { type ChunkedColumn, Hdf5Writer } from "./hdf5/writer.ts";
export { encodeNpy, encodeNpyHeader, type NumpyArray, type NumpyData, parseNpy } from "./npy.ts";
export {
  NPY_MAGIC,
  NPY_PREFIX_BYTES,
  npyHeaderEnd,
  type NpyHeader,
  type NumpyDtype,
  type NumpyField,
  parseNpyHeader,
} from "./npy-header.ts";
export { encodeNpz, parseNpz } from "./npz.ts";
export { isNumpyArray, numpyAllowList, type ObjectArray, readNumpyPickle } from "./numpy-pickle.ts";
export { ByteString, PersistentId, PickleGlobal, PickleRecord, type PickleValue } from "./pickle-values.ts";
export { unpickle, type Unpickled, type UnpickleOptions } from "./pickle.ts";
export { encodeSafetensors, parseSafetensors, type Safetensors } from "./safetensors.ts";
export { isSparseMatrix, type SparseMatrix, toDense } from "./sparse.ts";
export {
  bytesOf,
  checkedSize,
  halfTensor,
  isStoredDtype,
  ITEM_BYTES,
  type StoredData,
  type StoredDtype,
  storedTensor,
  type StoredTensor,
  toFloat32,
} from "./stored-tensor.ts";
export { readTorchCheckpoint, type TorchCheckpoint, torchAllowList } from "./torch-checkpoint.ts";
export { crc32, joinCrc32 } from "./crc.ts";
export { inflateChunks } from "./inflate.ts";
export { type RandomAccess, rangeChunks } from "./random-access.ts";
export { readZipFile, type ZipMember } from "./zip-file.ts";
export { encodeZip, type PackedEntry } from "./zip-write.ts";
export { isZip, MAX_INFLATED_BYTES, readZip, type ZipEntry } from "./zip.ts";
export { readSmplModel, type SmplModelFile } from "./smpl-file.ts";
export { jsonLine } from "./jsonl.ts";
export { encodeModel, type Json, type ModelFile, parseModel } from "./model-file.ts";
export { encodeEventFileHeader, encodeRecord, encodeScalarEvent, type Scalar } from "./tensorboard.ts";
export { encodeOnnx, type OnnxConstant, type OnnxModel, type OnnxNode } from "./onnx.ts";
