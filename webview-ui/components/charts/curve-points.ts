import type { Curve } from '../../host/snapshot-parts.ts';
import { isKnown } from '../../values/numbers.ts';
import type { Point } from './line.ts';

/** Rows of a curve's table: enough to read its shape. */
const TABLE_ROWS = 21;

/** The points of a curve that have both numbers; none when a class was missing. */
export function curvePoints({ x, y }: Curve): Point[] {
  return x.flatMap((value, at): Point[] => {
    const other = y[at];
    return isKnown(value) && isKnown(other) ? [[value, other]] : [];
  });
}

/** Evenly spread points of a curve as x, y and threshold; the first threshold of a curve is infinite, so null. */
export function curveRows(curve: Curve): [x: number | null, y: number | null, threshold: number | null][] {
  const last = curve.x.length - 1;
  const count = Math.min(TABLE_ROWS, last + 1);
  const kept = Array.from({ length: count }, (_, row) => Math.round((row * last) / Math.max(1, count - 1)));
  return kept.map((at) => [curve.x[at] ?? null, curve.y[at] ?? null, curve.thresholds[at] ?? null]);
}
