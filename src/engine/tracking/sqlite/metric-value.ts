/** How MLflow stores a metric's value: SQL has neither NaN nor infinities. */
export interface StoredValue {
  value: number;
  is_nan: number;
}

/** NaN becomes 0 with a mark, infinities the largest finite numbers. */
export function storedValue(value: number): StoredValue {
  if (Number.isNaN(value)) return { value: 0, is_nan: 1 };
  const limit = Number.MAX_VALUE;
  return { value: Math.min(limit, Math.max(-limit, value)), is_nan: 0 };
}

/** The inverse: the largest finite numbers were infinite when they were logged. */
export function metricValue({ value, is_nan }: StoredValue): number {
  if (is_nan) return Number.NaN;
  if (Math.abs(value) < Number.MAX_VALUE) return value;
  return value > 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
}
