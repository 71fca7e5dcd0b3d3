import { type Column, type ColumnType, isMissing } from '../data/table.ts';
import type { ClassLabel } from '../data/target.ts';

/** A column of MLflow's model signature. */
export interface SignatureColumn {
  name: string;
  type: ColumnType | 'float';
  /** False when the training data had gaps; MLflow then lets the whole column be absent. */
  required: boolean;
}

/** What goes into a model and what comes out; as `mlflow.models.infer_signature` gives it for the pandas frame. */
export interface Signature {
  inputs: SignatureColumn[];
  outputs: SignatureColumn[];
}

/** Columns the product adds to scored rows. `gnu_mlops_` is put before all when an input is called like one of them. */
export interface OutputNames {
  prediction: string;
  probability: string;
  /** One per class, in class order. */
  byClass: string[];
}

const OTHER_COLUMNS = ['model_name', 'model_version', 'prediction_timestamp'];

/** Names of the graph's outputs: `prediction`, `probability`, `probability_<class>`. */
export function outputNames(classes: ClassLabel[], inputNames: string[]): OutputNames {
  const byClass = classes.map((label) => `probability_${label}`);
  const ours = ['prediction', 'probability', ...byClass, ...OTHER_COLUMNS];
  const taken = new Set(inputNames);
  let prefix = '';
  while (ours.some((name) => taken.has(prefix + name))) prefix += 'gnu_mlops_';
  return {
    prediction: `${prefix}prediction`,
    probability: `${prefix}probability`,
    byClass: byClass.map((name) => prefix + name),
  };
}

/** The columns as MLflow describes them. */
export function signatureColumns(columns: Column[]): SignatureColumn[] {
  return columns.map((column) => ({ name: column.name, type: column.type, required: !hasGaps(column) }));
}

/** The signature of a classifier over `features`. */
export function inferSignature(features: Column[], classes: ClassLabel[], targetType: ColumnType): Signature {
  const inputs = signatureColumns(features);
  const names = outputNames(
    classes,
    inputs.map(({ name }) => name),
  );
  const probabilities = [names.probability, ...names.byClass];
  return {
    inputs,
    outputs: [
      { name: names.prediction, type: targetType, required: true },
      ...probabilities.map((name) => ({ name, type: 'float' as const, required: true })),
    ],
  };
}

function hasGaps(column: Column): boolean {
  const rows = column.type === 'string' ? column.codes.length : column.values.length;
  for (let row = 0; row < rows; row++) if (isMissing(column, row)) return true;
  return false;
}

/**
 * What callers of a model would notice when another one took its place, as phrases; empty when nothing. A column that may be
 * left out now breaks nobody; one that may not be left out any more does.
 */
export function signatureDifferences(from: Signature, to: Signature): string[] {
  const before = new Map(from.inputs.map((column) => [column.name, column]));
  const after = new Set(to.inputs.map(({ name }) => name));
  const gone = [...before.keys()].filter((name) => !after.has(name)).map((name) => `"${name}" is gone`);
  const changed = to.inputs.flatMap(({ name, type, required }) => {
    const old = before.get(name);
    if (old === undefined) return [`"${name}" (${type}) is new`];
    if (old.type !== type) return [`"${name}" was ${old.type} and is ${type}`];
    return required && !old.required ? [`"${name}" may not be missing any more`] : [];
  });
  return [...gone, ...changed, ...outputDifferences(from, to)];
}

function outputDifferences(from: Signature, to: Signature): string[] {
  const describe = ({ outputs }: Signature) => outputs.map(({ name, type }) => `${name} (${type})`).join(', ');
  const [before, after] = [describe(from), describe(to)];
  return before === after ? [] : [`the outputs were ${before} and are ${after}`];
}
