import type { Column } from '../data/table.ts';

/**
 * How one feature becomes a float32 number: impute, encode, scale. All numbers are float32, and the arithmetic is
 * that of ONNX's Imputer, LabelEncoder and Scaler, so that the exported graph computes the same bits.
 */
export type FeatureTransform = NumericTransform | CategoryTransform;

interface Scaling {
  /** Scaled value = (value - offset) * scale; scikit-learn's StandardScaler has offset = mean, scale = 1 / deviation. */
  offset: number;
  scale: number;
}

export interface NumericTransform extends Scaling {
  name: string;
  type: 'long' | 'double' | 'boolean';
  /** Stands for a missing value: the median of the training rows, as SimpleImputer(strategy="median"). */
  imputed: number;
}

export interface CategoryTransform extends Scaling {
  name: string;
  type: 'string';
  /** Sorted; a value's code is its index, as scikit-learn's OrdinalEncoder. Others get `UNKNOWN_CODE`. */
  categories: string[];
  /** Code of a missing value: the most frequent category, as SimpleImputer(strategy="most_frequent"). */
  imputed: number;
}

/** OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1). */
export const UNKNOWN_CODE = -1;

/** The feature's values in `rows`, imputed, encoded and scaled. */
export function transformColumn(transform: FeatureTransform, column: Column, rows: Int32Array): Float32Array {
  const values = encodeColumn(transform, column, rows);
  const { offset, scale } = transform;
  for (let i = 0; i < values.length; i++) values[i] = Math.fround(values[i]! - offset) * scale;
  return values;
}

/** The feature's values in `rows`, imputed and encoded but not scaled. */
export function encodeColumn(
  transform: Omit<FeatureTransform, keyof Scaling>,
  column: Column,
  rows: Int32Array,
): Float32Array {
  const values = new Float32Array(new SharedArrayBuffer(rows.length * Float32Array.BYTES_PER_ELEMENT));
  if (column.type === 'string') {
    const codes = codeByCategory(transform as CategoryTransform, column.categories);
    for (let i = 0; i < rows.length; i++) {
      const code = column.codes[rows[i]!]!;
      values[i] = code < 0 ? transform.imputed : codes[code]!;
    }
    return values;
  }
  for (let i = 0; i < rows.length; i++) {
    const value = column.values[rows[i]!]!;
    values[i] = Number.isNaN(value) ? transform.imputed : value;
  }
  return values;
}

function codeByCategory(transform: CategoryTransform, categories: string[]): Int32Array {
  const codes = new Map(transform.categories.map((category, code) => [category, code]));
  return Int32Array.from(categories, (category) => codes.get(category) ?? UNKNOWN_CODE);
}
