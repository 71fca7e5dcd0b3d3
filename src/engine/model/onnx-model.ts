/** Element types of ONNX tensors that the product uses (TensorProto.DataType). */
export const ELEMENT_TYPE = { float: 1, int64: 7, string: 8, bool: 9, double: 11 } as const;
export type ElementType = keyof typeof ELEMENT_TYPE;

/** A constant tensor. int64 values are plain numbers, exact up to 2^53. */
export interface OnnxTensor {
  name: string;
  type: ElementType;
  dims: number[];
  values: ArrayLike<number> | string[];
}

/** A value that enters or leaves the graph; a dimension is a number or a symbol such as "N". */
export interface OnnxValue {
  name: string;
  type: ElementType;
  dims: (number | string)[];
}

/** Typed as in AttributeProto: one of number, text and lists of them. */
export type OnnxAttribute =
  | { type: 'float'; value: number }
  | { type: 'int'; value: number }
  | { type: 'string'; value: string }
  | { type: 'floats'; value: ArrayLike<number> }
  | { type: 'ints'; value: ArrayLike<number> }
  | { type: 'strings'; value: string[] };

export interface OnnxNode {
  operator: string;
  /** "" is ai.onnx. */
  domain: '' | 'ai.onnx.ml';
  inputs: string[];
  outputs: string[];
  attributes: Record<string, OnnxAttribute>;
}

/** What the product needs of ONNX's ModelProto. Nodes are in the order they are computed. */
export interface OnnxModel {
  producer: string;
  producerVersion: string;
  inputs: OnnxValue[];
  outputs: OnnxValue[];
  constants: OnnxTensor[];
  nodes: OnnxNode[];
  metadata: Record<string, string>;
}

/** Versions that onnxruntime 1.13 and later read: IR 8, operators of ONNX 1.12. */
export const ONNX_VERSIONS = { ir: 8, opset: 17, mlOpset: 3 };
