import { EnsembleScorer } from '../learners/scoring.ts';
import { EngineError } from '../support/errors.ts';
import type { OnnxAttribute, OnnxNode } from './onnx-model.ts';
import { floatTensor, type NumberTensor, type StringTensor, type Tensor } from './tensor.ts';
import { readEnsemble } from './tree-attributes.ts';

/** Computes a node's one output from its inputs. */
export type Operator = (inputs: Tensor[]) => Tensor;

/** Prepares a node once; what it returns runs for every chunk of rows. */
type OperatorFactory = (node: OnnxNode) => Operator;

const FACTORIES: Record<string, OperatorFactory> = {
  Cast:
    () =>
    ([input]) =>
      floatTensor(input!.dims, new Float32Array((input as NumberTensor).data)),
  Unsqueeze:
    () =>
    ([input]) => ({ ...input!, dims: [...input!.dims, 1] }),
  Concat: () => concatColumns,
  Clip: () => clip,
  Sub: () => subtractFromScalar,
  Sigmoid: () => mapFloats((x) => 1 / (1 + Math.exp(-x))),
  Softmax: () => softmaxRows,
  ArgMax: () => argmaxRows,
  ReduceMax: () => maxOfRows,
  Gather: (node) => (number(node, 'axis') === 1 ? gatherColumn : gatherValues),
  'ai.onnx.ml.LabelEncoder': labelEncoder,
  'ai.onnx.ml.Imputer': imputer,
  'ai.onnx.ml.Scaler': scaler,
  'ai.onnx.ml.TreeEnsembleRegressor': trees,
};

/**
 * The operator a node names; arithmetic is float32, as onnxruntime's.
 * @throws EngineError `invalid-model` for operators that the product's own graphs do not use.
 */
export function prepareOperator(node: OnnxNode): Operator {
  const name = node.domain === '' ? node.operator : `${node.domain}.${node.operator}`;
  const factory = FACTORIES[name];
  if (factory) return factory(node);
  throw new EngineError('invalid-model', `the model uses the ONNX operator ${name}, which is not supported here.`, {
    fix: 'Score this model with onnxruntime, or train it here.',
  });
}

function attribute(node: OnnxNode, name: string): OnnxAttribute['value'] {
  const found = node.attributes[name];
  if (found) return found.value;
  throw new EngineError('invalid-model', `ONNX operator ${node.operator} lacks its attribute ${name}.`);
}

function number(node: OnnxNode, name: string): number {
  return attribute(node, name) as number;
}

function floats(node: OnnxNode, name: string): Float32Array {
  return Float32Array.from(attribute(node, name) as ArrayLike<number>);
}

function labelEncoder(node: OnnxNode): Operator {
  const keys = attribute(node, 'keys_strings') as string[];
  const values = floats(node, 'values_floats');
  const fallback = number(node, 'default_float');
  const codes = new Map(keys.map((key, i) => [key, values[i]!]));
  return ([input]) => {
    const texts = (input as StringTensor).data;
    return floatTensor(
      input!.dims,
      Float32Array.from(texts, (text) => codes.get(text) ?? fallback),
    );
  };
}

function imputer(node: OnnxNode): Operator {
  const imputed = floats(node, 'imputed_value_floats');
  return mapMatrix(imputed.length, (data, result) => {
    for (let start = 0; start < data.length; start += imputed.length) {
      for (let column = 0; column < imputed.length; column++) {
        const value = data[start + column]!;
        result[start + column] = Number.isNaN(value) ? imputed[column]! : value;
      }
    }
  });
}

function scaler(node: OnnxNode): Operator {
  const offset = floats(node, 'offset');
  const scale = floats(node, 'scale');
  return mapMatrix(offset.length, (data, result) => {
    for (let start = 0; start < data.length; start += offset.length) {
      for (let column = 0; column < offset.length; column++) {
        result[start + column] = Math.fround(data[start + column]! - offset[column]!) * scale[column]!;
      }
    }
  });
}

function trees(node: OnnxNode): Operator {
  const ensemble = readEnsemble(node);
  const scorer = new EnsembleScorer(ensemble);
  return ([input]) => {
    const [rows, columns] = input!.dims as [number, number];
    const raw = scorer.score((input as NumberTensor).data as Float32Array, rows, columns);
    return floatTensor([rows, ensemble.outputCount], raw);
  };
}

function mapFloats(compute: (value: number) => number): Operator {
  return ([input]) => floatTensor(input!.dims, (input as NumberTensor).data.map(compute) as Float32Array);
}

type Values = NumberTensor['data'];

/**
 * A matrix of the same shape. The step gets all values at once: asked value by value, V8 would box each of them, and what is
 * left behind costs more than the arithmetic.
 */
function mapMatrix(columns: number, compute: (data: Values, result: Float32Array) => void): Operator {
  return ([input]) => {
    const { data, dims } = input as NumberTensor;
    if (dims[1] !== columns)
      throw new EngineError('invalid-model', `the ONNX graph has ${dims[1]} features; a step knows ${columns}.`);
    const result = new Float32Array(data.length);
    compute(data, result);
    return floatTensor(dims, result);
  };
}

/** Columns [N, k] side by side. */
function concatColumns(inputs: Tensor[]): Tensor {
  const rows = inputs[0]!.dims[0]!;
  const widths = inputs.map((input) => input.dims[1]!);
  const width = widths.reduce((sum, each) => sum + each, 0);
  const result = new Float32Array(rows * width);
  let offset = 0;
  for (const [i, input] of inputs.entries()) {
    const data = (input as NumberTensor).data;
    const own = widths[i]!;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < own; column++) result[row * width + offset + column] = data[row * own + column]!;
    }
    offset += own;
  }
  return floatTensor([rows, width], result);
}

function clip([input, least, greatest]: Tensor[]): Tensor {
  const [from, to] = [least, greatest].map((limit) => (limit as NumberTensor).data[0]!) as [number, number];
  const result = new Float32Array((input as NumberTensor).data);
  for (let i = 0; i < result.length; i++) result[i] = Math.min(to, Math.max(from, result[i]!));
  return floatTensor(input!.dims, result);
}

function subtractFromScalar([scalar, input]: Tensor[]): Tensor {
  const from = (scalar as NumberTensor).data[0]!;
  const result = new Float32Array((input as NumberTensor).data);
  for (let i = 0; i < result.length; i++) result[i] = from - result[i]!;
  return floatTensor(input!.dims, result);
}

function softmaxRows([input]: Tensor[]): Tensor {
  const { data, dims } = input as NumberTensor;
  const width = dims[1]!;
  const result = new Float32Array(data.length);
  for (let start = 0; start < data.length; start += width) {
    const row = data.subarray(start, start + width);
    const greatest = Math.max(...row);
    const powers = Float32Array.from(row, (value) => Math.exp(Math.fround(value - greatest)));
    const sum = powers.reduce((total, power) => Math.fround(total + power), 0);
    for (let column = 0; column < width; column++) result[start + column] = powers[column]! / sum;
  }
  return floatTensor(dims, result);
}

/** Column of each row's greatest value, the first of equals. */
function bestColumns({ data, dims }: NumberTensor): Float64Array {
  const [rows, width] = dims as [number, number];
  const result = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let best = 0;
    for (let column = 1; column < width; column++) {
      if (data[row * width + column]! > data[row * width + best]!) best = column;
    }
    result[row] = best;
  }
  return result;
}

function argmaxRows([input]: Tensor[]): Tensor {
  return { type: 'int64', dims: [input!.dims[0]!], data: bestColumns(input as NumberTensor) };
}

function maxOfRows([input]: Tensor[]): Tensor {
  const { data, dims } = input as NumberTensor;
  const [rows, width] = dims as [number, number];
  const best = bestColumns(input as NumberTensor);
  const result = new Float32Array(rows);
  for (let row = 0; row < rows; row++) result[row] = data[row * width + best[row]!]!;
  return floatTensor([rows], result);
}

function gatherColumn([matrix, index]: Tensor[]): Tensor {
  const { data, dims } = matrix as NumberTensor;
  const [rows, width] = dims as [number, number];
  const column = (index as NumberTensor).data[0]!;
  const result = new Float32Array(rows);
  for (let row = 0; row < rows; row++) result[row] = data[row * width + column]!;
  return floatTensor([rows], result);
}

function gatherValues([values, indices]: Tensor[]): Tensor {
  const at = (indices as NumberTensor).data;
  const dims = indices!.dims;
  if (values!.type === 'string') {
    const texts = values!.data;
    return { type: 'string', dims, data: Array.from(at, (i) => texts[i]!) };
  }
  const numbers = values!.data;
  const data = new Float64Array(at.length);
  for (let i = 0; i < at.length; i++) data[i] = numbers[at[i]!]!;
  return { type: values!.type, dims, data };
}
