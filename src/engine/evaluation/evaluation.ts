import type { ClassLabel } from '../data/target.ts';
import { type ClassScores, type ConfusionMatrix, confusionMatrix, scoresByClass } from './confusion-matrix.ts';
import { type Curve, precisionRecallCurve, rocCurve, thinCurve } from './curves.ts';
import { computeMetrics, isClass, type Metrics, predictedClasses, type Scored } from './metrics.ts';

/** Curves of one class against the rest. */
export interface ClassCurves {
  label: ClassLabel;
  roc: Curve;
  precision_recall: Curve;
}

/** How a model did on rows it was not trained on; stored with the run as evaluation.json. */
export interface Evaluation {
  schema: 1;
  rows: number;
  classes: ClassLabel[];
  metrics: Metrics;
  confusion_matrix: ConfusionMatrix;
  by_class: ClassScores[];
  /** With two classes only the positive one's. */
  curves: ClassCurves[];
  /** Most important first, summing to 1. */
  importances: { feature: string; importance: number }[];
}

/** Measures scores against the truth. */
export function evaluate(scored: Scored, classes: ClassLabel[], importances: Evaluation['importances']): Evaluation {
  const { actual, probabilities } = scored;
  const matrix = confusionMatrix(actual, predictedClasses(probabilities), classes.length);
  const shown = classes.length === 2 ? [1] : classes.map((_, label) => label);
  return {
    schema: 1,
    rows: actual.length,
    classes,
    metrics: computeMetrics(scored),
    confusion_matrix: matrix,
    by_class: scoresByClass(matrix),
    curves: shown.map((label) => classCurves(classes[label]!, isClass(actual, label), probabilities[label]!)),
    importances: importances.toSorted((a, b) => b.importance - a.importance),
  };
}

function classCurves(label: ClassLabel, positive: Uint8Array, scores: Float32Array): ClassCurves {
  return {
    label,
    roc: thinCurve(rocCurve(positive, scores)),
    precision_recall: thinCurve(precisionRecallCurve(positive, scores)),
  };
}
