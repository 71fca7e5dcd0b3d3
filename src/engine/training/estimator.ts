import type { Config } from '../config/config.ts';
import type { Column } from '../data/table.ts';
import type { Target } from '../data/target.ts';
import type { FittedEnsemble, TrainingSet } from '../learners/learner.ts';
import { GraphRunner } from '../model/graph-runner.ts';
import { columnTensor } from '../model/loaded-model.ts';
import type { Pipeline } from '../model/pipeline.ts';
import { buildGraph } from '../model/pipeline-graph.ts';
import { outputNames } from '../model/signature.ts';
import type { NumberTensor } from '../model/tensor.ts';
import { type FeatureTransform, transformColumn } from '../preprocessing/feature-transform.ts';
import { fitPreprocessing } from '../preprocessing/fit.ts';

/** Rows prepared for a learner, with the preprocessing that was learned from them. */
export interface PreparedRows {
  features: FeatureTransform[];
  set: TrainingSet;
}

export interface RowsToPrepare {
  columns: Column[];
  rows: Int32Array;
  target: Target;
  rowWeights: Float64Array | null;
  training: Config['training'];
}

/** Learns preprocessing from `rows` and applies it to them. */
export function prepareRows({ columns, rows, target, rowWeights, training }: RowsToPrepare): PreparedRows {
  const features = fitPreprocessing(columns, rows, training.scaler);
  const labels = new Int32Array(new SharedArrayBuffer(rows.length * Int32Array.BYTES_PER_ELEMENT));
  for (let i = 0; i < rows.length; i++) labels[i] = target.labels[rows[i]!]!;
  const classCount = target.classes.length;
  const set: TrainingSet = {
    columns: features.map((feature, i) => transformColumn(feature, columns[i]!, rows)),
    rowCount: rows.length,
    labels,
    classCount,
    weights: weightsOf(rows, labels, classCount, rowWeights, training.class_weight),
  };
  return { features, set };
}

/** Row weight times class weight; "balanced" is rows / (classes * rows of the class), as scikit-learn. */
function weightsOf(
  rows: Int32Array,
  labels: Int32Array,
  classCount: number,
  rowWeights: Float64Array | null,
  classWeight: 'balanced' | null,
): Float64Array | null {
  if (rowWeights === null && classWeight === null) return null;
  const counts = new Float64Array(classCount);
  for (const label of labels) counts[label]!++;
  const weights = new Float64Array(new SharedArrayBuffer(rows.length * Float64Array.BYTES_PER_ELEMENT));
  for (let i = 0; i < rows.length; i++) {
    const ofClass = classWeight === null ? 1 : rows.length / (classCount * counts[labels[i]!]!);
    weights[i] = ofClass * (rowWeights?.[rows[i]!] ?? 1);
  }
  return weights;
}

/** Preprocessing and trees as one pipeline. */
export function assemblePipeline(prepared: PreparedRows, fitted: FittedEnsemble, target: Target): Pipeline {
  return { features: prepared.features, classes: target.classes, targetType: target.type, ensemble: fitted.ensemble };
}

/** Probability of each class for `rows`, computed by the very graph that is stored. */
export function pipelineProbabilities(pipeline: Pipeline, columns: Column[], rows: Int32Array): Float32Array[] {
  const runner = new GraphRunner(buildGraph(pipeline));
  const outputs = runner.run(new Map(columns.map((column) => [column.name, columnTensor(column, rows)])));
  const names = outputNames(
    pipeline.classes,
    columns.map(({ name }) => name),
  );
  return names.byClass.map((name) => (outputs.get(name) as NumberTensor).data as Float32Array);
}
