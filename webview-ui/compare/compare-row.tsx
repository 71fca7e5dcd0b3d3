import { BreakableName } from '../components/breakable-name.tsx';
import { Icon } from '../components/icon.tsx';
import { LongText } from '../components/long-text.tsx';
import { NoValue } from '../components/value.tsx';
import { isRising, type Order, orderInWords } from './order.ts';
import { bestOf, type CompareRow } from './rows.ts';

interface CompareRowProps {
  row: CompareRow;
  columns: readonly number[];
  order: Order | null;
  onOrder(key: string): void;
}

/** One row; its name is a button that orders the runs by it. */
export function CompareRowView({ row, columns, order, onOrder }: CompareRowProps) {
  const best = bestOf(row);
  const own = order?.key === row.key ? order : null;
  return (
    <tr>
      <th scope="row" aria-sort={sortState(row, own)}>
        <button type="button" class="row-name" title="Order the runs by this row" onClick={() => onOrder(row.key)}>
          <BreakableName name={row.name} />
          {own !== null && (
            <span class="order-mark">
              <Icon name="arrow-small-right" />
              {orderInWords(row, own)}
            </span>
          )}
        </button>
        {row.better === 'less' && own === null && <span class="row-hint">less is better</span>}
      </th>
      {columns.map((at) => (
        <Cell key={at} row={row} at={at} isBest={best.has(at)} />
      ))}
    </tr>
  );
}

function Cell({ row, at, isBest }: { row: CompareRow; at: number; isBest: boolean }) {
  const value = row.values[at] ?? null;
  if (value === null) {
    return (
      <td>
        <NoValue />
      </td>
    );
  }
  if (row.kind === 'param' || row.kind === 'tag') {
    return (
      <td class="text-cell">
        <LongText text={String(value)} />
      </td>
    );
  }
  return (
    <td class={isBest ? 'metric-cell best' : 'metric-cell'}>
      <span title={String(value)}>{row.texts[at]}</span>
      {isBest && (
        <span class="best-mark">
          <Icon name="star-full" />
          best
        </span>
      )}
    </td>
  );
}

function sortState(row: CompareRow, order: Order | null): 'ascending' | 'descending' | 'none' {
  if (order === null) return 'none';
  return isRising(row, order) ? 'ascending' : 'descending';
}
