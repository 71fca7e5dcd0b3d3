import type { GrownTree } from './grown-tree.ts';

/** What splits on each feature gained over all trees, summing to 1; all zero when nothing was split. */
export function totalImportances(trees: readonly GrownTree[]): Float64Array {
  const total = new Float64Array(trees[0]!.importances.length);
  for (const { importances } of trees) {
    for (let feature = 0; feature < total.length; feature++) total[feature]! += importances[feature]!;
  }
  return normalised(total);
}

/** `values` divided by their sum; all zero when that is zero. */
export function normalised(values: Float64Array): Float64Array {
  const total = values.reduce((sum, value) => sum + value, 0);
  return total > 0 ? values.map((value) => value / total) : values;
}
