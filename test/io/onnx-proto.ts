/** The messages of onnx.proto that our files use, read by a reader of its own. */
import protobuf from "protobufjs";

const messages = `syntax = "proto2";
message AttributeProto {
  enum AttributeType { UNDEFINED = 0; FLOAT = 1; INT = 2; STRING = 3; TENSOR = 4; GRAPH = 5; FLOATS = 6; INTS = 7; }
  optional string name = 1;
  optional int64 i = 3;
  optional string s = 4;
  repeated int64 ints = 8;
  optional AttributeType type = 20;
}
message ValueInfoProto { optional string name = 1; optional TypeProto type = 2; }
message NodeProto {
  repeated string input = 1;
  repeated string output = 2;
  optional string name = 3;
  optional string op_type = 4;
  repeated AttributeProto attribute = 5;
}
message StringStringEntryProto { optional string key = 1; optional string value = 2; }
message ModelProto {
  optional int64 ir_version = 1;
  optional string producer_name = 2;
  optional GraphProto graph = 7;
  repeated OperatorSetIdProto opset_import = 8;
  repeated StringStringEntryProto metadata_props = 14;
}
message GraphProto {
  repeated NodeProto node = 1;
  optional string name = 2;
  repeated TensorProto initializer = 5;
  repeated ValueInfoProto input = 11;
  repeated ValueInfoProto output = 12;
}
message TensorProto {
  repeated int64 dims = 1;
  optional int32 data_type = 2;
  optional string name = 8;
  optional bytes raw_data = 9;
}
message TensorShapeProto {
  message Dimension { optional int64 dim_value = 1; }
  repeated Dimension dim = 1;
}
message TypeProto {
  message Tensor { optional int32 elem_type = 1; optional TensorShapeProto shape = 2; }
  optional Tensor tensor_type = 1;
}
message OperatorSetIdProto { optional string domain = 1; optional int64 version = 2; }
`;

type ValueInfo = {
  name: string;
  type: { tensorType: { elemType: number; shape: { dim: { dimValue: string }[] } } };
};

/** A file as it is read back; 64-bit integers are text, bytes base64. */
export type DecodedOnnx = {
  irVersion: string;
  producerName: string;
  opsetImport: { domain: string; version: string }[];
  graph: {
    name: string;
    node: { opType: string; name: string; input: string[]; output: string[]; attribute?: object[] }[];
    initializer: { name: string; dims?: string[]; dataType: number; rawData: string }[];
    input: ValueInfo[];
    output: ValueInfo[];
  };
  metadataProps?: { key: string; value: string }[];
};

/** Reads a file. */
export function decodeOnnx(bytes: Uint8Array): DecodedOnnx {
  const type = protobuf.parse(messages).root.lookupType("ModelProto");
  return type.decode(bytes).toJSON() as DecodedOnnx;
}
