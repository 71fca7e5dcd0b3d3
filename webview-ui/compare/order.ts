import type { CellValue, CompareRow } from './rows.ts';

// The order of the runs. A click on the name of a row orders all columns by that row, as an operator expects of "which run
// has the best recall?": the first click puts the best run first (where nothing is better: the least), the second turns the
// order round, the third goes back to the order in which the runs were chosen. Rows keep their places.

export interface Order {
  /** Key of the row. */
  key: string;
  /** The second click: the other way round. */
  turned: boolean;
}

/** The order after a click on the name of a row. */
export function nextOrder(order: Order | null, key: string): Order | null {
  if (order?.key !== key) return { key, turned: false };
  return order.turned ? null : { key, turned: true };
}

/** Whether the values of a row rise or fall from left to right under an order that is by it. */
export function isRising({ better }: Pick<CompareRow, 'better'>, { turned }: Order): boolean {
  return (better !== 'more') !== turned;
}

/** What the order is, in words beside the name of the row. */
export function orderInWords(row: Pick<CompareRow, 'better'>, order: Order): string {
  if (row.better !== null) return order.turned ? 'worst first' : 'best first';
  return isRising(row, order) ? 'rising' : 'falling';
}

/** Indices of the runs in the order in which they are shown. Runs without a value come last; equal ones keep their order. */
export function orderedRuns(runCount: number, rows: readonly CompareRow[], order: Order | null): number[] {
  const runs = Array.from({ length: runCount }, (_, run) => run);
  const row = rows.find(({ key }) => key === order?.key);
  if (order === null || row === undefined) return runs;
  const sign = isRising(row, order) ? 1 : -1;
  return runs.sort((a, b) => compareCells(row.values[a] ?? null, row.values[b] ?? null, sign));
}

function compareCells(a: CellValue, b: CellValue, sign: number): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return sign * compareValues(a, b);
}

/** Params are text, but "100" comes after "20". */
function compareValues(a: number | string, b: number | string): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [left, right] = [Number(a), Number(b)];
  if (!Number.isNaN(left) && !Number.isNaN(right) && a !== '' && b !== '') return left - right;
  return String(a).localeCompare(String(b), 'en', { numeric: true });
}
