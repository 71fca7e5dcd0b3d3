import { accuracyOf, type ClassScores, confusionMatrix, scoresByClass } from './confusion-matrix.ts';
import { averagePrecision, rocAuc } from './curves.ts';

/** Keys under which metrics are logged to MLflow, named as scikit-learn's functions. */
export const METRIC_NAMES = [
  'accuracy',
  'precision',
  'recall',
  'f1',
  'precision_macro',
  'recall_macro',
  'f1_macro',
  'roc_auc',
  'log_loss',
  'average_precision',
  'brier',
] as const;
export type MetricName = (typeof METRIC_NAMES)[number];
export type Metrics = Record<MetricName, number>;

/** Metrics where less is better. */
export const LESS_IS_BETTER: ReadonlySet<string> = new Set<MetricName>(['log_loss', 'brier']);

/** Scores of some rows, with the truth beside them. */
export interface Scored {
  /** Class index of each row. */
  actual: Int32Array;
  /** Probability of each class: `classCount` arrays of one value per row. */
  probabilities: Float32Array[];
}

/** The most probable class of each row; the first of equals, as numpy's argmax. */
export function predictedClasses(probabilities: Float32Array[]): Int32Array {
  const rows = probabilities[0]?.length ?? 0;
  return Int32Array.from({ length: rows }, (_, row) => {
    let best = 0;
    for (let label = 1; label < probabilities.length; label++) {
      if (probabilities[label]![row]! > probabilities[best]![row]!) best = label;
    }
    return best;
  });
}

/** 1 where the row is of class `label`. */
export function isClass(actual: Int32Array, label: number): Uint8Array {
  return Uint8Array.from(actual, (each) => (each === label ? 1 : 0));
}

/**
 * All metrics of product use. With two classes precision, recall and f1 are those of the positive one (index 1,
 * scikit-learn's average="binary"), with more they are weighted by support; roc_auc and average_precision are then
 * one-vs-rest, macro averaged. A metric that cannot be computed (a class is missing) is NaN.
 */
export function computeMetrics({ actual, probabilities }: Scored): Metrics {
  const matrix = confusionMatrix(actual, predictedClasses(probabilities), probabilities.length);
  const classes = scoresByClass(matrix);
  return {
    accuracy: accuracyOf(matrix),
    ...averagedScores(classes),
    ...macroScores(classes),
    roc_auc: overClasses(actual, probabilities, rocAuc),
    log_loss: logLoss(actual, probabilities),
    average_precision: overClasses(actual, probabilities, averagePrecision),
    brier: brierScore(actual, probabilities),
  };
}

function averagedScores(classes: ClassScores[]): Pick<Metrics, 'precision' | 'recall' | 'f1'> {
  const [, positive] = classes;
  if (classes.length === 2 && positive)
    return { precision: positive.precision, recall: positive.recall, f1: positive.f1 };
  const rows = classes.reduce((sum, { support }) => sum + support, 0);
  const weighted = (key: 'precision' | 'recall' | 'f1') =>
    classes.reduce((sum, each) => sum + each[key] * each.support, 0) / rows;
  return { precision: weighted('precision'), recall: weighted('recall'), f1: weighted('f1') };
}

function macroScores(classes: ClassScores[]): Pick<Metrics, 'precision_macro' | 'recall_macro' | 'f1_macro'> {
  const macro = (key: 'precision' | 'recall' | 'f1') =>
    classes.reduce((sum, each) => sum + each[key], 0) / classes.length;
  return { precision_macro: macro('precision'), recall_macro: macro('recall'), f1_macro: macro('f1') };
}

type BinaryMetric = (positive: Uint8Array, scores: Float32Array) => number;

function overClasses(actual: Int32Array, probabilities: Float32Array[], metric: BinaryMetric): number {
  if (probabilities.length === 2) return metric(isClass(actual, 1), probabilities[1]!);
  const values = probabilities.map((scores, label) => metric(isClass(actual, label), scores));
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Mean negative log likelihood; probabilities are kept off 0 and 1 by float32's epsilon, as scikit-learn does with float32. */
function logLoss(actual: Int32Array, probabilities: Float32Array[]): number {
  const epsilon = 2 ** -23;
  let sum = 0;
  for (let row = 0; row < actual.length; row++) {
    const p = probabilities[actual[row]!]![row]!;
    sum -= Math.log(Math.min(1 - epsilon, Math.max(epsilon, p)));
  }
  return sum / actual.length;
}

/** Two classes: mean squared error of the positive probability. More: the sum over classes (G. W. Brier, 1950). */
function brierScore(actual: Int32Array, probabilities: Float32Array[]): number {
  const labels = probabilities.length === 2 ? [1] : probabilities.map((_, label) => label);
  let sum = 0;
  for (let row = 0; row < actual.length; row++) {
    for (const label of labels) sum += (probabilities[label]![row]! - (actual[row] === label ? 1 : 0)) ** 2;
  }
  return sum / actual.length;
}
