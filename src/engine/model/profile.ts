import { quantileSorted } from 'simple-statistics';
import { type Column, isMissing } from '../data/table.ts';
import type { ClassLabel } from '../data/target.ts';

/** What the training rows looked like, feature by feature; drift is measured against it. */
export type FeatureProfile = NumericProfile | CategoryProfile;

export interface NumericProfile {
  name: string;
  type: 'long' | 'double' | 'boolean';
  /** Share of rows without a value, 0 to 1. */
  missing: number;
  min: number | null;
  max: number | null;
  mean: number | null;
  /** Values at 0 %, 5 %, ..., 100 % of the rows: 21 numbers, or none. */
  quantiles: number[];
}

export interface CategoryProfile {
  name: string;
  type: 'string';
  missing: number;
  /** Share of rows by category, most frequent first, at most 200. */
  categories: Record<string, number>;
  /** Number of distinct categories. */
  distinct: number;
}

/** gnu_mlops.json beside MLmodel; never needed to score. */
export interface ModelProfile {
  schema: 1;
  rows: number;
  classes: ClassLabel[];
  class_shares: number[];
  /** Probability from which the positive class is predicted (two classes). */
  threshold: number;
  features: FeatureProfile[];
  /** Weighted training rows that reached each tree node, in the graph's node order: float32, little endian, base64. */
  cover: string;
}

const MOST_CATEGORIES = 200;

/** The profile of a column over the given rows. */
export function profileColumn(column: Column, rows: Int32Array): FeatureProfile {
  const present = rows.filter((row) => !isMissing(column, row));
  const missing = rows.length === 0 ? 0 : 1 - present.length / rows.length;
  if (column.type !== 'string') {
    const values = Float64Array.from(present, (row) => column.values[row]!).sort();
    return { name: column.name, type: column.type, missing, ...summarise(values) };
  }
  const counts = new Map<string, number>();
  for (const row of present) {
    const category = column.categories[column.codes[row]!]!;
    counts.set(category, (counts.get(category) ?? 0) + 1);
  }
  const ranked = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, MOST_CATEGORIES);
  const categories = Object.fromEntries(ranked.map(([category, count]) => [category, count / rows.length]));
  return { name: column.name, type: 'string', missing, categories, distinct: counts.size };
}

function summarise(sorted: Float64Array): Pick<NumericProfile, 'min' | 'max' | 'mean' | 'quantiles'> {
  if (sorted.length === 0) return { min: null, max: null, mean: null, quantiles: [] };
  const numbers = sorted as unknown as number[];
  const quantiles = Array.from({ length: 21 }, (_, i) => quantileSorted(numbers, i / 20));
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  return { min: sorted[0]!, max: sorted.at(-1)!, mean, quantiles };
}
