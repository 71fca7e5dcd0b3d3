import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Column } from '../data/table.ts';
import type { ClassLabel } from '../data/target.ts';
import { EngineError } from '../support/errors.ts';
import { GraphRunner } from './graph-runner.ts';
import { INPUT_EXAMPLE_FILE, MODEL_FILE, PROFILE_FILE, parseSignature } from './mlmodel-file.ts';
import type { ElementType, OnnxModel } from './onnx-model.ts';
import { decodeOnnx } from './onnx-reader.ts';
import { CLASSES, INPUT_TYPES } from './pipeline-graph.ts';
import type { ModelProfile } from './profile.ts';
import { type OutputNames, outputNames, type Signature } from './signature.ts';
import { floatTensor, type NumberTensor, type Tensor } from './tensor.ts';

/** Scores of some rows. */
export interface Scores {
  predictions: ClassLabel[];
  /** Of the positive class; with more than two classes, of the predicted one. */
  probability: Float32Array;
  /** By class, in class order. */
  byClass: Float32Array[];
}

/** Rows as MLflow stores an input example: pandas' "split" orientation. */
export interface InputExample {
  columns: string[];
  data: (string | number | boolean | null)[][];
}

/** A model read back from its folder, ready to score; it computes with the stored graph and nothing else. */
export class LoadedModel {
  readonly folder: string;
  readonly signature: Signature;
  readonly classes: ClassLabel[];
  readonly outputNames: OutputNames;
  /** Category texts known by feature; others are scored as unknown. */
  readonly categories: ReadonlyMap<string, ReadonlySet<string>>;
  private readonly runner: GraphRunner;

  constructor(folder: string, signature: Signature, onnx: OnnxModel) {
    this.folder = folder;
    this.signature = signature;
    this.runner = new GraphRunner(onnx);
    this.classes = readClasses(onnx);
    this.categories = readCategories(onnx);
    this.outputNames = outputNames(
      this.classes,
      signature.inputs.map(({ name }) => name),
    );
    requireInputs(this.runner, signature);
    requireOutputs(this.runner, this.outputNames);
  }

  /** @param feeds one tensor of shape [N] per input column, see `columnTensor` */
  score(feeds: ReadonlyMap<string, Tensor>): Scores {
    const outputs = this.runner.run(feeds);
    const floats = (name: string) => (outputs.get(name) as NumberTensor).data as Float32Array;
    return {
      predictions: this.labels(outputs.get(this.outputNames.prediction)!),
      probability: floats(this.outputNames.probability),
      byClass: this.outputNames.byClass.map(floats),
    };
  }

  private labels(prediction: Tensor): ClassLabel[] {
    if (prediction.type === 'string') return prediction.data;
    const isBoolean = prediction.type === 'bool';
    return Array.from(prediction.data, (value) => (isBoolean ? value === 1 : value));
  }

  /**
   * The rows kept for checking that the model scores.
   * @throws EngineError `invalid-model` when they cannot be read
   */
  inputExample(): InputExample {
    const file = path.join(this.folder, INPUT_EXAMPLE_FILE);
    try {
      const { columns, data } = JSON.parse(readFileSync(file, 'utf8')) as InputExample;
      if (!Array.isArray(columns) || !data.every(Array.isArray)) throw new TypeError('not in "split" orientation');
      return { columns, data };
    } catch (error) {
      throw new EngineError('invalid-model', `${file}: no readable input example.`, {}, { cause: error });
    }
  }

  /** The training profile, or null in a folder that has none. */
  profile(): ModelProfile | null {
    try {
      return JSON.parse(readFileSync(path.join(this.folder, PROFILE_FILE), 'utf8'));
    } catch {
      return null;
    }
  }
}

/**
 * Reads a model folder.
 * @throws EngineError `invalid-model` when a file is missing, cut off, altered beyond reading or not of this product.
 */
export function loadModel(folder: string): LoadedModel {
  const read = (name: string) => {
    try {
      return readFileSync(path.join(folder, name));
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      const what = code === 'ENOENT' ? 'is missing' : 'cannot be read by this user';
      throw new EngineError('invalid-model', `${path.join(folder, name)} ${what}.`, {
        fix: 'Restore the model folder, or deploy another version.',
      });
    }
  };
  const mlmodel = path.join(folder, 'MLmodel');
  const signature = parseSignature(read('MLmodel').toString('utf8'), mlmodel);
  return assembleModel(folder, signature, decodeOnnx(read(MODEL_FILE), path.join(folder, MODEL_FILE)));
}

/** Scores a row before anybody relies on the model: what an altered graph breaks, it breaks here. */
function assembleModel(folder: string, signature: Signature, onnx: OnnxModel): LoadedModel {
  try {
    const model = new LoadedModel(folder, signature, onnx);
    requireSoundScores(model, model.score(new Map(onnx.inputs.map(({ name, type }) => [name, emptyTensor(type)]))));
    return model;
  } catch (error) {
    if (EngineError.is(error, 'invalid-model')) throw error;
    const what = `${path.join(folder, MODEL_FILE)}: the ONNX graph does not compute (${(error as Error).message}).`;
    throw new EngineError('invalid-model', what, { fix: 'Restore the model folder, or deploy another version.' });
  }
}

/** One row without a value. */
function emptyTensor(type: ElementType): Tensor {
  if (type === 'string') return { type, dims: [1], data: [''] };
  return type === 'int64'
    ? { type, dims: [1], data: new Float64Array(1) }
    : floatTensor([1], Float32Array.of(Number.NaN));
}

function requireSoundScores({ classes }: LoadedModel, { predictions, probability, byClass }: Scores): void {
  const numbers = [probability, ...byClass];
  const isSound =
    classes.includes(predictions[0]!) && numbers.every((each) => each.length === 1 && Number.isFinite(each[0]));
  if (!isSound) throw new RangeError('it gives no class and probabilities');
}

/** A column's values in `rows` as the graph takes them: missing text is "", missing numbers NaN. */
export function columnTensor(column: Column, rows: Int32Array): Tensor {
  const dims = [rows.length];
  if (column.type === 'string') {
    return { type: 'string', dims, data: Array.from(rows, (row) => column.categories[column.codes[row]!] ?? '') };
  }
  const numbers = (row: number) => column.values[row]!;
  if (column.type === 'long') return { type: 'int64', dims, data: Float64Array.from(rows, numbers) };
  return floatTensor(dims, Float32Array.from(rows, numbers));
}

function readClasses(onnx: OnnxModel): ClassLabel[] {
  const tensor = onnx.constants.find(({ name }) => name === CLASSES);
  if (!tensor) throw new EngineError('invalid-model', 'the ONNX graph names no classes: not a model of this product.');
  if (tensor.type === 'string') return tensor.values as string[];
  return Array.from(tensor.values as ArrayLike<number>, (value) => (tensor.type === 'bool' ? value === 1 : value));
}

function readCategories(onnx: OnnxModel): Map<string, Set<string>> {
  const encoders = onnx.nodes.filter(({ operator }) => operator === 'LabelEncoder');
  return new Map(
    encoders.map(({ inputs, attributes }) => [inputs[0]!, new Set(attributes.keys_strings?.value as string[])]),
  );
}

/** Signature and graph must speak of the same columns and types. */
function requireInputs(runner: GraphRunner, signature: Signature): void {
  const inGraph = new Map(runner.inputs.map(({ name, type }) => [name, type]));
  const inSignature = new Set(signature.inputs.map(({ name }) => name));
  const odd =
    [...inGraph.keys()].find((name) => !inSignature.has(name)) ??
    signature.inputs.find(({ name, type }) => type === 'float' || inGraph.get(name) !== INPUT_TYPES[type])?.name;
  if (odd !== undefined) {
    throw new EngineError('invalid-model', `MLmodel and model.onnx disagree about the column "${odd}".`);
  }
}

/** The graph must give a prediction, its probability, and one for each class. */
function requireOutputs(runner: GraphRunner, names: OutputNames): void {
  const expected = [names.prediction, names.probability, ...names.byClass];
  const found = runner.outputs.map(({ name }) => name);
  if (expected.length === found.length && expected.every((name) => found.includes(name))) return;
  throw new EngineError('invalid-model', `the ONNX graph gives ${found.join(', ')}; expected ${expected.join(', ')}.`);
}
