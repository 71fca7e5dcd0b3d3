import { formatNumber } from '../values/numbers.ts';
import { Fold } from './fold.tsx';
import { Scroll } from './scroll.tsx';

/** A table of numbers and words; the first column names the row. */
export interface TableData {
  caption: string;
  columns: readonly string[];
  rows: readonly (readonly (string | number | null)[])[];
}

export function DataTable({ data: { caption, columns, rows } }: { data: TableData }) {
  return (
    <table class="data-table">
      <caption class="hidden-text">{caption}</caption>
      <thead>
        <tr>
          {columns.map((column, at) => (
            <th key={at} scope="col" class={typeof rows[0]?.[at] === 'string' ? undefined : 'number'}>
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, at) => (
          <tr key={at}>
            {row.map((cell, column) => (
              <td key={column} class={typeof cell === 'string' ? undefined : 'number'}>
                {typeof cell === 'string' ? cell : formatNumber(cell)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The numbers behind a chart, for those who cannot see it or want to read them. */
export function ChartData({ data }: { data: TableData }) {
  return (
    <Fold summary="Data as a table">
      <Scroll label={data.caption} height="limited">
        <DataTable data={data} />
      </Scroll>
    </Fold>
  );
}
