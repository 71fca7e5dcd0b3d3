import type { ElementType } from './onnx-model.ts';

/** Values inside a running graph. int64 and bool are kept as numbers in Float64Array, exact up to 2^53. */
export type Tensor = NumberTensor | StringTensor;

export interface NumberTensor {
  type: Exclude<ElementType, 'string'>;
  dims: number[];
  data: Float32Array | Float64Array;
}

export interface StringTensor {
  type: 'string';
  dims: number[];
  data: string[];
}

/** A float32 tensor. */
export function floatTensor(dims: number[], data: Float32Array): NumberTensor {
  return { type: 'float', dims, data };
}
