/** Counts of rows by true class (row) and predicted class (column); as scikit-learn's confusion_matrix. */
export type ConfusionMatrix = number[][];

/** @param actual class index of each row  @param predicted likewise */
export function confusionMatrix(actual: Int32Array, predicted: Int32Array, classCount: number): ConfusionMatrix {
  const matrix = Array.from({ length: classCount }, () => new Array<number>(classCount).fill(0));
  for (let i = 0; i < actual.length; i++) matrix[actual[i]!]![predicted[i]!]!++;
  return matrix;
}

export interface ClassScores {
  precision: number;
  recall: number;
  f1: number;
  /** Rows that are of the class. */
  support: number;
}

/** Precision, recall and F1 of each class; 0 where a denominator is 0, as scikit-learn's zero_division=0. */
export function scoresByClass(matrix: ConfusionMatrix): ClassScores[] {
  return matrix.map((row, label) => {
    const hits = row[label]!;
    const support = sum(row);
    const predicted = sum(matrix.map((other) => other[label]!));
    const precision = predicted > 0 ? hits / predicted : 0;
    const recall = support > 0 ? hits / support : 0;
    const f1 = precision + recall > 0 ? (2 * precision * recall) / (precision + recall) : 0;
    return { precision, recall, f1, support };
  });
}

export function accuracyOf(matrix: ConfusionMatrix): number {
  const hits = sum(matrix.map((row, label) => row[label]!));
  return hits / sum(matrix.flat());
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
