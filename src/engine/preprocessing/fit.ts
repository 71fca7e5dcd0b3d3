import { medianSorted } from 'simple-statistics';
import type { Column, NumericColumn, TextColumn } from '../data/table.ts';
import { encodeColumn, type FeatureTransform } from './feature-transform.ts';

export type ScalerName = 'standard' | 'none';

/** Learns from the training rows how each feature is imputed, encoded and scaled. */
export function fitPreprocessing(columns: Column[], rows: Int32Array, scaler: ScalerName): FeatureTransform[] {
  return columns.map((column) => {
    const encoder = column.type === 'string' ? fitCategories(column, rows) : fitImputer(column, rows);
    const scaling = scaler === 'standard' ? fitScaler(encodeColumn(encoder, column, rows)) : { offset: 0, scale: 1 };
    return { ...encoder, ...scaling } as FeatureTransform;
  });
}

function fitImputer({ name, type, values }: NumericColumn, rows: Int32Array) {
  const present = Float64Array.from(rows, (row) => values[row]!)
    .filter((value) => Number.isFinite(value))
    .sort();
  const median = present.length > 0 ? medianSorted(present as unknown as number[]) : 0;
  return { name, type, imputed: Math.fround(median) };
}

function fitCategories({ name, codes, categories }: TextColumn, rows: Int32Array) {
  const counts = new Int32Array(categories.length);
  for (const row of rows) if (codes[row]! >= 0) counts[codes[row]!]!++;
  const seen = categories.filter((_, code) => counts[code]! > 0).sort((a, b) => (a < b ? -1 : 1));
  const countOf = new Map(categories.map((category, code) => [category, counts[code]!]));
  let imputed = 0;
  for (const [code, category] of seen.entries()) {
    if (countOf.get(category)! > countOf.get(seen[imputed]!)!) imputed = code;
  }
  return { name, type: 'string' as const, categories: seen, imputed };
}

/** Mean and standard deviation (of the population), as scikit-learn's StandardScaler; a constant keeps scale 1. */
function fitScaler(values: Float32Array): { offset: number; scale: number } {
  if (values.length === 0) return { offset: 0, scale: 1 };
  const finite = values.every(Number.isFinite);
  if (!finite) return { offset: 0, scale: 1 };
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  const deviation = Math.sqrt(squares / values.length);
  return { offset: Math.fround(mean), scale: deviation > 0 ? Math.fround(1 / deviation) : 1 };
}
