/** JSON has no NaN and no infinities: they become null in every document. */
export function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
