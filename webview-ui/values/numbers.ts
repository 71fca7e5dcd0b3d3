/** A number that crossed as JSON: NaN and infinities arrive as null, what was never logged is undefined. */
export type Doubtful = number | null | undefined;

/** Stands where there is no number. */
export const NO_VALUE = '–';

export function isKnown(value: Doubtful): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** Four decimals, whole numbers above 1 as they are, very large and very small ones with an exponent; a dash for none. */
export function formatNumber(value: Doubtful): string {
  if (!isKnown(value)) return NO_VALUE;
  const size = Math.abs(value);
  if (Number.isInteger(value) && size > 1) return size < 1e15 ? String(value) : value.toExponential(3);
  if (value !== 0 && (size < 1e-4 || size >= 1e6)) return value.toExponential(3);
  return value.toFixed(4);
}

/** A share between 0 and 1 as "97.2 %". */
export function formatShare(value: Doubtful): string {
  return isKnown(value) ? `${(value * 100).toFixed(1)} %` : NO_VALUE;
}

/** Mean and standard deviation of the folds of a cross-validation: "0.9552 ± 0.0121". */
export function formatMeanAndDeviation(mean: Doubtful, deviation: Doubtful): string {
  return isKnown(mean) ? `${formatNumber(mean)} ± ${formatNumber(deviation)}` : NO_VALUE;
}
