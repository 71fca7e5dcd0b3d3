import { type Doubtful, isKnown } from '../values/numbers.ts';

export interface MatrixCell {
  count: number;
  /** Part of the row's class that went to this column; null for a class without rows. */
  share: number | null;
  /** Predicted what it is. */
  right: boolean;
}

export function matrixCells(matrix: readonly (readonly Doubtful[])[]): MatrixCell[][] {
  return matrix.map((row, actual) => {
    const counts = row.map((count) => (isKnown(count) ? count : 0));
    const total = counts.reduce((sum, count) => sum + count, 0);
    return counts.map((count, predicted) => ({
      count,
      share: total > 0 ? count / total : null,
      right: actual === predicted,
    }));
  });
}

/** CSS class of a cell's heat, in tenths of its row: of success on the diagonal, of error elsewhere. */
export function heatClass({ count, share, right }: MatrixCell): string {
  // One wrong row among thousands is still an error, and is seen.
  const step = count === 0 ? 0 : Math.max(1, Math.round((share ?? 0) * 10));
  return `heat-${right ? 'right' : 'wrong'}-${step}`;
}
